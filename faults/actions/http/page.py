"""Answers with an HTML page where a module was asked for."""

from typing import Literal

from pydantic import Field

from faults.model.action import Action, Detail, Example
from faults.traffic.decision import Decision
from faults.traffic.exchange import HTML, Exchange


class Page(Action):
    """Answer with an HTML page and status 200, whatever was asked."""

    short = "kind"
    slot = "answer"
    order = 60

    kind: Literal["captive-portal", "login", "catch-all"] = Field(
        description="What the page is: a hotel's, a single sign-on's, or a web application's."
    )

    async def on_answer(self, decision: Decision, exchange: Exchange) -> Detail:
        """Answer with a page."""
        exchange.answer(200, PAGES[self.kind], HTML)
        return {"status": 200}

    examples = (
        Example(
            "{where: {host: proxy.golang.org}, do: {page: captive-portal}}",
            "200 with HTML: go reads it as an empty list, and fails loudly on .info.",
            "Real portals redirect first; go would follow and get this page.",
        ),
        Example(
            "{where: {endpoint: sumdb-supported}, do: {page: catch-all}}",
            "A page for every URL: go takes the proxy for one that serves the checksum database.",
            "As a single-page application with a fallback route.",
        ),
        Example(
            "{where: {endpoint: list}, do: {page: login}}",
            "A sign-in form.",
            "The form posts nowhere.",
        ),
    )


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
