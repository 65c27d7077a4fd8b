"""What the variants of a file come to, and that what is wrong with one is said at its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from lab.daemon import start
from lab.errors import ScenarioError, UsageError
from lab.scenario.load import Run, load, select
from lab.scenario.variants import covers

BASE = """\
id: mine
title: A first proxy answers {status}
family: fallback
sources: [{title: x}]
story: x
client:
  env: {GOPROXY: "https://proxy.corp.example{separator}https://proxy.golang.org", GONOSUMDB: a.test}
faults:
  - {name: first, where: {host: proxy.corp.example}, do: {respond: "{status}"}}
replay:
  run: go list -m golang.org/x/net@latest
  healthy: {exit: 0}
  broken: {exit: failure, stderr: "{status}"}
silent: false
repair: {how: x, client: {env: {GOPROXY: "https://proxy.golang.org"}}}
diagnostics:
  subject: {module: golang.org/x/net, version: v0.25.0}
  detect: [json-version, second-source]
  miss: [goproxy-env, port-open]
lesson: x
"""
MATRIX = """\
matrix:
  status: [403, 404, 500]
  separator: {comma: ",", pipe: "|"}
variants:
  404-*, *-pipe:
    replay: {broken: {exit: 0}}
    diagnostics: {miss: [second-source], detect: [head-status]}
  500-pipe: {silent: true, client: {env: {GONOSUMDB: null, GOSUMDB: "off"}}}
"""


def runs(tmp_path: Path, text: str) -> dict[str, Run]:
    file = tmp_path / "mine.yaml"
    file.write_text(text, encoding="utf-8")
    return {run.variant or "": run for run in load(file).runs()}


def problems(tmp_path: Path, text: str) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        runs(tmp_path, text)
    return [problem.removeprefix(f"{tmp_path}/") for problem in caught.value.problems]


def test_each_combination_of_a_matrix_is_a_variant(tmp_path: Path) -> None:
    found = runs(tmp_path, BASE + MATRIX)
    names = ["403-comma", "403-pipe", "404-comma", "404-pipe", "500-comma", "500-pipe"]
    assert list(found) == names
    scenario = found["403-pipe"].scenario
    assert scenario.title == "A first proxy answers 403"
    assert scenario.client.env["GOPROXY"] == ("https://proxy.corp.example|https://proxy.golang.org")
    respond = scenario.faults[0].do.respond  # type: ignore[attr-defined]
    assert respond.status == 403, "a number where the value is all there is"


def test_variants_are_laid_over_those_combinations_that_they_name(tmp_path: Path) -> None:
    found = runs(tmp_path, BASE + MATRIX)
    exits = {name: run.scenario.replay.broken.exit for name, run in found.items()}
    loud = dict.fromkeys(["403-comma", "500-comma"], "failure")
    assert exits == {**dict.fromkeys(found, 0), **loud}
    assert found["404-comma"].scenario.replay.broken.stderr is None, "what an arm must do is whole"
    assert found["403-comma"].scenario.replay.broken.stderr == "403"
    assert [name for name, run in found.items() if run.scenario.silent] == ["500-pipe"]
    both = found["500-pipe"].scenario
    assert both.replay.broken.exit == 0
    assert both.client.env["GONOSUMDB"] is None
    assert both.client.env["GOSUMDB"] == "off"
    assert "GOPROXY" in both.client.env, "a client is merged, key by key"


def test_records_are_merged_diagnostic_by_diagnostic(tmp_path: Path) -> None:
    record = runs(tmp_path, BASE + MATRIX)["404-comma"].scenario.diagnostics
    assert record.subject.version == "v0.25.0"
    assert record.detect == ["json-version", "head-status"]
    assert record.miss == ["goproxy-env", "port-open", "second-source"]


PLAIN = BASE.replace('"{status}"', '"403"').replace('respond: "403"', "respond: 403")
OVERLAYS = """\
matrix:
  separator: {comma: ",", pipe: "|"}
  how:
    forbidden: {title: Forbidden}
    refused:
      title: Refused
      faults: [{name: refused, where: {port: 443}, do: {refuse: true}}]
      replay: {broken: {exit: 3, stderr: refused}}
