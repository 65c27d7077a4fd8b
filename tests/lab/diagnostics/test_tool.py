"""A stranger's program as a diagnostic: how it is run, what it is told, how it is judged."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.client import Client
from lab.diagnostics.alarm import alarm_if
from lab.diagnostics.interface import Finding, Target
from lab.diagnostics.tool import Tool, tool
from lab.errors import UsageError
from lab.sandbox.interface import Completed
from tests.lab.replay.fake import FakeLab, completed

TARGET = Target("github.com/gorilla/mux", "v1.8.1", "v1.8.0", "https://proxy.golang.org")
ENV = {"PATH": "/bin", "GOPROXY": "https://proxy.golang.org"}
ELF = b"\x7fELF\2\1\1"


def a_tool(folder: Path, name: str, content: bytes | str, mode: int = 0o644) -> Tool:
    file = folder / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    file.chmod(mode)
    return tool(str(file))


@pytest.mark.parametrize(
    ("name", "content", "mode", "runs", "needs"),
    [
        ("t.py", "print(1)", 0o644, ["python3"], "python3"),
        ("t.py", "#!/home/me/venv/bin/python3.12\n", 0o755, ["python3"], "python3"),
        ("t", "#!/usr/bin/env -S python3 -u\n", 0o755, ["python3"], "python3"),
        ("t.py", "#!/usr/bin/python3\r\n", 0o644, ["python3"], "python3"),
        ("t.sh", "echo", 0o644, ["sh"], "sh"),
        ("t", "echo", 0o755, ["sh"], "sh"),
        ("t", "#!/bin/sh\n", 0o644, [], "/bin/sh"),
        ("t.sh", "#!/usr/bin/env bash\n", 0o755, [], "bash"),
        ("t", ELF, 0o644, [], ""),
        ("t.rb", "puts 1", 0o644, ["ruby"], "ruby"),
    ],
)
def test_how_a_program_is_run_needs_no_saying(
    tmp_path: Path, name: str, content: bytes | str, mode: int, runs: list[str], needs: str
) -> None:
    found = a_tool(tmp_path, name, content, mode)
    assert found.argv == (*runs, f"/lab/home/tools/{name}/{name}")
    assert found.needs == needs
    assert runs or name in found.carried.programs


def test_words_behind_the_file_are_arguments_and_a_space_may_be_in_its_name(tmp_path: Path) -> None:
    a_tool(tmp_path, "t.sh", "x")
    found = tool(f"{tmp_path}/t.sh --min 'a b'")
    assert found.argv == ("sh", "/lab/home/tools/t.sh/t.sh", "--min", "a b")
    assert a_tool(tmp_path, "my tool.sh", "x").id == "my tool.sh"
    own = tool("go list -m all")
    assert (own.id, own.argv, own.needs) == ("go", ("go", "list", "-m", "all"), "go")
    assert own.carried.files == {}
    (tmp_path / "link").symlink_to("t.sh")
    linked = tool(str(tmp_path / "link"))
    assert (linked.id, linked.argv[-1]) == ("link", "/lab/home/tools/link/t.sh")


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("./no-such.sh", "the tool no-such.sh cannot be read: No such file or directory"),
        ("{tmp}", "is a folder; name the program in it"),
        ("{tmp}/notes.txt", "notes.txt is no program; give it a first line such as `#!/bin/sh`"),
        ("{tmp}/.hidden.sh", "cannot be carried into a lab: a hidden file"),
        ("./x 'y", "a quote without its pair"),
        ("''", "which tool?"),
        ("", "which tool?"),
        ("'{tmp}/a\nb.sh'", ": the name of a tool has characters that cannot be shown"),
        ("/dev/null", "the tool /dev/null is no file"),
        ("{tmp}/same.sh", "another diagnostic is called 'same.sh'; rename the file"),
    ],
)
def test_what_is_no_tool_is_refused_in_a_line(tmp_path: Path, command: str, said: str) -> None:
    for name in ("notes.txt", ".hidden.sh", "same.sh"):
        (tmp_path / name).write_text("x")
    with pytest.raises(UsageError) as caught:
        tool(command.format(tmp=tmp_path), taken={"same.sh"})
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def checked(done: Completed, condition: str = "", *, python: bool = False) -> Finding:
    lab = FakeLab(lambda *_: done)
    lab.programs.add("python3")
    needs = "python3" if python else ""
    carried = tool("go").carried
    mine = Tool("t", "./t", ("./t",), needs, carried, alarm_if(condition))
    return mine.check(Client(lab, ENV, {}), TARGET, 1)


@pytest.mark.parametrize(
    ("done", "condition", "state", "said"),
    [
        (completed(0, "\n fine \n"), "", "quiet", "fine"),
        (completed(3, "", "Traceback:\n  x\nstale\n\n"), "", "alarm", "stale"),
        (completed(3, " \n", "x" * 900), "", "alarm", "x" * 200),
        (completed(3), "exit=2", "quiet", "prints nothing, exit 3"),
        (completed(1, "x" * 900), "", "alarm", "x" * 200),
        (completed(0, '{"a": 1}'), "jq:.a", "alarm", '{"a": 1}'),
        (completed(0, "oh"), "jq:.a", "error", "what it printed is no JSON"),
        (completed(None), "", "error", "still running after 10 s"),
        (completed(None), "exit=timeout", "alarm", "prints nothing, exit None"),
        (completed(-9), "", "error", "ended by SIGKILL"),
        (completed(-11), "regex:x", "error", "ended by SIGSEGV"),
        (completed(139), "", "error", "ended by SIGSEGV"),
        (completed(137), "exit=137", "alarm", "prints nothing, exit 137"),
        (completed(1, hit="output"), "", "error", "hit the lab's limit on output"),
        (completed(127, "", "a\nt: 2: jq: not found\n"), "", "unavailable", "t: 2: jq: not found"),
        (completed(126, "", "t: cannot be executed: Exec format error\n"), "", "unavailable",
         "t: cannot be executed: Exec format error"),
        (completed(127), "exit=127", "alarm", "prints nothing, exit 127"),
        # what a tool prints of the programs that it has ended itself is its own business
        (completed(1, "", "go list: signal: killed\n"), "", "alarm", "go list: signal: killed"),
    ],
)  # fmt: skip
def test_how_it_ends_is_what_it_found(
    done: Completed, condition: str, state: str, said: str
) -> None:
    finding = checked(done, condition)
    assert (finding.state, finding.said) == (state, said)


def test_a_library_that_the_clients_python_has_not() -> None:
    missing = completed(1, "", "Traceback:\n  x\nModuleNotFoundError: No module named 'yaml'\n")
    assert checked(missing, python=True).state == "unavailable"
    assert checked(missing).state == "alarm"
    assert checked(completed(1, "", "ValueError: x"), python=True).state == "alarm"


def test_it_is_told_what_to_look_at_and_nothing_of_what_is_wrong(tmp_path: Path) -> None:
    lab = FakeLab(lambda line, _: line)
    (tmp_path / "data").write_text("d")
    mine = a_tool(tmp_path, "t.py", "x")
    client = Client(lab, ENV, {})
    assert mine.check(client, TARGET, 1) == Finding(
        "unavailable", "python3 is not installed where the client runs"
    )
    assert lab.files == {}
    lab.programs.add("python3")
    assert mine.check(client, TARGET, 1).said == "python3 /lab/home/tools/t.py/t.py"
    assert lab.files["/lab/home/tools/t.py/data"] == b"d"
    assert lab.environments[-1] == {
        **ENV,
        "GOLAB_MODULE": TARGET.module,
        "GOLAB_PROXY": TARGET.proxy,
        "GOLAB_REQUIRED": TARGET.required,
    }
