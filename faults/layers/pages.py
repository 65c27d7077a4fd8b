"""The HTML pages that come where a module was asked for."""

from __future__ import annotations


def _page(title: str, body: str) -> str:
    return (
        "<!DOCTYPE html>\n"
        f'<html lang="en"><head><meta charset="utf-8"><title>{title}</title></head>\n'
        f"<body>\n<h1>{title}</h1>\n{body}\n</body></html>\n"
    )


PAGES = {
    "captive-portal": _page(
        "Welcome to the guest network",
        "<p>Accept the terms of use to go online.</p>\n"
        '<form method="post" action="/accept"><button>Accept</button></form>',
    ),
    "login": _page(
        "Sign in",
        '<form method="post" action="/login">\n'
        '<label>User <input name="user"></label>\n'
        '<label>Password <input name="password" type="password"></label>\n'
        "<button>Sign in</button>\n</form>",
    ),
    "catch-all": _page("Artifacts", '<div id="app"></div>\n<script src="/app.js"></script>'),
}
