"""What several actions on Go modules have in common."""

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from faults.goproto import urls
from faults.model.action import Detail
from faults.traffic.exchange import Exchange

if TYPE_CHECKING:
    from faults.traffic.upstream import Answer

NOT_FOUND = "not found\n"


def versions(lines: Iterable[str]) -> list[str]:
    """Return the versions of an `@v/list`."""
    return [line.split()[0] for line in lines if line.split()]


async def fetch(exchange: Exchange, name: str) -> "Answer":
    """Fetch another file of the same module from the origin.

    Raises:
        LookupError: the origin does not have it.
    """
    from faults.traffic import upstream

    path = urls.sibling(exchange.flow.request.path, name)
    answer = await upstream.fetch(exchange.flow, path)
    if answer.status != 200:
        raise LookupError(f"the origin answered {answer.status} for {path}")
    return answer


def edit_mod(exchange: Exchange, edit: Callable[[str], str]) -> Detail:
    """Change the text of a .mod."""
    if not exchange.is_good("mod"):
        return None
    before = exchange.text()
    after = edit(before)
    if after == before:
        return None
    exchange.response.text = after
    return {"lines": [before.count("\n"), after.count("\n")]}