"""


def test_what_is_laid_over_the_scenario_can_be_on_an_axis(tmp_path: Path) -> None:
    found = runs(tmp_path, PLAIN + OVERLAYS)
    rules = {name: run.scenario.faults[0].name for name, run in found.items()}
    refused = {"comma-refused": "refused", "pipe-refused": "refused"}
    assert rules == {"comma-forbidden": "first", "pipe-forbidden": "first", **refused}
    assert found["pipe-refused"].scenario.replay.broken.exit == 3
    wrong = OVERLAYS.replace("refuse: true", "refuse: perhaps")
    (problem,) = problems(tmp_path, PLAIN + wrong)
    assert problem.startswith("mine.yaml:27:")


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        (
            "variants: {404-coma: {}}",
            24,
            "no combination of the matrix is '404-coma'; did you mean",
        ),
        ("variants: {'404-*, 999-*': {}}", 24, "no combination of the matrix is '999-*'"),
        ("variants: {404-comma: {replay: {broken: {exti: 1}}}}", 24, "unknown key 'exti'; did"),
        ("variants: {404-comma: {repair: {faults: keep}}}", 24, "the key 'how' is missing"),
        ("variants: {404-comma: {faults: []}}", 1, "with the variant '404-comma': nothing breaks"),
        ("variants: {404-comma: {diagnostics: {miss: [x-y]}}}", 24, "unknown diagnostic 'x-y'"),
        ("variants: {404-comma: {client: {netrc: {a.test: x}}}}", 24, "no host of this world is"),
    ],
)
def test_what_is_wrong_with_a_variant_is_said_at_its_place(
    tmp_path: Path, text: str, line: int, said: str
) -> None:
    matrix = MATRIX[: MATRIX.index("variants:")]
    found = problems(tmp_path, BASE + matrix + text + "\n")
    assert any(one.startswith(f"mine.yaml:{line}:") and said in one for one in found), found


@pytest.mark.parametrize(
    ("matrix", "said"),
    [
        ("{status: [403], separator: [',']}", "',' makes no name; name it, as in {comma: ','}"),
        ("{status: [403, 403], separator: {c: ','}}", "two combinations are called '403-c'"),
        ("{status: [200, 7000], separator: {c: ','}}", "must be less than or equal to"),
        ("{status: [text], separator: {c: ','}}", "not 'text'"),
        (f"{{status: {list(range(200, 260))}, separator: {{c: ','}}}}", "at most 50 items"),
        (
            f"{{status: {list(range(200, 230))}, separator: {{a: ',', b: '|'}}}}",
            "more than 50 comb",
        ),
        ("{separator: {c: ','}}", "not '{status}'"),
    ],
)
def test_what_is_wrong_with_a_matrix(tmp_path: Path, matrix: str, said: str) -> None:
    found = problems(tmp_path, f"{BASE}matrix: {matrix}\n")
    assert any(said in one for one in found), found


def test_a_pattern_without_a_matrix_is_no_name(tmp_path: Path) -> None:
    (found,) = problems(tmp_path, PLAIN + "variants: {a-*: {}}\n")
    assert "'a-*' is a pattern, and there is no matrix" in found


def test_a_variant_of_a_file_has_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs(tmp_path, BASE + MATRIX)
    monkeypatch.chdir(tmp_path)
    for name in ("mine.yaml/404-comma", f"{tmp_path}/mine.yaml/404-comma"):
        assert [run.name for run in select([name])] == ["mine/404-comma"]
    with pytest.raises(
        UsageError, match=r"no variant '404-coma' of mine\.yaml; did you mean '404-c"
    ):
        select(["mine.yaml/404-coma"])


def test_up_looks_for_a_variant_of_a_file_where_its_user_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs(tmp_path, BASE + MATRIX)
    monkeypatch.chdir(tmp_path)
    found = [start._is_file(name) for name in ("mine.yaml", "mine.yaml/404-comma", "stale-list/x")]
    assert found == [True, True, False]


BY_GO = """\
since: "1.21"
go:
  - until: "1.26"
    silent: true
    replay: {broken: {exit: 0}}
    diagnostics: {miss: [second-source]}
"""


def test_what_is_expected_depends_on_the_go_version(tmp_path: Path) -> None:
    run = runs(tmp_path, PLAIN + BY_GO)[""]
    old, new = run.with_go("1.26.9").scenario, run.with_go("1.27.0").scenario
    assert (old.silent, old.replay.broken.exit, old.replay.healthy.exit) == (True, 0, 0)
    assert (new.silent, new.replay.broken.exit, new) == (False, "failure", run.scenario)
    assert old.diagnostics.miss == ["goproxy-env", "port-open", "second-source"]
    assert run.uncovered("1.20.14") == "go 1.20.14 is not of those it is about: since 1.21"
    assert run.uncovered("1.21.0") == run.uncovered("1.28rc1") == ""
    (problem,) = problems(
        tmp_path, PLAIN + BY_GO.replace('  - until: "1.26"\n    silent', "  - silent")
    )
    assert problem.endswith("for which Go versions? say `since`, `until` or both")


@pytest.mark.parametrize(
    ("since", "until", "go", "covered"),
    [
        ("1.21", None, "1.21.0", True),
        ("1.21.3", None, "1.21.2", False),
        ("1.9", None, "1.21.0", True),
        (None, "1.21", "1.21.13", True),
        (None, "1.21.3", "1.21.13", False),
        (None, "1.21", "1.22rc1", False),
        ("1.21", "1.21", "1.21.5", True),
        (None, None, "1.99.1", True),
    ],
)
def test_a_span_of_versions(since: str, until: str, go: str, covered: bool) -> None:
    assert covers(since, until, go) is covered
