"""The mitmproxy addon: hands every query, handshake and exchange to the rules and to the ledger."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from mitmproxy import ctx, exceptions

from faults import control, limits, rules
from faults.armoury import Armoury
from faults.choose import Armed
from faults.connections import Connections
from faults.dead import dead
from faults.desk import Desk
from faults.hooks.connection import Handshakes
from faults.hooks.dns import Queries
from faults.hooks.http import Exchanges
from faults.ledger import Ledger
from faults.listeners import Listeners
from faults.rules import Rule
from faults.vocabulary.base import Stage
from faults.vocabulary.stream import Refuse
from faults.waits import Waits

logger = logging.getLogger(__name__)


class Faults:
    """Fault rules for mitmproxy.

    Args:
        rules: in the order in which they are tried.
        seed: fixes every `chance` and every drawn place.

    In a proxy of your own, add it after mitmproxy's addons and before your routing; with mitmdump,
    `-s "$(golab faults path)" --set golab_rules=rules.yaml`. All methods belong to the event loop.
    """

    name = "faults"

    def __init__(self, rules: Sequence[Rule] = (), seed: int = 0) -> None:
        self.ledger = Ledger()
        self.armoury = Armoury(self._changed)
        self._waits = Waits(self.armoury.acts)
        self._listeners = Listeners()
        self._control: asyncio.Server | None = None
        self._running = False
        self._connections = Connections()
        desk = Desk(self.armoury, self.ledger, self._waits)
        self.addons = [
            Queries(desk),
            Handshakes(desk, self._connections),
            Exchanges(desk, self._connections),
        ]
        self.arm(rules, seed)

    def arm(self, rules: Sequence[Rule], seed: int, *, on: bool = True) -> None:
        """Replace all rules at once; release what hangs; forget counters; count `t` from now."""
        self.armoury.arm(rules, seed, on=on)
        self.ledger.restart()

    def fired(self) -> dict[str, int]:
        """Return how often each rule acted since it was armed."""
        return {one.rule.name: one.hits for one in self.armoury}

    @contextlib.contextmanager
    def fault(self, name: str) -> Iterator[None]:
        """Switch a rule on for the body of a `with`; off afterwards, whatever happens in it."""
        self.armoury.switch(name, on=True)
        try:
            yield
        finally:
            self.armoury.switch(name, on=False)

    async def settled(self) -> None:
        """Wait until ports that rules refuse are closed, and all others open."""
        await self._listeners.settled()

    # mitmproxy's life cycle

    def load(self, loader: Any) -> None:
        """Declare the options (mitmproxy hook)."""
        limits.install()
        loader.add_option("golab_rules", str, "", "File of golab fault rules.")
        loader.add_option("golab_seed", str, "0", "Seed of golab's fault rules.")
        loader.add_option("golab_control", str, "", "Unix socket to control golab's rules by.")

    def configure(self, updated: set[str]) -> None:
        """Read the rule file when an option changes (mitmproxy hook)."""
        if not {"golab_rules", "golab_seed"} & updated:
            return
        try:
            seed = _seed(ctx.options.golab_seed)
            loaded = rules.load(ctx.options.golab_rules) if ctx.options.golab_rules else None
        except ValueError as error:
            if self._running or not ctx.master.addons.get("errorcheck"):
                raise exceptions.OptionsError(str(error)) from None
            # mitmproxy's programs end after an error at start; an exception would end them
            # with the traceback of a broken script.
            logger.error("%s", error)  # noqa: TRY400
            return
        if loaded is not None:
            for name, reason in dead(loaded):
                logger.warning("golab: rule %s can never act: %s", name, reason)
            self.arm(loaded, seed)

    async def running(self) -> None:
        """Close refused ports and open the control socket (mitmproxy hook)."""
        self._running = True
        self._refuse()
        if not (ctx.options.golab_rules or ctx.options.golab_control or any(self.armoury)):
            logger.warning("golab: no rules are loaded")
        if ctx.options.golab_control:
            try:
                self._control = await control.serve(self, Path(ctx.options.golab_control))
            except OSError as error:
                logger.error("golab: no control socket: %s", error)  # noqa: TRY400

    def done(self) -> None:
        """Let go of everything (mitmproxy hook)."""
        self._waits.release()
        if self._control is not None:
            self._control.close()
            Path(ctx.options.golab_control).unlink(missing_ok=True)

    # changes of the rules

    def _changed(self, changed: Sequence[Armed]) -> None:
        beginning = [one for one in changed if one.rule.stage in (Stage.CONNECT, Stage.HELLO)]
        held = self._waits.clients({one.rule.name for one in beginning})
        for one in changed:
            if not self.armoury.acting(one):
                self._waits.release(rule=one.rule.name)
        if any(isinstance(action, Refuse) for one in changed for _, action in one.actions):
            self._refuse()
        self._connections.retire(beginning, spare=held)

    def _refuse(self) -> None:
        refusing = [
            one
            for one in self.armoury
            if any(isinstance(action, Refuse) for _, action in one.actions)
        ]

        def refused(port: int) -> bool:
            return any(self._refuses(one, port) for one in refusing)

        def closed(port: int) -> None:
            record = self.ledger.open("tcp", client="", port=port)
            for one in refusing:
                if self._refuses(one, port):
                    one.hits += 1
                    record["fired"].append({"rule": one.rule.name, "do": "refuse", "port": port})

        with contextlib.suppress(RuntimeError):  # no loop yet: `running` asks again
            self._listeners.follow(refused, closed)

    def _refuses(self, one: Armed, port: int) -> bool:
        ports = one.rule.where.port
        return self.armoury.acting(one) and (ports is None or port in ports)


def _seed(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"golab_seed: {text!r} is not a whole number") from None
