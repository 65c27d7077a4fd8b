"""What of the origin an arm changes: what is published, what a proxy has seen, who is let in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import AwareDatetime, Field

from faults.nearest import nearest
from lab.origin.state import OriginState
from lab.spec.schema import OneWord, Part
from lab.world.model import Status, World

Release = Annotated[str, Field(pattern=r"^\S+@v\S+$", max_length=500)]
_Names = dict[OneWord, AwareDatetime]


class OriginChange(Part):
    """How the origin stands: what is said replaces what the scenario, or the break, says of it."""

    absent: list[Release] = []
    """`path@version` of what is not published, yet or any longer, at any host."""
    frozen: _Names = {}
    """Proxy -> the time after which it has seen nothing new."""
    credentials: dict[OneWord, Status] = {}
    """Credential -> what has become of it: valid, expired or revoked."""
    forked: list[OneWord] = []
    """Hosts that show the second checksum database."""
    twins: list[OneWord] = []
    """Hosts whose proxy has the twins of modules."""

    def overlaid(self, other: OriginChange) -> OriginChange:
        """Return this with what `other` says in place of it."""
        said = {name: getattr(other, name) for name in other.model_fields_set}
        return self.model_copy(update=said)

    @property
    def state(self) -> OriginState:
        """The state that the origin is put into."""
        return OriginState.from_json(self.model_dump(mode="json"))

    def settings(self) -> list[str]:
        """Say in words what is different."""
        said = []
        if "absent" in self.model_fields_set:
            said.append(f"not published: {', '.join(self.absent) or 'nothing'}")
        said += [
            f"{host} has seen nothing since {time:%Y-%m-%d}" for host, time in self.frozen.items()
        ]
        said += [f"the credential {name} is {status}" for name, status in self.credentials.items()]
        said += [f"{host} shows the second checksum database" for host in self.forked]
        said += [f"{host} has twins of modules" for host in self.twins]
        return said

    def senseless(
        self, world: World, hosts: set[str]
    ) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Yield (place, message) of what the world does not have."""
        for index, release in enumerate(self.absent):
            path, _, version = release.partition("@")
            module = world.modules.get(path)
            if module is None:
                yield (
                    ("absent", index),
                    f"the world has no module {path}{nearest(path, world.modules)}",
                )
            elif version not in module.versions:
                there = nearest(version, module.versions)
                yield ("absent", index), f"the world has no {version} of {path}{there}"
        for name in self.credentials.keys() - world.credentials.keys():
            yield ("credentials", name), f"no credential {name!r}{nearest(name, world.credentials)}"
        for key in ("frozen", "forked", "twins"):
            for index, host in enumerate(getattr(self, key)):
                if host not in hosts:
                    where = host if key == "frozen" else index
                    yield (key, where), f"the world has no host {host!r}{nearest(host, hosts)}"
