"""HTTP/1.1 answers that are sent in chunks, whatever they were."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mitmproxy import http


def as_chunks(response: "http.Response") -> None:
    """Announce chunks instead of a length."""
    response.headers.pop("Content-Length", None)
    response.headers["Transfer-Encoding"] = "chunked"
