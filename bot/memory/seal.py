"""The talk's key: from one secret come the name memory files a talk under and the key that seals it.

The secret is the page's own, sent with each message and kept nowhere. Without it what memory
holds is noise (AES-GCM; name and key by HKDF-SHA256; the name is bound as associated data).
"""

from __future__ import annotations

import os
import re
from contextvars import ContextVar
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE = 12
SHORTEST_SECRET, LONGEST_SECRET = 22, 256
_SECRET = re.compile(rf"[A-Za-z0-9_=+/.~-]{{{SHORTEST_SECRET},{LONGEST_SECRET}}}")


class CannotOpenError(Exception):
    """What is stored was not sealed with this talk's key, or was changed. Says nothing more."""


@dataclass(frozen=True)
class TalkKey:
    """Name and sealing key of one talk. Neither the secret nor the key is ever shown."""

    name: str
    _key: bytes = field(repr=False)

    def seal(self, plain: bytes) -> bytes:
        """Encrypts; a fresh nonce stands before the ciphertext."""
        nonce = os.urandom(NONCE)
        return nonce + AESGCM(self._key).encrypt(nonce, plain, self.name.encode())

    def open(self, sealed: bytes) -> bytes:
        """Decrypts.

        Raises:
            CannotOpenError: wrong key, wrong name, or changed bytes.
        """
        try:
            return AESGCM(self._key).decrypt(sealed[:NONCE], sealed[NONCE:], self.name.encode())
        except (InvalidTag, ValueError):
            raise CannotOpenError from None


def is_secret(value: object) -> bool:
    """Whether a value can be a talk's secret: long enough not to be guessed, and plain letters."""
    return isinstance(value, str) and bool(_SECRET.fullmatch(value)) and len(set(value)) >= 6


def key_of(secret: str) -> TalkKey:
    """The talk's key from its secret."""
    return TalkKey(_derive(secret, b"talk name", 16).hex(), _derive(secret, b"talk seal", 32))


def _derive(secret: str, purpose: bytes, length: int) -> bytes:
    return HKDF(SHA256(), length, salt=None, info=b"talk/1 " + purpose).derive(secret.encode())


current_key: ContextVar[TalkKey | None] = ContextVar("current_key", default=None)
"""The key of the talk that this task is serving: the tracker store has no other way to it."""
