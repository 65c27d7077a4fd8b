"""A diagnostic meets the faults as if it were alone, whatever others ask at the same time."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from lab.client import Client
from lab.diagnostics.interface import Finding, Target, alarm, quiet
from lab.replay.replay import replay
from lab.results.model import RunResult
from tests.lab.golab import golab
from tests.lab.replay.fake import LINE, SPEC, FakeLab, a_run
from tests.lab.replay.test_diagnostics import Check

FIRST = {"name": "first", "where": {"endpoint": "list", "first": 1}, "do": {"respond": 410}}
ALWAYS = {"name": "always", "where": {"endpoint": "list"}, "do": {"respond": 410}}


def looked(monkeypatch: pytest.MonkeyPatch, rule: dict[str, Any]) -> tuple[FakeLab, RunResult]:
    """Have three diagnostics each ask once, of an edge whose rule acts on the first that asks."""

    def answers(line: str, lab: FakeLab) -> str:
        if "gone" in lab.rules.hits and not lab.rules.hits["gone"]:
            lab.rules.fire()
            lab.rules.records.append({"kind": "error", "part": "edge", "error": line})
            return "cobra\n"
        return "cobra v1 v2\n"

    def look(name: str) -> Check:
        def check(client: Client, _: Target) -> Finding:
            done = client.run(f"ask {name}", limit=1)
            return quiet("fine") if "v1" in done.stdout else alarm("it is gone")

        return Check(check, name)

    lab = FakeLab(answers)
    checks = {name: look(name) for name in ("a", "b", "c")}
    monkeypatch.setattr("lab.replay.replay.diagnostics", lambda: checks)
    record = {"subject": {"module": "m.example/m", "version": "v1"}, "detect": list(checks)}
    run = a_run(faults=[{**rule, "name": "gone"}], diagnostics=record)
    return lab, replay(run, lab, SPEC, backend="fake", seed=7)


def test_a_rule_that_counts_begins_anew_for_each_diagnostic(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lab, result = looked(monkeypatch, FIRST)
    assert result.detected_by == ["a", "b", "c"]
    broken = lab.calls[lab.calls.index(f"run {LINE}", lab.calls.index(f"run {LINE}") + 1) :]
    assert broken[1:7] == ["check", "arm gone", "run ask a", "arm gone", "run ask b", "arm gone"]
    assert set(lab.rules.seeds[1:]) == {7}
    failed = [f"the edge of the lab: ask {name}" for name in "abc"]
    assert result.arms["broken"].errors == [f"the edge of the lab: {LINE}", *failed]


def test_where_no_rule_counts_the_diagnostics_look_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lab, result = looked(monkeypatch, ALWAYS)
    assert len(result.detected_by) == 1  # this edge acts once, and is armed once for all three
    assert [call for call in lab.calls if call.startswith("arm")].count("arm gone") == 2


SCENARIO = """
id: counted
title: A proxy that fails now and then
family: transport
sources: [{article: silent-symptoms, section: "1"}]
story: Some requests fail, by turns and by chance.
client:
  env: {GOPROXY: "https://proxy.golang.org", GONOSUMDB: "*"}
  project: {go.mod: "module lab.example/project\\n\\nrequire github.com/gorilla/mux v1.8.0\\n"}
faults:
  - {name: first, where: {endpoint: list, first: 1}, do: {respond: 503}}
  - {name: second, where: {endpoint: info, nth: 2}, do: {respond: 503}}
  - {name: chance, where: {endpoint: [list, info], chance: 0.5}, do: {latency: 1ms}}
  - name: turns
    where: {query: proxy.golang.org, query-type: A}
    do: {dns: {flap: [pass, servfail]}}
replay:
  before: go mod download
  run: >
    go list -m -versions github.com/gorilla/mux; go list -m github.com/gorilla/mux@v1.8.1;
    go list -m github.com/gorilla/mux@v1.7.4
  healthy: {}
  broken: {exit: failure}
silent: false
repair: {how: The proxy is mended., faults: remove}
diagnostics:
  subject: {module: github.com/gorilla/mux, version: v1.8.1}
  detect: [version-list-plausible, update-drift, head-status]
  miss: [resolver-answers, whole-within-limit, json-version, info-by-curl]
  limit: 10
lesson: Ask more than once.
"""


@contextmanager
def busy() -> Iterator[None]:
    """Keep two cores busy."""
    loops = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2)]
    try:
        yield
    finally:
        for loop in loops:
            loop.kill()
            loop.wait()


@pytest.mark.whole
@pytest.mark.timeout(900)
def test_faults_that_count_are_the_same_in_twenty_replays_under_load(tmp_path: Path) -> None:
    file = tmp_path / "counted.yaml"
    file.write_text(SCENARIO)
    seen: Counter[str] = Counter()
    with busy():
        for _ in range(20):
            done = golab("run", str(file), "--seed", "5", "--json", "-", limit=300)
            (run,) = json.loads(done.stdout)["runs"]
            rows = {row["id"]: row["outcome"] for row in run["diagnostics"]}
            found = {**rows, "verdict": run["verdict"], "reason": run["reason"]}
            found["fired"] = run["arms"]["broken"]["fired"]
            seen[json.dumps(found)] += 1
    assert len(seen) == 1, seen
    (same,) = seen
    assert json.loads(same)["verdict"] == "reproduced"
