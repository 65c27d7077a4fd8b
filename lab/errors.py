"""What can go wrong, as one tree; the class decides the exit status of the command.

GolabError                 anything golab itself has to say (status 1)
├── UsageError             the request is wrong (status 2)
│   └── ScenarioError      a scenario or world file is not valid: file:line:column (status 2)
└── LabError               a lab could not run, or its run proves nothing (status 3)
    ├── UnfitError         this machine lacks something; `golab doctor` says what (status 3)
    └── ToolchainError     no usable Go toolchain, and none could be fetched (status 3)
"""

from __future__ import annotations

import errno

OK, DIFFERS, USAGE, LAB = 0, 1, 2, 3

NO_MORE_PROCESSES = (
    "no process or thread can be started: your limit (`ulimit -u`) is reached; raise it"
)
"""Why fork(2) and clone(2) fail with EAGAIN."""


def no_more_processes(error: BaseException) -> bool:
    """Tell whether fork or clone has failed for want of processes that this user may have."""
    if isinstance(error, OSError):
        return error.errno == errno.EAGAIN and error.filename is None
    return isinstance(error, RuntimeError) and "can't start new thread" in str(error)


def reason(error: BaseException) -> str:
    """Return what an exception says, and of a fork that failed what that means."""
    return NO_MORE_PROCESSES if no_more_processes(error) else str(error)


class GolabError(Exception):
    """One line: what is wrong, where, and what to do about it.

    Attributes:
        reason: what is wrong, and where.
        remedy: what to do about it, '' if that is not said or part of the reason.
    """

    exit_status = DIFFERS

    def __init__(self, reason: str, remedy: str = "") -> None:
        super().__init__(f"{reason}; {remedy}" if remedy else reason)
        self.reason = reason
        self.remedy = remedy


class UsageError(GolabError):
    """The request cannot be carried out as it was put."""

    exit_status = USAGE


class ScenarioError(UsageError):
    """A file that is not valid; each problem is one `file:line:column: what` line."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class LabError(GolabError):
    """A lab could not be started, sealed, used or removed."""

    exit_status = LAB


class UnfitError(LabError):
    """This machine cannot run a lab."""


class ToolchainError(LabError):
    """There is no Go toolchain to run, and none could be fetched."""


def in_a_line(error: Exception) -> str:
    """Say in a line what went wrong with a lab or a run, whatever it was."""
    if isinstance(error, GolabError):
        return " ".join(str(error).split())
    if no_more_processes(error):
        return NO_MORE_PROCESSES
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        return f"golab itself: {where}{error.strerror.lower()}"
    return f"a defect of golab: {type(error).__name__}: {error}"
