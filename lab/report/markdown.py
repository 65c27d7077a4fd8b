"""Text that came from elsewhere, in Markdown."""

from __future__ import annotations

import re


def plain(text: str) -> str:
    """Return a text as it is to be read, in one line: no link, no HTML, no cell of its own."""
    line = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return re.sub(r"([\\`*_\[\](){}#!|~$@:])", r"\\\1", line)
