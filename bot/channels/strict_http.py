"""A web server that refuses malformed requests before it reads on.

Sanic 21.12 takes any whole number as Content-Length: a negative one sends it into an endless loop in
which nobody is answered any more. A head that is not plain is refused with 400 here, while it is
still a head.
"""

from __future__ import annotations

import re
from typing import Any

from sanic import Sanic

READ_HEAD = "http.lifecycle.read_head"
LENGTH = re.compile(rb"\r\ncontent-length[ \t]*:([^\r\n]*)", re.IGNORECASE)
LONGEST_NUMBER = 12


class MalformedHeadError(ValueError):
    """The request's head cannot be trusted. Sanic answers it with 400."""


def check_head(head: bytes) -> None:
    """Refuses a head with other bytes than ASCII, or a body length that is not one plain number.

    Bytes outside ASCII in the path itself close the connection: Sanic cannot write an answer to them.

    Raises:
        MalformedHeadError: it is so.
    """
    lengths = [value.strip() for value in LENGTH.findall(head)]
    plain = all(value.isdigit() and len(value) <= LONGEST_NUMBER for value in lengths)
    if not head.isascii() or not plain or len(lengths) > 1:
        raise MalformedHeadError


async def _listen(**_: Any) -> None:
    """Keeps Sanic's call; the check itself is in `dispatch`, where an error counts."""


class StrictSanic(Sanic):
    """Sanic, with the head of each request checked first."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        # Sanic cuts the calls for signals that nobody listens to out of its own code.
        self.add_signal(_listen, READ_HEAD)

    def dispatch(self, event: str, **arguments: Any) -> Any:
        """Sanic tells here of every head that it has read, and takes an error as a bad request."""
        if event == READ_HEAD:
            check_head(arguments["context"]["head"])
        return super().dispatch(event, **arguments)
