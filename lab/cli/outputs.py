"""Where a report goes, beside the terminal: files, and what GitHub Actions shows."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click

from lab.cli import complete, say
from lab.errors import DIFFERS, LAB, OK, UsageError

if TYPE_CHECKING:
    from lab.results.model import Report

json_option = click.option(
    "--json",
    "json_file",
    metavar="FILE",
    help="Write the report there; - is stdout.",
    shell_complete=complete.files,
)
junit_option = click.option(
    "--junit",
    "junit_file",
    metavar="FILE",
    help="Write it there as JUnit XML, too.",
    shell_complete=complete.files,
)


class Outputs(NamedTuple):
    """What a report is to be written to; the program under test that it is about, if any.

    `known` is run -> what that program was worth before.
    """

    json: str | None
    junit: str | None = None
    artifacts: Path | None = None
    tool: str = ""
    known: Mapping[str, str] = {}

    @property
    def human(self) -> bool:
        """Whether standard output is for people."""
        return self.json != "-"

    def check_names(self) -> None:
        """Find out before anything is read whether only one of them is standard output.

        Raises:
            UsageError: it is not.
        """
        if self.junit == "-":
            raise UsageError("--junit: name a file; only --json goes to standard output")
        if str(self.artifacts) == "-":
            raise UsageError("--artifacts: name a directory; only --json goes to standard output")

    def check(self) -> None:
        """Say now, and not after all the work, what cannot be written.

        Raises:
            UsageError: something.
        """
        from lab.report import artifacts, files

        for file in (self.json, self.junit):
            if file is not None:
                files.check(file)
        if self.artifacts is not None:
            artifacts.prepare(self.artifacts)

    def write(self, report: Report) -> tuple[Report, int]:
        """Write a report, and return it as it was written, with an exit status: OK, or the worst.

        What one file does not take, another gets all the same.
        """
        from lab.report import artifacts, json_report, junit

        status = OK
        steps: list[Callable[[], object]] = []
        if self.artifacts is not None:
            try:
                report = artifacts.write(report, self.artifacts)
            except UsageError as error:
                status = _said(error)
        if self.json is not None:
            steps.append(lambda: json_report.write(report, self.json or ""))
        if self.junit is not None:
            steps.append(lambda: junit.write(report, self.junit or "", self.tool, self.known))
        for step in steps:
            try:
                step()
            except UsageError as error:
                status = _said(error)
        return report, status

    def show(self, report: Report, show: Callable[[], None], named: Sequence[str] = ()) -> None:
        """Print a report for people, and what GitHub Actions shows, where it runs this.

        Args:
            report: what was found out.
            show: prints it.
            named: scenarios as the user has named them, by id or by file.
        """
        if not _on_github():
            if self.human:
                show()
            return
        from lab.report import github

        stream = sys.stdout if self.human else sys.stderr
        if self.human:
            with github.quoted(stream):
                show()
                stream.flush()
        github.annotate(report, _places(named), stream)
        if file := os.environ.get("GITHUB_STEP_SUMMARY"):
            try:
                github.append_summary(report, file)
            except UsageError as error:
                say(str(error))


def _said(error: UsageError) -> int:
    say(str(error))
    return error.exit_status


def _on_github() -> bool:
    return os.environ.get("GITHUB_ACTIONS") == "true"


def _places(named: Sequence[str]) -> dict[str, str]:
    """Return run -> its file, relative to the checkout, for what is named by files in there."""
    from lab.scenario.load import select

    checkout = Path(os.environ.get("GITHUB_WORKSPACE") or ".").resolve()
    found: dict[str, str] = {}
    for name in named:
        path = next((one for one in (Path(name), Path(name).parent) if one.is_file()), None)
        if path and (whole := path.resolve()).is_relative_to(checkout):
            file = str(whole.relative_to(checkout))
            found |= dict.fromkeys((run.name for run in select([name])), file)
    return found


def status(report: Report) -> int:
    """Return the exit status that says what came of all runs."""
    if report.totals.invalid or report.totals.error:
        return LAB
    return DIFFERS if report.totals.changed else OK
