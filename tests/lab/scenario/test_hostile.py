"""No file makes golab stumble, or takes more than seconds and some 200 MB to be refused."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import hostile
from tests.measured import Read, reader

CPU_SECONDS = 15.0
"""Of the processor, so that a busy machine changes nothing; a quick one needs a fifth."""
MEGABYTES = 250.0

CASES = [
    pytest.param(
        *(kind, name, text),
        id=f"{kind}-{name}",
        marks=pytest.mark.slow if kind == "world" or name.startswith("world-") else (),
    )
    for kind, generators in {
        "scenario": (hostile.anywhere, hostile.scenarios),
        "world": (hostile.anywhere, hostile.worlds),
        "rules": (hostile.anywhere, hostile.rules),
    }.items()
    for generator in generators
    for name, text in generator()
]


@pytest.fixture(scope="module")
def read() -> Iterator[Read]:
    with reader() as found:
        yield found


@pytest.mark.parametrize(("kind", "name", "text"), CASES)
def test_a_hostile_file_is_read_or_refused_in_seconds(
    tmp_path: Path, read: Read, kind: str, name: str, text: str
) -> None:
    file = tmp_path / "hostile.yaml"
    file.write_text(text, encoding="utf-8", errors="surrogatepass")
    taken = read(kind, file)
    assert taken.status in (0, 2), taken
    assert taken.cpu < CPU_SECONDS, taken.cpu
    assert taken.megabytes < MEGABYTES, taken.megabytes
    for line in taken.said.splitlines():
        assert re.match(r".*hostile\.yaml:[1-9]\d*:[1-9]\d*: \S", line), line[:300]
        assert len(line) < 800
    assert len(taken.said.splitlines()) <= 101
    if len(text.encode("utf-8", "surrogatepass")) > hostile.LARGEST:
        assert taken.said.endswith("larger than 1 MiB, which is the most that is read")


def test_a_file_of_the_largest_size_is_read(tmp_path: Path, read: Read) -> None:
    rule = "- {name: a, do: {respond: 200}}\n"
    file = tmp_path / "large.yaml"
    file.write_text(rule + "#" * (hostile.LARGEST - len(rule)))
    assert file.stat().st_size == hostile.LARGEST
    assert read("rules", file).status == 0


@pytest.mark.parametrize("kind", ["scenario", "world", "rules"])
def test_what_is_no_file_is_not_waited_for(tmp_path: Path, read: Read, kind: str) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "zeros").symlink_to("/dev/zero")
    (tmp_path / "terminal").symlink_to("/dev/tty")
    (tmp_path / "folder").mkdir()
    for name in ("pipe", "zeros", "terminal", "folder", "missing", "n" * 300):
        taken = read(kind, tmp_path / name)
        assert taken.status == 2, taken
        assert "cannot be read" in taken.said


@pytest.mark.slow
def test_a_world_does_not_fill_the_cache(tmp_path: Path, read: Read) -> None:
    file = tmp_path / "large.yaml"
    versions = ", ".join(f"v1.0.{n}: {{files: {{f: {{size: 40000000}}}}}}" for n in range(30))
    file.write_text(f"modules: {{x.test/a: {{versions: {{{versions}}}}}}}\n")
    assert "makes files of more than 64 MiB in all" in read("world", file).said
