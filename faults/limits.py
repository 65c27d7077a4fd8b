"""What a crowd of clients, or one that never ends its headers, can take from the others.

mitmproxy has no bound for the head of an HTTP/1 request: ten megabytes of short headers take it
half a gigabyte and many seconds, in which nobody else is answered.
"""

from __future__ import annotations

import contextlib
import resource

from faults.traffic import internals

MAX_HEAD = 1 << 18
"""Bytes of a request's first line and headers; servers take a tenth of that."""


def install() -> None:
    """Bound what mitmproxy reads of a request's head, and let it have as many clients as it may."""
    internals.bound_heads(MAX_HEAD)
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
