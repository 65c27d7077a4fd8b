"""What came from a file or a program is shown, and never obeyed, by a terminal."""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from lab.cli import cli
from lab.cli.progress import Live
from lab.daemon import client, registry, start
from lab.daemon.registry import Held
from lab.report.visible import visible, visible_json
from tests import hostile
from tests.lab.golab import golab

NASTY = "\x1b[31mred\x1b]0;title\x07\x9b2J\u202egnp.exe\u2066\u200b\x7f\r[red]x[/red][link=a]:bomb:"
SHOWN = (
    r"\x1b[31mred\x1b]0;title\x07\x9b2J\u202egnp.exe\u2066\u200b\x7f\r[red]x[/red][link=a]:bomb:"
)
IN_YAML = json.dumps(NASTY)


def obeyed(text: str) -> set[str]:
    """Return the characters that a terminal would act on."""
    return {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Zl", "Zp") and c != "\n"}


def test_everything_that_acts_is_written_out() -> None:
    assert visible(NASTY) == SHOWN
    kept = "two\nlines\tand 代理失效 “quotes” é\u3000\xa0🙂"
    assert visible(kept) == kept
    assert visible("windows\r\nlines") == "windows\nlines"


@given(st.text(st.characters(codec=None)))
def test_any_text_is_harmless_and_json_stays_the_same(text: str) -> None:
    assert not obeyed(visible(text)) - {"\t"}
    as_json = visible_json(json.dumps(text, ensure_ascii=False))
    assert not obeyed(as_json)
    assert json.loads(as_json) == json.loads(json.dumps(text))


@pytest.fixture
def nasty(tmp_path: Path) -> Path:
    """A valid scenario with such text wherever it may be, whose command prints it, too."""
    file = tmp_path / "nasty.yaml"
    text = hostile.scenario("replay.run", json.dumps(f"printf '%s' '{NASTY}' >&2; exit 1"))
    data = json.loads(text)
    for key in ("title", "story", "lesson"):
        data[key] = NASTY
    data["repair"]["how"] = data["sources"][0]["section"] = NASTY
    data["break"]["client"]["env"] = {"A": NASTY}
    data["replay"]["healthy"] = {"exit": 3, "stdout": f"nasty {re.escape(NASTY)}"}
    file.write_text(json.dumps(data))
    return file


@pytest.mark.parametrize("command", ["show", "run", "validate"])
def test_no_command_passes_it_on(nasty: Path, command: str) -> None:
    done = golab(command, str(nasty), COLUMNS="400")
    assert "defect" not in done.stderr
    assert not obeyed(done.stdout + done.stderr)
    if command != "validate":
        assert r"\x1b[31mred" in done.stdout
        assert r"\u202egnp.exe" in done.stdout
        assert "[red]x[/red][link=a]:bomb:" in done.stdout


def test_what_is_said_of_a_lab_that_is_up_is_shown_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    held = Held("abcdef", NASTY, "broken", "local", "1.27.3", "now", 1)
    rule = {"name": NASTY, "on": True, "hits": 2}
    monkeypatch.setattr(start, "up", lambda *_, say, **__: say(NASTY) or held)
    monkeypatch.setattr(registry, "find", lambda _: held)
    monkeypatch.setattr(client, "edge", lambda _: SimpleNamespace(rules=lambda: [rule]))
    runner = CliRunner()
    for command in (["up", "x"], ["fault", "list", "x"]):
        done = runner.invoke(cli, command)
        assert done.exit_code == 0, done
        assert SHOWN in done.output
        assert not obeyed(done.output)
    with Live(2) as live:
        live.say(NASTY)
    assert capsys.readouterr().err == f"golab: {SHOWN}\n"


def test_nor_do_the_reports_that_are_json(nasty: Path) -> None:
    shown = golab("show", "--json", str(nasty))
    report = golab("run", "--json", "-", str(nasty))
    for done in (shown, report):
        assert not obeyed(done.stdout + done.stderr)
    assert json.loads(shown.stdout)["title"] == NASTY
    assert json.loads(report.stdout)["runs"][0]["title"] == NASTY


@pytest.mark.slow
def test_the_lines_of_errors_show_it(tmp_path: Path) -> None:
    file = tmp_path / "\x1b[31m\u202e.yaml"
    for command, text in {
        ("validate",): f"{IN_YAML}: {IN_YAML}\n",
        ("faults", "check"): f"- {{do: {{respond: {IN_YAML}}}}}\n",
        ("run",): "- *\x9b\n",
        ("show",): "[",
    }.items():
        file.write_text(text)
        done = golab(*command, str(file))
        assert done.returncode == 2, done
        assert not obeyed(done.stdout + done.stderr), done
        assert r"\x1b[31m\u202e.yaml" in done.stderr
    for wrong in (["run", NASTY], [NASTY], ["run", f"--{NASTY}"]):
        done = golab(*wrong)
        assert done.returncode == 2
        assert not obeyed(done.stdout + done.stderr), done
