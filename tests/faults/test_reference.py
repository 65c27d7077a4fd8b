"""The reference page and the schema say what the code does."""

from __future__ import annotations

import re
from pathlib import Path

import jsonschema
import pytest
import yaml
from click.testing import CliRunner

from faults import reference, rules
from faults.addon import Faults
from faults.lint import lint
from faults.registry import ACTIONS
from lab.cli.faults_ import command

ROOT = Path(__file__).parents[2]


def test_the_page_is_the_one_the_code_writes() -> None:
    assert (ROOT / "docs" / "faults.md").read_text() == reference.page(), (
        "run: golab faults docs > docs/faults.md"
    )


def test_every_action_is_documented() -> None:
    for name, _, kind in ACTIONS:
        assert kind.__doc__, name
        assert kind.examples, name
        assert all(example.seen and example.faithful for example in kind.examples), name


def test_the_schema_knows_every_example() -> None:
    jsonschema.Draft202012Validator.check_schema(reference.schema())
    schema = jsonschema.Draft202012Validator(reference.schema())
    for _, example in reference.examples():
        # YAML 1.1 would read a time as a date, which JSON does not have.
        text = re.sub(r"(?<!')(\d{4}-\d\d-\d\dT[\d:]+Z)", r"'\1'", example.rule)
        schema.validate(yaml.safe_load(f"[{{name: it, {text[1:]}]"))


@pytest.mark.parametrize(("wanted", "rule"), list(reference.recipes()))
def test_every_recipe_is_a_rule_that_can_act(wanted: str, rule: str) -> None:
    assert wanted
    assert lint(rules.parse(f"[{rule}]")) == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "x", "do": {"resett": "accept"}},
        {"name": "x", "do": {"reset": "acept"}},
        {"name": "x", "where": {"chance": 3}, "do": {"reset": "accept"}},
        {"name": "x", "where": {"endpoint": "lst"}, "do": {"stall": 1}},
    ],
)
def test_the_schema_refuses_what_the_code_refuses(wrong: dict[str, object]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate([wrong], reference.schema())
    with pytest.raises(ValueError, match="validation error"):
        rules.RuleFile.model_validate([wrong])


def test_the_commands(tmp_path: Path) -> None:
    run = CliRunner().invoke
    script = Path(run(command, ["path"]).output.strip())
    assert script.is_file()
    assert isinstance(_addons(script)[0], Faults)
    assert run(command, ["docs"]).output == reference.page()
    assert "stale-list" in run(command, ["list"]).output
    assert run(command, ["schema"]).output == reference.schema_text()
    file = tmp_path / "rules.yaml"
    file.write_text("- {name: off, where: {chance: 0}, do: {dns: drop}}\n")
    said = run(command, ["check", str(file)]).output
    assert said == f"{file}: rule off can never act: chance: 0 is never\n1 rule, it can never act\n"


def _addons(script: Path) -> list[object]:
    names: dict[str, list[object]] = {}
    exec(compile(script.read_text(), script, "exec"), names)
    return names["addons"]
