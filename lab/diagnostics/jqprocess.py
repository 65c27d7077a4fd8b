"""A process that applies one jq expression to JSON values; see `lab.diagnostics.alarm`."""

from __future__ import annotations

import json
import resource
import sys

_SECONDS, _BYTES = 10, 1 << 30


def main() -> None:
    """Read what to do on standard input, and answer on standard output."""
    import jq

    resource.setrlimit(resource.RLIMIT_CPU, (_SECONDS, _SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (_BYTES, _BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    asked = json.load(sys.stdin)
    try:
        results = iter(jq.compile(asked["expression"]).input_values(asked["values"]))
        truth = any(result is not None and result is not False for result in results)  # 0 is true
        answer: dict[str, object] = {"truth": truth}
    except ValueError as error:
        answer = {"error": " ".join(str(error).split())[:200]}
    json.dump(answer, sys.stdout)


if __name__ == "__main__":
    main()
