"""go.mod and go.sum: what one line of them hides of another."""

from __future__ import annotations

from collections.abc import Iterator

from lab.diagnostics.lints.model import Problem, Setup


def replaced(setup: Setup) -> Iterator[Problem]:
    """Replacements by a version that is excluded, and exclusions of what is required."""
    excluded = {(one.path, one.version): one.line for one in setup.required.exclude}
    for one in setup.required.replace:
        if line := excluded.get((one.new_path, one.new_version)):
            yield Problem(
                "replaced-by-excluded",
                "warning",
                f"go.mod, line {one.line}: {one.path} is replaced by {one.new_path} "
                f"{one.new_version}, which line {line} excludes",
                "exclude concerns what is selected, not what stands in for it: the excluded "
                "version is built",
                f"go mod edit -dropreplace={one.path}, or replace it by another version",
                "go list -m all | grep '=>'",
                "replace-exclude",
                one.line,
                "go.mod",
            )
    for needed in setup.required.require:
        if (needed.path, needed.version) in excluded:
            yield Problem(
                "required-and-excluded",
                "error",
                f"go.mod, line {needed.line}: {needed.path} {needed.version} is required and "
                "excluded",
                "go leaves the requirement out, and asks for updates of go.mod",
                f"require another version, or go mod edit -dropexclude={needed.path}"
                f"@{needed.version}",
                "go mod edit -json",
                "replace-exclude",
                needed.line,
                "go.mod",
            )


def workspace(setup: Setup) -> Iterator[Problem]:
    """A go.work, which takes modules from directories, whatever go.mod says of them."""
    if setup.go_mod and (work := setup.go.get("GOWORK", "")) not in ("", "off"):
        yield Problem(
            "workspace",
            "note",
            f"{work} is in effect",
            "modules that it names come from directories, and others may be newer than in go.mod",
            "GOWORK=off shows what go.mod alone comes to",
            "go env GOWORK; go list -m all",
        )


def sums(setup: Setup) -> Iterator[Problem]:
    """Lines of go.sum that contradict each other, or are none (modfetch/fetch.go, readGoSum)."""
    known: dict[tuple[str, str], tuple[int, str]] = {}
    for number, line in enumerate(setup.go_sum.splitlines(), 1):
        words = line.split()
        if not words:
            continue
        if len(words) != 3:
            yield Problem(
                "gosum-malformed",
                "error",
                f"go.sum, line {number}: {len(words)} words, and not three",
                "go refuses the file: malformed go.sum",
                "remove the line, and go mod tidy",
                "go mod verify",
                "",
                number,
                "go.sum",
            )
            continue
        module, version, sum_ = words
        if not sum_.startswith("h1:"):
            continue
        before = known.setdefault((module, version), (number, sum_))
        if before[1] != sum_:
            yield Problem(
                "gosum-contradicts",
                "warning",
                f"go.sum, lines {before[0]} and {number}: two sums of {module} {version}",
                "go compares with the first and never sees the other: one of them is of other code",
                "remove both, and go mod tidy with the checksum database on",
                f"grep -n '^{module} {version} ' go.sum",
                "first-use-trust",
                number,
                "go.sum",
            )
