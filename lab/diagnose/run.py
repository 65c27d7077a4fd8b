"""Looks at a project on this machine: all probes and lints, side by side, under a time limit."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from pathlib import Path

from lab.diagnose import advisories, subjects
from lab.diagnose.digest import digest, from_lints
from lab.diagnose.discretion import Discretion
from lab.diagnose.secrets import secrets, without
from lab.diagnose.watched import WatchedMachine
from lab.diagnostics.catalogue import Probe, diagnostics
from lab.diagnostics.interface import Finding, Subject
from lab.diagnostics.lints import problems
from lab.diagnostics.project import Project, project, setup
from lab.diagnostics.view import GoView
from lab.errors import UsageError
from lab.results.findings import SEVERITIES, Diagnosis, Found, Looked

LIMIT = 5.0
"""Seconds for each request of a probe, and each command of most."""
BUDGET = 30.0
"""Seconds for all of it; what has not finished then is said to be unavailable."""
_AT_A_TIME = 16
_REDRAWN = 0.5
"""Seconds after which whoever watches is told again, though nothing has finished."""
_SYNTAX = re.compile(r"go\.mod:\d+(?::\d+)?: .*")

Observe = Callable[[int, int, Sequence[str]], None]
"""Is told how many have looked, of how many, and which are at it."""


def diagnose(
    folder: Path,
    modules: Iterable[str] = (),
    *,
    limit: float = LIMIT,
    budget: float = BUDGET,
    observe: Observe = lambda *_: None,
) -> Diagnosis:
    """Look at a project, and change nothing of it.

    Args:
        folder: a directory of the project.
        modules: what to look at, `path` or `path@version`; by default some that go.mod requires.
        limit: seconds for each request.
        budget: seconds for all of it.
        observe: is told how it is getting on.

    Raises:
        UsageError: there is no such directory, no go.mod in it and no module named, or what is
            there cannot be read.
    """
    started = time.monotonic()
    if not folder.is_dir():
        raise UsageError(f"{folder}: there is no such directory")
    machine = WatchedMachine(folder)
    try:
        return _diagnosed(machine, modules, started, limit, budget, observe)
    finally:
        machine.close()


def _diagnosed(
    machine: WatchedMachine,
    modules: Iterable[str],
    started: float,
    limit: float,
    budget: float,
    observe: Observe,
) -> Diagnosis:
    view = GoView(machine, limit)
    own = project(view)
    targets = subjects.named(modules, own)
    _check(view, own, named=bool(targets))
    targets = targets or subjects.chosen(view, own)
    required = [Subject(one.path, one.version) for one in own.required.require]
    summed = [Subject(path) for path, _ in own.sums]
    machine.discretion = Discretion(view, [*summed, *required, *targets])
    lints = from_lints(problems(setup(view, tuple(one.module for one in targets))), own)
    looked, alarms = _look(view, targets, limit, budget, observe)
    go = view.env["GOVERSION"]
    found = [*lints, *digest(looked, alarms, offline=machine.offline, failed=machine.failed)]
    found += advisories.known(go)
    if not machine.has("go"):
        found.append(_WITHOUT_GO)
    found.sort(key=lambda one: SEVERITIES.index(one.severity))
    diagnosis = Diagnosis(
        project=own.root,
        go=go,
        settings=view.env.source,
        modules=tuple(one.module for one in targets),
        seconds=round(time.monotonic() - started, 3),
        offline=machine.offline,
        findings=tuple(found),
        probes=tuple(looked),
    )
    netrc = setup(view).netrc or ""
    return without(diagnosis, secrets(machine.env, view.env.values, netrc))


_WITHOUT_GO = Found(
    "without-go",
    "note",
    "there is no go on the PATH",
    why="settings are read where go would find them; what only go can tell was not looked at",
    remedy="run it where go is on the PATH",
    command="command -v go",
)


def _check(view: GoView, own: Project, *, named: bool) -> None:
    """Refuse a project that go cannot read."""
    if not own.go_mod:
        file = f"{own.root}/go.mod"
        if why := view.machine.read([file]).unread.get(file):
            raise UsageError(f"{file} cannot be read: {why}")
        if named:
            return
        raise UsageError(
            f"{own.root}: there is no go.mod here or above; name a module with --module"
        )
    if view.machine.has("go"):
        done = view.machine.run(
            ["go", "mod", "edit", "-json", f"{own.root}/go.mod"],
            limit=10,
            env={"GOTOOLCHAIN": "local"},
        )
        if done.exit and (found := _SYNTAX.search(done.stderr)):
            raise UsageError(f"{own.root}/{found[0]}; mend the file first")


def _look(
    view: GoView, targets: Sequence[Subject], limit: float, budget: float, observe: Observe
) -> tuple[list[Looked], dict[tuple[str, str], Finding]]:
    """Have every probe look at every module; those of the machine alone look once."""
    end = time.monotonic() + budget
    jobs: list[tuple[Probe, Subject]] = []
    for probe in diagnostics().values():
        if not isinstance(probe, Probe) or probe.id == "settings":  # all lints are shown by name
            continue
        if probe.local:
            jobs.append((probe, targets[0] if targets else Subject("")))
        else:
            jobs += [(probe, target) for target in targets]
    doing: dict[Future[tuple[Finding, float]], tuple[Probe, Subject]] = {}
    pool = ThreadPoolExecutor(_AT_A_TIME)
    try:
        for probe, subject in jobs:
            doing[pool.submit(_one, probe, view, subject, limit)] = (probe, subject)
        waiting = set(doing)
        while waiting and (left := end - time.monotonic()) > 0:
            names = sorted({doing[future][0].id for future in waiting})
            observe(len(doing) - len(waiting), len(doing), names)
            _, waiting = wait(waiting, timeout=min(left, _REDRAWN), return_when="FIRST_COMPLETED")
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    looked, alarms = [], {}
    for future, (probe, subject) in doing.items():
        module = "" if probe.local else subject.module
        if future in waiting:
            finding, seconds = Finding("unavailable", f"not finished in {budget:g} s"), budget
        else:
            finding, seconds = future.result()
        looked.append(Looked(probe.id, module, finding.state, finding.said, round(seconds, 3)))
        if finding.state == "alarm":
            alarms[probe.id, module] = finding
    return looked, alarms


def _one(probe: Probe, view: GoView, subject: Subject, limit: float) -> tuple[Finding, float]:
    started = time.monotonic()
    try:
        finding = probe.ask(view, subject, limit)
    except Exception as error:  # noqa: BLE001 - one that crashes is not the end of the others
        finding = Finding("error", f"{type(error).__name__}: {error}")
    return finding, time.monotonic() - started
