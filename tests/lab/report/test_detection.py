"""docs/detection.md is what is on record."""

from __future__ import annotations

from pathlib import Path

from lab.matrix.build import of_record
from lab.matrix.markdown import page

PAGE = Path(__file__).resolve().parents[3] / "docs" / "detection.md"


def test_the_page_on_detection_is_what_is_on_record() -> None:
    said = "`golab matrix --markdown > docs/detection.md`"
    assert PAGE.read_text(encoding="utf-8") == page(of_record()), said
