"""An action is one file: found by its place, and refused if nothing would carry it out."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import pytest

from faults import registry, rules
from faults.model.action import HOOKS, Action
from faults.model.base import Stage
from tests.faults.clients import LIST, curl
from tests.faults.edge import Edge

ROOT = Path(__file__).parents[2]

SHOWN = re.search(
    r"```python\n(class Teapot.*?)```", (ROOT / "CONTRIBUTING.md").read_text(), re.DOTALL
)
TEAPOT = """
from pydantic import Field

from faults.model.action import Action, Detail, Example
from faults.traffic.decision import Decision
from faults.traffic.exchange import Exchange
"""


def teapot() -> str:
    """Return the action that CONTRIBUTING.md shows, with the imports that it leaves out."""
    assert SHOWN
    return TEAPOT + SHOWN[1]


def test_the_order_in_which_actions_act() -> None:
    layers = [layer for _, layer, _ in registry.ACTIONS]
    assert list(dict.fromkeys(layers)) == list(registry.LAYERS.values())
    assert [name for name, layer, _ in registry.ACTIONS if layer == "HTTP"] == [
        "route", "request_headers", "respond", "rate_limit", "redirect", "page", "status", "body",
        "response_headers", "content_type",
    ]  # fmt: skip
    assert [name for name, layer, _ in registry.ACTIONS if layer == "Connections"] == [
        "refuse", "reset", "hang", "stall", "half_close", "limit_data", "blackhole", "bandwidth",
        "latency", "slicer",
    ]  # fmt: skip
    (rule,) = rules.parse("[{do: {content-type: a/b, body: empty, latency: 1, status: 203}}]")
    assert [word for word, _ in rule.do] == ["latency", "status", "body", "content-type"]


def test_an_action_without_a_method_to_act_by_is_an_error_at_import() -> None:
    with pytest.raises(TypeError, match=r"Idle has no method that does anything; .*on_request"):

        class Idle(Action):
            """Do nothing."""


def test_a_method_that_nobody_calls_is_an_error_at_import() -> None:
    with pytest.raises(TypeError, match=r"Typing\.on_reqest is never called; .*on_request"):

        class Typing(Action):
            """Do nothing, by mistake."""

            async def on_reqest(self, decision: Any, exchange: Any) -> None:
                """Never called."""


def test_a_method_of_another_shape_is_an_error_at_import() -> None:
    with pytest.raises(TypeError, match="must be `async def on_request"):

        class Blocking(Action):
            """Not a coroutine."""

            def on_request(self, decision: Any, exchange: Any) -> None:
                """Block."""

    with pytest.raises(TypeError, match="with one argument more"):

        class Short(Action):
            """One argument is missing."""

            async def on_request(self, decision: Any) -> None:
                """Act on nothing."""


@pytest.mark.parametrize("hook", HOOKS)
def test_the_stages_follow_from_the_methods(hook: str) -> None:
    async def act(self: Any, decision: Any, subject: Any) -> None:
        pass

    made = type("Made", (Action,), {"__module__": __name__, hook: act})
    kind = cast("type[Action]", made)
    assert kind.acts == tuple(stage for stage in Stage if stage in HOOKS[hook])
    assert kind().hook(hook)
    assert kind().hook("on_nothing") is None


def test_a_module_has_one_action() -> None:
    with pytest.raises(TypeError, match="empty must define one action, not 0"):
        registry.action_of(ModuleType("empty"))


def test_the_file_that_the_documents_show_is_a_new_action(edge: Edge, tmp_path: Path) -> None:
    """A copy of the package with one file more knows the word, documents it, and does it."""
    copy = tmp_path / "faults"
    subprocess.run(["cp", "-r", str(ROOT / "faults"), str(copy)], check=True)
    (copy / "actions" / "http" / "teapot.py").write_text(teapot())
    code = (
        "from faults import reference, rules\n"
        "print([str(one) for one in rules.parse('[{do: {teapot: I am}}]')[0].do.teapot.stages()])\n"
        "print('#### teapot' in reference.page(), 'teapot' in reference.schema_text())\n"
        "import sys; print('mitmproxy' in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.stdout.splitlines() == [
        "['tunnel', 'request', 'response']", "True True", "False",
    ], done.stderr  # fmt: skip
    made = ModuleType("teapot")
    exec(compile(teapot(), "teapot.py", "exec", dont_inherit=True), made.__dict__)
    (rule,) = rules.parse("[{name: it, where: {endpoint: list}, do: {respond: 500}}]")
    construct: Any = type(rule.do).model_construct
    do = construct(respond=made.__dict__["Teapot"](says="short and stout"))
    edge.call(lambda: edge.faults.arm([rule.model_copy(update={"do": do})], 0))
    seen = curl(edge, LIST)
    assert (seen.status, seen.body) == (418, b"short and stout")
    assert edge.fired() == {"it": 1}
