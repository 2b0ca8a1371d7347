"""The tokenizer of the encoder: the pieces that English and Spanish messages need."""

from __future__ import annotations

from collections.abc import Iterable

from tokenizers import Regex, Tokenizer, normalizers, pre_tokenizers, processors
from tokenizers.models import Unigram

SPECIAL = 4
"""The first pieces: <s>, <pad>, </s>, <unk>."""
PAD = 1
UNKNOWN = 3
LONGEST = 96
"""Tokens read of a message; 99 of 100 messages have fewer than 70."""


def tokenizer(pieces: list[str], scores: list[float]) -> Tokenizer:
    """A tokenizer over pieces; <s> and </s> stand around every text."""
    made = Tokenizer(Unigram(list(zip(pieces, scores, strict=True)), unk_id=UNKNOWN))
    made.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Replace(Regex(r"[\s\p{C}]+"), " "), normalizers.Strip()]
    )
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    made.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    made.enable_truncation(LONGEST)
    return made


def needed(
    pieces: list[str], scores: list[float], texts: Iterable[str], common: set[str], size: int
) -> list[int]:
    """Which pieces to keep, at most `size`: what the texts use, single letters, then common ones by score."""
    whole = tokenizer(pieces, scores)
    kept = set(range(SPECIAL))
    for encoding in whole.encode_batch(list(texts)):
        kept.update(encoding.ids)
    kept.update(i for i, piece in enumerate(pieces) if len(piece.lstrip("▁")) <= 1 and _ours(piece))
    for number, piece in enumerate(pieces):  # the best scores come first
        if len(kept) >= size:
            break
        if piece in common and _ours(piece):
            kept.add(number)
    return sorted(kept)


def _ours(piece: str) -> bool:
    return all(ord(c) < 0x250 or c == "▁" or 0x1F300 <= ord(c) < 0x1FB00 for c in piece)
