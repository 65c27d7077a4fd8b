"""A schema describes fields by the text below them, and nothing reads code before it is asked."""

from __future__ import annotations

import subprocess
import sys

from pydantic import ConfigDict, Field

from lab.spec.described import Described


class Base(Described):
    """A base."""

    model_config = ConfigDict(alias_generator=lambda name: name.replace("_", "-"))

    two_words: int = 1
    """Said below,
    in two lines."""
    plain: int = 1
    changed: int = 2
    """What the base says."""
    own: str = Field(default="", description="Said in the field.")


class Child(Base):
    """A child."""

    changed: int = 3
    more: Base = Base()
    """Another model."""


def test_a_field_is_described_by_the_text_below_it() -> None:
    schema = Child.model_json_schema()
    found = {name: field.get("description") for name, field in schema["properties"].items()}
    assert found == {
        "two-words": "Said below,\nin two lines.",
        "plain": None,
        "changed": None,
        "own": "Said in the field.",
        "more": "Another model.",
    }
    below = schema["$defs"]["Base"]["properties"]["changed"]
    assert below["description"] == "What the base says."


def test_reading_a_scenario_reads_no_code() -> None:
    code = (
        "import inspect\n"
        "inspect.getsource = inspect.getsourcelines = inspect.findsource = None\n"
        "from lab.scenario.load import find\n"
        "import lab.results\n"
        "print(find('auth-fallback').scenario.id)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout == "auth-fallback\n", done.stderr
