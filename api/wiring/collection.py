"""The OLT side: one budget and one set of SNMPv3 sessions for live reads and polling, telemetry, traps."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from api.clock import Time
from api.services.network_events import NetworkEvents
from api.settings import Settings
from api.wiring.background import Spawn, every
from api.wiring.engine import local_engine
from api.wiring.telemetry import KEEPING, KeptTelemetry, telemetry
from collectors.cycle.columns import ColumnCycle
from collectors.load import Budgets
from collectors.olt_actions import DriverActions
from collectors.polling import PollingLoop, Telemetry
from collectors.register import Site, driver
from collectors.snmp.column_reader import ColumnReader
from collectors.traps.receiver import TrapReceiver
from collectors.traps.sources import Sources
from domain.load import LoadContract
from domain.olt import OltTarget
from domain.ports import OltActions, OltDriver
from storage.records import Records


@dataclass(frozen=True, slots=True)
class Collection:
    """Everything that reads OLTs.

    Attributes:
        site: What live reads and polling share.
        driver_of: The driver of a vendor.
        columns: The reader of whole columns.
        traps: What the OLTs announce by themselves; ``traps.port`` is where.
        events: Where that is kept and followed.
        actions: What can be done to an ONT through its OLT.
    """

    site: Site
    driver_of: Callable[[str], OltDriver]
    columns: ColumnReader
    polling: PollingLoop
    telemetry: KeptTelemetry
    traps: TrapReceiver
    events: NetworkEvents
    actions: OltActions

    @property
    def stats(self) -> dict[str, Any]:
        """The counters of each part, as ``/metrics`` names them."""
        return {
            "polling": self.polling.counters,
            "snmp_live": self.site.counters,
            "snmp_bulk": self.columns.counters,
            "snmp_usm": self.site.sessions.counters,
            "traps": self.traps.counters,
            "telemetry": self.telemetry.stats,
        }

    def start(self, spawn: Spawn) -> None:
        """Poll, and keep the telemetry store in order."""
        spawn(self.polling.run())
        spawn(every("telemetry", KEEPING, self.telemetry.clock, self.telemetry.keep))


@asynccontextmanager
async def collection(settings: Settings, clock: Time, records: Records) -> AsyncIterator[Collection]:
    """Open it all; what polls is started by `Collection.start`, and ends before this block does."""
    site = Site(settings.known_hosts, Budgets(clock))
    async with AsyncExitStack() as stack:
        stack.push_async_callback(site.engines.close)
        driver_of = _Drivers(site, clock, await stack.enter_async_context(AsyncExitStack()))
        kept = await stack.enter_async_context(telemetry(settings, clock))
        columns = ColumnReader(sessions=site.sessions)
        stack.push_async_callback(columns.close)
        events = NetworkEvents(records.olts)
        sources = Sources()
        traps = await stack.enter_async_context(
            TrapReceiver(
                sources,
                events,
                clock,
                settings.trap_host,
                settings.trap_port,
                engine=local_engine(settings.engine_file),
            )
        )
        cycles = ColumnCycle(columns, clock, site.budgets)
        period = timedelta(seconds=settings.poll_period_s)
        polling = PollingLoop(driver_of, records.network.olts, records.walks, clock, clock, period)
        polling.legacy = site.legacy
        polling.resting = lambda olt: site.budgets.of(olt.host, olt.port).resting()
        polling.telemetry = Telemetry(kept.store, cycles, timedelta(seconds=settings.walk_every_s))

        async def obey(targets: Sequence[OltTarget]) -> None:
            """What the inventory says: how much each OLT may be asked, and whose traps are taken."""
            _agree(site.budgets, targets)
            await sources.use(targets)

        polling.on_inventory = obey
        polling.holders = (site, driver_of, cycles, traps)
        yield Collection(site, driver_of, columns, polling, kept, traps, events, DriverActions(driver_of, clock))


def _agree(budgets: Budgets, targets: Sequence[OltTarget]) -> None:
    """Put the contracts of the inventory in force; of two names of one agent, the one that has a contract tells."""
    agents: dict[tuple[str, int], LoadContract | None] = {}
    for target in targets:
        where = (target.host, target.port)
        agents[where] = target.contract or agents.get(where)
    for (host, port), contract in agents.items():
        budgets.follow(host, port, contract)


class _Drivers:
    """One driver a vendor, made when first asked for. ``stack`` closes them: after what reads through them."""

    def __init__(self, site: Site, clock: Time, stack: AsyncExitStack) -> None:
        self._site, self._clock, self._stack = site, clock, stack
        self._made: dict[str, OltDriver] = {}

    def __call__(self, vendor: str) -> OltDriver:
        """The driver of a vendor."""
        if vendor not in self._made:
            self._made[vendor] = driver(vendor, self._clock, self._site)
            self._stack.push_async_callback(self._made[vendor].close)
        return self._made[vendor]

    def forget(self, olt: OltTarget) -> None:
        """See `collectors.polling.Holder`."""
        if olt.vendor in self._made:
            self._made[olt.vendor].forget(olt)
