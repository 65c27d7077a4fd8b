"""Labs of a golab that has been changed, to see what then stands in the way."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.sandbox.local import spawn

_NAME = "altered_golab"


def alter(monkeypatch: pytest.MonkeyPatch, folder: Path, change: str) -> None:
    """Have the process that forks labs import `change`; for backends that are made afterwards."""
    folder.joinpath(f"{_NAME}.py").write_text(change)
    monkeypatch.syspath_prepend(folder)
    for modules in ("_ALL", "_SHARED"):
        monkeypatch.setattr(spawn, modules, [*getattr(spawn, modules), _NAME])
