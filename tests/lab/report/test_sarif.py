"""Findings as SARIF: valid, at the right lines, and nothing in them acts on a terminal."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from lab.errors import UsageError
from lab.report.sarif import as_sarif, write
from lab.results.findings import Diagnosis, Found, Severity
from tests.lab.report.sarif_schema import SARIF

FOUND = (
    Found(
        "replaced-by-excluded",
        "warning",
        "seen",
        ("more",),
        "why",
        "mend",
        "look",
        "replace-exclude",
        (),
        "/p/go.mod",
        7,
    ),
    Found("goproxy-address", "error", "a bidi \u202e and an escape \x1b[2J", file="GOENV", line=3),
    Found("goproxy-address", "error", "another"),
    Found("cve-1", "note", "seen"),
    Found("vendor-tree", "error", "seen", file="/p/a b/ü.go", line=0),
)


def diagnosis(*findings: Found) -> Diagnosis:
    return Diagnosis("/p", "go1.27.3", "go env", (), 1.0, False, findings, ())


@pytest.mark.parametrize("findings", [(), FOUND], ids=["none", "some"])
def test_it_is_what_the_schema_demands(findings: tuple[Found, ...]) -> None:
    data = json.loads(as_sarif(diagnosis(*findings)))
    checker = jsonschema.Draft7Validator.FORMAT_CHECKER
    jsonschema.Draft7Validator(SARIF, format_checker=checker).validate(data)
    assert len(data["runs"][0]["results"]) == len(findings)


def test_each_result_names_its_rule_and_its_line() -> None:
    (run,) = json.loads(as_sarif(diagnosis(*FOUND)))["runs"]
    rules = run["tool"]["driver"]["rules"]
    for found, result in zip(FOUND, run["results"], strict=True):
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == found.id
        assert result["level"] == found.severity
    places = [result["locations"][0]["physicalLocation"] for result in run["results"]]
    at = [(place["artifactLocation"]["uri"], place["region"]["startLine"]) for place in places]
    assert at == [
        ("go.mod", 7),
        ("go.mod", 1),
        ("go.mod", 1),
        ("go.mod", 1),
        ("a%20b/%C3%BC.go", 1),
    ]


@pytest.mark.parametrize(("severity", "status"), [("error", 1), ("warning", 1), ("note", 0)])
def test_it_says_how_the_command_exits(severity: Severity, status: int) -> None:
    (run,) = json.loads(as_sarif(diagnosis(Found("x", severity, "seen"))))["runs"]
    assert run["invocations"] == [{"executionSuccessful": True, "exitCode": status}]


def test_what_a_terminal_would_obey_is_escaped() -> None:
    assert not set(as_sarif(diagnosis(*FOUND))) & {"\u202e", "\x1b"}


def test_a_file_that_cannot_be_written_is_an_error_of_usage(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written"):
        write(diagnosis(), str(tmp_path / "no" / "where"))
