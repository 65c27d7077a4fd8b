"""Where things are inside the tmpfs of a local lab."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Layout:
    """The directories of one lab, as its first process sees them."""

    stage: Path

    @property
    def root(self) -> Path:
        """The client's root directory."""
        return self.stage / "root"

    @property
    def authority(self) -> Path:
        """Where the edge finds its certificate authority."""
        return self.stage / "authority"

    def control(self, program: str) -> Path:
        """The control socket of `edge` or `origin`."""
        return self.stage / f"{program}.sock"
