"""The headers of every answer of every route."""

from __future__ import annotations

from sanic.response import HTTPResponse

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
        "require-trusted-types-for 'script'",
        "trusted-types 'none'",
    )
)

HEADERS = {
    # Nothing of the visit stays in a cache: not the page, not an answer, not an error.
    "Cache-Control": "no-store",
    # The page a person goes to on leaving must not learn where they were.
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": (
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
        "magnetometer=(), microphone=(), midi=(), payment=(), usb=()"
    ),
    "X-Content-Type-Options": "nosniff",
}

DOCUMENT_HEADERS = {
    # Brave then offers to keep the visit out of its history.
    "Request-OTR": "1",
}


def secure(response: HTTPResponse, document: bool = False) -> HTTPResponse:
    """Puts the headers on an answer; a document gets those of documents too."""
    response.headers.update(HEADERS)
    if document:
        response.headers.update(DOCUMENT_HEADERS)
    return response
