"""Writes the session's secrets to a file."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field

from faults.model.action import Action, Detail, Example
from faults.traffic.decision import Decision

if TYPE_CHECKING:
    from faults.traffic.handshake import Handshake


class KeyLog(Action):
    """Write the session's secrets to a file for Wireshark (SSLKEYLOGFILE format)."""

    short = "file"
    order = 60

    file: str = Field(min_length=1, description="Appended to; made if need be.")

    async def on_handshake(self, decision: Decision, handshake: "Handshake") -> Detail:
        """Append each secret to the file."""
        handshake.context.set_keylog_callback(_writing(Path(self.file)))
        return {"file": self.file}

    examples = (
        Example(
            "{where: {sni: proxy.golang.org}, do: {key-log: /tmp/golab-keys.log}}",
            "Nothing unusual.",
            "Not a fault but a witness: captures of these sessions can be decrypted.",
        ),
    )


def _writing(file: Path) -> Any:
    def write(_: Any, line: bytes) -> None:
        with file.open("ab") as stream:
            stream.write(line + b"\n")

    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch()
    return write
