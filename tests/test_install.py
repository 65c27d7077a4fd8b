"""install.py gives a Python its environment; .ci/plain tries it where there is nothing else."""

from __future__ import annotations

import functools
import http.server
import importlib.util
import shutil
import sys
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType

import pytest

SCRIPT = Path(__file__).resolve().parents[1] / "install.py"
TINY = "tiny-1.0-py3-none-any.whl"


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """install.py in a checkout of its own, told to install a wheel that lies there."""
    shutil.copy(SCRIPT, tmp_path)
    with zipfile.ZipFile(tmp_path / TINY, "w") as wheel:
        wheel.writestr("tiny.py", "")
        for name, text in (
            ("METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n"),
            ("WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"),
            ("RECORD", ""),
        ):
            wheel.writestr(f"tiny-1.0.dist-info/{name}", text)
    monkeypatch.setattr(sys, "argv", ["install.py", "--no-index", TINY])
    spec = importlib.util.spec_from_file_location("install", tmp_path / "install.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """Serve a folder; yield its address."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None: ...

    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/simple/"
        server.shutdown()


def bare(script: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the Python have neither ensurepip nor a pip of the machine."""
    real = script.works

    def works(*command: str) -> bool:
        return "ensurepip" not in command and "--python" not in command and bool(real(*command))

    monkeypatch.setattr(script, "works", works)


@pytest.mark.slow
def test_it_installs_into_an_environment_that_is_there_and_half_made(
    script: ModuleType, tmp_path: Path
) -> None:
    script.venv.create(tmp_path / ".venv", symlinks=True)  # as Debian's `python3 -m venv` leaves it
    (tmp_path / ".venv" / "kept").touch()
    assert script.main() == 0
    assert list(tmp_path.glob(".venv/lib/python3*/site-packages/tiny.py"))
    assert (tmp_path / ".venv" / "kept").is_file()


@pytest.mark.slow
def test_a_bare_python_gets_the_pinned_pip_of_the_index(
    script: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, index: None
) -> None:
    bare(script, monkeypatch)
    assert script.main() == 0
    assert list(tmp_path.glob(".venv/lib/python3*/site-packages/tiny.py"))


def test_a_pip_that_is_not_the_pinned_one_is_not_run(
    script: ModuleType,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    bare(script, monkeypatch)
    (tmp_path / "simple" / "pip").mkdir(parents=True)
    page = tmp_path / "simple" / "pip" / "index.html"
    with serving(tmp_path) as address:
        monkeypatch.setenv("PIP_INDEX_URL", address)
        for text, said in (
            ("", f"{address}pip/ does not have {script.WHEEL}"),
            (f'<a href="../../{TINY}#/{script.WHEEL}">', "is not the pinned one"),
        ):
            page.write_text(text)
            assert script.main() == 1
            line = capsys.readouterr().err
            assert said in line
            assert line.count("\n") == 1
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/")
    assert script.main() == 1
    assert "Connection refused" in capsys.readouterr().err


def test_an_old_python_is_told(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    assert script.main() == 1
    assert capsys.readouterr().err.startswith("install.py: golab needs Python 3.11 or later, and ")


def test_a_folder_that_one_may_not_write_to_is_said(
    script: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place = Path("/sys/golab/.venv")
    monkeypatch.setattr(script, "VENV", place)
    monkeypatch.setattr(script, "PYTHON", [str(place / "bin" / "python")])
    assert script.main() == 1
    said = "install.py: /sys/golab cannot be written; retry in a folder of your own\n"
    assert capsys.readouterr().err == said
