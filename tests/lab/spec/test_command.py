"""What a command of a scenario may be, and how it is split."""

from __future__ import annotations

import subprocess

import pytest

from lab.spec.command import MAX_BYTES, typed, words


def test_words_are_those_of_a_shell_and_what_only_a_shell_understands_goes_to_one() -> None:
    assert words("go list -m 'a b' \"c d\" e\\ f") == ["go", "list", "-m", "a b", "c d", "e f"]
    for command in ("go version; id", "A=1 go version", "cat < f", "echo $HOME", "ls *.go"):
        assert words(command) == ["sh", "-c", command]
    for wrong, said in (
        (" \t", "blanks alone"),
        ("go 'x", "a quote without its pair"),
        ("go x\\", "a backslash at its end"),
    ):
        with pytest.raises(ValueError, match=said):
            words(wrong)


@pytest.mark.parametrize(
    "command", ["go list -m 'a b'", "go version; id", "A=1 go version", "echo $HOME"]
)
def test_words_are_typed_as_what_gives_them(command: str) -> None:
    assert words(typed(words(command))) == words(command)
    assert typed(words("go list | head -1")) == "go list | head -1"


def test_a_command_is_as_long_as_linux_passes_on_and_no_longer() -> None:
    longest = "true;" + "#" * (MAX_BYTES - 5)
    assert subprocess.run(words(longest)).returncode == 0
    with pytest.raises(OSError, match="Argument list too long"):
        subprocess.run(["sh", "-c", longest + "#"])
    for one in ("#", "w", "é"):
        with pytest.raises(ValueError, match=r"131,0\d\d bytes.* put what is long into a file"):
            words("w" * MAX_BYTES + one)
