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
from faults.engine.connections import Connections
from faults.engine.dispatch import Dispatcher
from faults.engine.matching import ArmedRule
from faults.engine.ruleset import Ruleset
from faults.hooks.dns import Queries
from faults.hooks.http import Exchanges
from faults.hooks.tls import Handshakes
from faults.lint import lint
from faults.model.base import Stage
from faults.model.where import TESTS
from faults.rules import Rule
from faults.traffic.facts import names_of
from faults.traffic.ledger import Ledger
from faults.traffic.listeners import Listeners, Places
from faults.traffic.waits import Waits

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
        self.ruleset = Ruleset(self._changed)
        self._waits = Waits(self.ruleset.acts)
        self._listeners = Listeners()
        self._control: asyncio.Server | None = None
        self._running = False
        self._connections = Connections()
        dispatcher = Dispatcher(self.ruleset, self.ledger, self._waits)
        self.addons = [
            Queries(dispatcher),
            Handshakes(dispatcher, self._connections),
            Exchanges(dispatcher, self._connections),
        ]
        self.arm(rules, seed)

    def arm(self, rules: Sequence[Rule], seed: int, *, on: bool = True) -> None:
        """Replace all rules at once; release what hangs; forget counters; count `t` from now."""
        self.ruleset.arm(rules, seed, on=on)
        self.ledger.restart()

    def fired(self) -> dict[str, int]:
        """Return how often each rule acted since it was armed."""
        return {one.name: one.hits for one in self.ruleset}

    @contextlib.contextmanager
    def fault(self, name: str) -> Iterator[None]:
        """Switch a rule on for the body of a `with`; off afterwards, whatever happens in it."""
        self.ruleset.switch(name, on=True)
        try:
            yield
        finally:
            self.ruleset.switch(name, on=False)

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
            for name, reason in lint(loaded):
                logger.warning("golab: rule %s can never act: %s", name, reason)
            self.arm(loaded, seed)
            if self._running:
                self._say_how_many()

    async def running(self) -> None:
        """Close refused ports and open the control socket (mitmproxy hook)."""
        self._running = True
        self._refuse()
        self._say_how_many()
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

    def _say_how_many(self) -> None:
        count = len(list(self.ruleset))
        expected = count or ctx.options.golab_rules or ctx.options.golab_control
        logger.log(logging.INFO if expected else logging.WARNING, "golab: %s", _loaded(count))

    # changes of the rules

    def _changed(self, changed: Sequence[ArmedRule]) -> None:
        beginning = [one for one in changed if one.rule.stage in (Stage.CONNECT, Stage.HELLO)]
        held = self._waits.clients({one.name for one in beginning})
        for one in changed:
            if not self.ruleset.acting(one):
                self._waits.release(rule=one.name)
        if any(_closes_port(one) for one in changed):
            self._refuse()
        self._connections.retire(beginning, spare=held)

    def _refuse(self) -> None:
        refusing = [one for one in self.ruleset if _closes_port(one)]

        def refused(address: str, port: int) -> bool:
            return any(self._refuses(one, address, port) for one in refusing)

        def closed(places: Places) -> None:
            for port in sorted({port for _, port in places}):
                record = self.ledger.open("tcp", client="", port=port)
                for one in refusing:
                    if any(self._refuses(one, *place) for place in places if place[1] == port):
                        one.hits += 1
                        record["fired"].append({"rule": one.name, "do": "refuse", "port": port})
                        logger.info("golab: rule %s: refuse on port %d", one.name, port)

        with contextlib.suppress(RuntimeError):  # no loop yet: `running` asks again
            self._listeners.follow(refused, closed)

    def _refuses(self, one: ArmedRule, address: str, port: int) -> bool:
        where = one.rule.where
        return (
            self.ruleset.acting(one)
            and (where.port is None or port in where.port)
            and (where.address is None or TESTS["address"](where.address)(names_of(address)))
        )


def _closes_port(one: ArmedRule) -> bool:
    return any(action.closes_port for _, action in one.actions)


def _loaded(count: int) -> str:
    return f"{count or 'no'} {'rule is' if count == 1 else 'rules are'} loaded"


def _seed(text: str) -> int:
    try:
        return int(text)
    except ValueError:
        raise ValueError(f"golab_seed: {text!r} is not a whole number") from None
