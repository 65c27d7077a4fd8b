"""A canary for module fetching: does the proxy list what go.mod asks for, and is @latest in it?

Exit status: 0 nothing is wrong; 1 something is, and standard output says what.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys


def go(*words: str) -> str:
    """Return what a go command prints; an alarm if it fails."""
    done = subprocess.run(["go", *words], capture_output=True, text=True, timeout=8, check=False)
    if done.returncode:
        alarm(f"go {words[0]} fails: {(done.stderr.strip().splitlines() or ['?'])[-1]}")
    return done.stdout


def alarm(said: str) -> None:
    """Say what is wrong, and end."""
    print(said)
    sys.exit(1)


def main() -> None:
    """Look, and say what there is."""
    if go("env", "GOPROXY").strip() == "off":
        print("nothing is fetched")
        return
    module, required = os.environ["GOLAB_MODULE"], os.environ.get("GOLAB_REQUIRED", "")
    listed = go("list", "-mod=mod", "-m", "-versions", "-json", module)
    versions = json.loads(listed).get("Versions") or []
    if re.search(r"[-.]\d{14}-[0-9a-f]{12}$", required):  # of a commit, which no list has
        versions = versions or [required]
    elif required and versions and required not in versions:
        alarm(f"go.mod asks for {module} {required}, and the list does not have it")
    if not versions:
        alarm(f"{module} has no versions")
    print(f"{len(versions)} versions of {module}")


if __name__ == "__main__":
    main()
