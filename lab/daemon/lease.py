"""A lease on what somebody runs in a lab by hand: when it ends, so does what runs.

An engine lets an `exec` live on when its client has gone, and so does the kernel with what entered
a namespace. The holder stays, so it watches the line to whoever asked for the lease. The script
at the lab's entrance takes the lease up by renaming its note, which says who leads the session;
what has left the session is known by LAB_LEASE in its environment. An interrupt is for the session.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable

from lab.client import SYSTEM_PATH
from lab.sandbox.interface import Command, Lab

_LIMIT = 10.0
_SIGNAL = r"""
rm "$1" 2>/dev/null && echo "$1" && exit  # nothing has begun, and now nothing will
leader=$(echo "$1".*) signal=$2 mark=LAB_LEASE=$1
leader=${leader##*.} found=1
while [ "$found" ]; do
    found=
    for process in /proc/[0-9]*; do
        { read -r stat <"$process/stat"; } 2>/dev/null || continue
        set -- ${stat##*) }  # state, parent, group, session
        [ "$1" != Z ] || continue
        [ "$4" = "$leader" ] ||
            { [ "$signal" = KILL ] && grep -qszxF "$mark" "$process/environ"; } || continue
        kill -s "$signal" "${process#/proc/}" 2>/dev/null && [ "$signal" = KILL ] && found=1
    done
done
"""


class Lease:
    """A lease of a lab.

    Attributes:
        note: what the script at the entrance is told.
        void: whether a signal came before anything had begun, so that nothing does.
    """

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        self.void = False
        self.note = f"/lab/lease-{secrets.token_hex(4)}"
        lab.write({self.note: ""})

    def watch(self, lines: Iterable[bytes]) -> bool:
        """Pass signals on until whoever has the lease gives it back, or has gone: then kill all.

        Args:
            lines: `{"signal": "INT"}` or `{"done": true}`, in JSON.

        Returns:
            whether it was given back.
        """
        done = False
        try:
            for line in lines:
                said = json.loads(line)
                done = "done" in said
                if done:
                    break
                self._signal(said["signal"])
        finally:
            if not done:
                self._signal("KILL")
            self._sh('rm -f "$1" "$1".*')
        return done

    def _signal(self, name: str) -> None:
        self.void |= bool(self._sh(_SIGNAL, name))

    def _sh(self, script: str, *words: str) -> str:
        argv = ("sh", "-c", script, "sh", self.note, *words)
        return self._lab.run(Command(argv, {"PATH": SYSTEM_PATH}, "/", _LIMIT)).stdout
