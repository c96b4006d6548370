"""Every box of the plant as a CWMP client, on one event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import structlog

from domain.identifiers import OntName
from simulators.agenda import Agenda
from simulators.cwmp_box import attributes, tr098, tr181
from simulators.cwmp_box.authorization import Login
from simulators.cwmp_box.cpe import (
    BOOT,
    BOOTSTRAP,
    CONNECTION_REQUEST,
    VALUE_CHANGE,
    Cpe,
    request_path,
)
from simulators.cwmp_box.http import Address
from simulators.cwmp_box.listener import RequestListener
from simulators.cwmp_box.manners import CLOSED_PORT, BoxDiedError, ManneredConnection, Manners, Shares, manners_of
from simulators.cwmp_box.model import Facts, Settings
from simulators.cwmp_box.nat import NatReach
from simulators.cwmp_box.orders import Obeying
from simulators.cwmp_box.rpc import Asked, Rpc
from simulators.cwmp_box.session import NAMESPACES, InformHead, Session, SessionFailedError
from simulators.cwmp_box.soap import Value
from simulators.cwmp_box.tables import BoxTree
from simulators.plant.ports import BoxPlant
from simulators.plant.state import BoxState, DataModel, EventKind, PlantEvent

_log = structlog.get_logger(__name__)

_CONCURRENCY = 32  # C: sessions at once; the others wait for their turn
_USER_AGENT = "gSOAP/2.7"  # seen from a Sagemcom box


@dataclass(slots=True)
class FleetStats:
    """Counters since the start.

    Attributes:
        informs: Informs that the ACS took.
        sessions: Sessions that came to their end.
        failures: Those that did not; ``deaths`` of them by the box's own fault.
        connection_requests: Calls that were heard.
    """

    informs: int = 0
    sessions: int = 0
    failures: int = 0
    deaths: int = 0
    connection_requests: int = 0


class _Door:
    """One box as the listener sees it."""

    def __init__(self, fleet: BoxFleet, cpe: Cpe) -> None:
        self._fleet = fleet
        self._cpe = cpe

    @property
    def answers(self) -> bool:
        return self._fleet.box(self._cpe.ont).management_up

    @property
    def credentials(self) -> tuple[str, str]:
        settings = self._cpe.settings
        return settings.connection_request_username, settings.connection_request_password

    def requested(self) -> None:
        self._fleet.request_session(self._cpe)


class BoxFleet:
    """The boxes of a plant: ``async with BoxFleet(plant, "127.0.0.1", acs_url) as fleet``.

    Boxes that are up at start have been running for long: each informs at its next periodic instant. Those of
    ``inform_at_start`` make their first contact at once.

    Args:
        plant: The plant's state, clock and events.
        host: Address on which the boxes answer connection requests.
        acs_url: ``http://host:port/path`` of the ACS.
        port: Port for connection requests; 0 takes a free one.
        advertised_host: Host that the boxes report for connection requests, where it is not ``host``.
        inform_at_start: ONTs whose box bootstraps at once.
        concurrency: Sessions at once.
        shares: Which share of the boxes misbehaves how; none of them without it.
        acs_login: Name and password that boxes as delivered tell an ACS that asks; without, they have none.
    """

    def __init__(  # noqa: PLR0913 - the ways of running, by name
        self,
        plant: BoxPlant,
        host: str,
        acs_url: str,
        *,
        port: int = 0,
        advertised_host: str | None = None,
        inform_at_start: Iterable[OntName] = (),
        concurrency: int = _CONCURRENCY,
        shares: Shares | None = None,
        acs_login: tuple[str, str] = ("", ""),
    ) -> None:
        self._acs_login = acs_login
        self._plant = plant
        self._host = host
        self._advertised_host = advertised_host or host
        self._acs_url = acs_url
        self._address = Address.parse(acs_url)
        self._port = port
        self._at_start = tuple(inform_at_start)
        self._gate = asyncio.Semaphore(concurrency)
        self._trees = {DataModel.TR098: tr098.build(), DataModel.TR181: tr181.build()}
        self._manners: dict[OntName, Manners] = {}
        self._shares = shares or Shares()
        self._cpes: dict[OntName, Cpe] = {}
        self._paths: dict[str, _Door] = {}
        self._agenda: Agenda[OntName] = Agenda(plant.clock)
        self._listener = RequestListener(self._paths.get)
        self._watch = attributes.Watch(plant.clock, self._look)
        self._runners: list[asyncio.Task[None]] = []
        self._unsubscribe: Callable[[], None] | None = None
        self._obeying = Obeying(plant.orders, plant.clock, self._facts, self._box_tree, self._plan)
        self._nat = NatReach(host, self.request_session, self._plan)
        self._messages = 0
        self._warned = False
        self.stats = FleetStats()

    @property
    def connection_request_port(self) -> int:
        """The TCP port that serves the connection requests of every box."""
        return self._port

    def box(self, ont: OntName) -> BoxState:
        """The box behind an ONT."""
        return self._plant.state.boxes[ont]

    def connection_request_url(self, ont: OntName) -> str:
        """Where that box answers connection requests."""
        port = CLOSED_PORT if self.manners(ont).nat else self._port
        return f"http://{self._advertised_host}:{port}{self._cpe(ont).path}"

    def manners(self, ont: OntName) -> Manners:
        """How that box behaves on the wire."""
        found = self._manners.get(ont)
        if found is None:
            found = self._manners[ont] = manners_of(self.box(ont).device, self._shares)
        return found

    async def bootstrap(self, ont: OntName) -> None:
        """Make a box forget its settings and make its first contact, at once or as soon as it reaches the network."""
        self._box_known(ont)
        cpe = self._cpe(ont)
        cpe.factory_reset()
        self._plan(cpe)

    async def wait_informed(self, ont: OntName) -> None:
        """Return once the box has ended a session with nothing left to report."""
        self._box_known(ont)
        await self._cpe(ont).informed.wait()

    async def __aenter__(self) -> Self:
        """Open the port and start the boxes."""
        self._port = await self._listener.open(self._host, self._port)
        now = self._plant.clock.now()
        for ont, box in self._plant.state.boxes.items():
            cpe = self._cpe(ont)
            cpe.plan_periodic(box, now)
            if ont in self._at_start:
                cpe.factory_reset()
            self._plan(cpe)
        self._unsubscribe = self._plant.subscribe(self._on_event)
        self._runners = [asyncio.create_task(self._run()), asyncio.create_task(self._watch.run())]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End every session and close the port."""
        if self._unsubscribe is not None:
            self._unsubscribe()
        tasks = [cpe.task for cpe in self._cpes.values() if cpe.task is not None]
        tasks += self._runners
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._obeying.close()
        await self._nat.close()
        await self._listener.close()

    def request_session(self, cpe: Cpe) -> None:
        """An ACS asked for a session: it begins at once, or after the one that runs."""
        self.stats.connection_requests += 1
        cpe.report(CONNECTION_REQUEST)
        self._plan(cpe)

    def _box_known(self, ont: OntName) -> None:
        if ont not in self._plant.state.boxes:
            raise KeyError(str(ont))

    def _cpe(self, ont: OntName) -> Cpe:
        cpe = self._cpes.get(ont)
        if cpe is None:
            cpe = Cpe(ont, request_path(self.box(ont)), self._acs_login)
            self._cpes[ont] = cpe
            self._paths[cpe.path] = _Door(self, cpe)
        return cpe

    # When to speak

    def _on_event(self, event: PlantEvent) -> None:
        if event.ont is None or event.ont not in self._plant.state.boxes:
            return
        new = event.ont not in self._cpes
        cpe = self._cpe(event.ont)
        if event.kind is EventKind.BOX_BOOTED:
            _cut(cpe)
            cpe.reboot()
            if new:
                cpe.report(BOOTSTRAP, BOOT)
        elif event.kind is EventKind.BOX_SILENT:
            _cut(cpe)
        elif event.kind is EventKind.BOX_REACHABLE:
            cpe.retry_at = None
        elif event.kind is EventKind.PPP_UP and not cpe.awaits(BOOT):
            cpe.report(VALUE_CHANGE)  # its address was gone and is back: actively notified (TR-098 1.8)
        else:
            return
        cpe.plan_periodic(self.box(event.ont), self._plant.clock.now())
        self._plan(cpe)

    def _plan(self, cpe: Cpe) -> None:
        instant = cpe.next_speech(self._plant.clock.now()) if self.box(cpe.ont).management_up else None
        if instant is None:
            self._agenda.drop(cpe.ont)
        else:
            self._agenda.plan(cpe.ont, instant)

    async def _run(self) -> None:
        while True:
            for ont in await self._agenda.due():
                cpe = self._cpes[ont]
                if not cpe.in_session:  # else its end plans what comes next
                    cpe.task = asyncio.create_task(self._speak(cpe))
                    cpe.task.add_done_callback(lambda _, cpe=cpe: self._plan(cpe))  # type: ignore[misc]  # mypy infers no lambda with a default

    # One session

    async def _speak(self, cpe: Cpe) -> None:
        async with self._gate:
            box, now = self.box(cpe.ont), self._plant.clock.now()
            if not box.management_up:
                return
            cpe.fall_due(box, now)
            if not cpe.pending:
                return
            try:
                await self._converse(cpe, box)
            except SessionFailedError as error:
                self._failed(cpe, error)

    async def _converse(self, cpe: Cpe, box: BoxState) -> None:
        changed = self._changed(cpe, attributes.PASSIVE, attributes.ACTIVE)
        if changed:
            cpe.pending.add((VALUE_CHANGE, ""))  # passive changes go with whatever is told next (TR-069 3.7.1.5)
        events, transfers = cpe.events, tuple(cpe.transfers)
        head = InformHead(box, events, self._plant.clock.now(), cpe.retry_count, changed, transfers)

        def accepted() -> None:
            self.stats.informs += 1
            cpe.accepted(events)
            cpe.told |= {item.name: item.value for item in changed}

        self._messages += 1
        rpc = Rpc(
            self._trees[box.data_model], lambda: self._facts(cpe), lambda settings: self._keep(cpe, box, settings)
        )
        login = Login(cpe.settings.acs_username, cpe.settings.acs_password)
        connection = ManneredConnection(self._address, _USER_AGENT, self.manners(cpe.ont), login)
        session = Session(connection, rpc, NAMESPACES[box.data_model], f"{box.manufacturer}_ID_{self._messages}")
        try:
            await session.run(head, accepted)
        except SessionFailedError:
            self._obey(cpe, rpc.asked)  # it has answered: that the session broke afterwards changes nothing
            raise
        self._obey(cpe, rpc.asked)
        del cpe.transfers[: len(transfers)]
        self.stats.sessions += 1
        if not cpe.pending:
            cpe.informed.set()

    def _keep(self, cpe: Cpe, box: BoxState, settings: Settings) -> None:
        """What an ACS wrote: a change that it made itself is no news to it (TR-069 A.3.2.4)."""
        if self._obeying.refuses(cpe) and settings.parameter_key:
            return
        before, tree = self._facts(cpe), self._box_tree(cpe)
        cpe.settings = settings
        written = [name for name, value in settings.extra.items() if before.settings.extra.get(name) != value]
        news = attributes.changed(cpe.told, tree, before, (attributes.PASSIVE, attributes.ACTIVE))
        again = [name for name in written if name not in {item.name for item in news}]
        cpe.told = attributes.noted(cpe.told, self._box_tree(cpe), self._facts(cpe), again)
        self._watch.follow(cpe.ont, settings)
        self._obeying.written(cpe, settings.parameter_key)
        if self.manners(cpe.ont).nat:
            self._nat.follow(cpe, box.data_model.value)
        cpe.plan_periodic(box, self._plant.clock.now())

    def _changed(self, cpe: Cpe, *levels: int) -> list[Value]:
        return attributes.changed(cpe.told, self._box_tree(cpe), self._facts(cpe), levels)

    def _look(self, ont: OntName) -> bool:
        """See whether something changed that an ACS wants to be told of at once; whether to look again."""
        cpe = self._cpe(ont)
        if self._changed(cpe, attributes.ACTIVE) and not cpe.awaits(VALUE_CHANGE) and not cpe.in_session:
            cpe.report(VALUE_CHANGE)
            self._plan(cpe)
        return attributes.ACTIVE in cpe.settings.notifications.values()

    def _box_tree(self, cpe: Cpe) -> BoxTree:
        return BoxTree(self._trees[self.box(cpe.ont).data_model], cpe.settings)

    def _obey(self, cpe: Cpe, asked: list[Asked]) -> None:
        """Carry out what the session asked, once its task is over: a restart ends whatever the box is at."""
        if asked or cpe.settings.wants:
            asyncio.get_running_loop().call_soon(self._obeying.after_session, cpe, asked)

    def _facts(self, cpe: Cpe) -> Facts:
        return Facts(
            self.box(cpe.ont),
            self._plant.state.onts.get(cpe.ont),
            cpe.settings,
            self._plant.clock.now(),
            self._acs_url,
            self.connection_request_url(cpe.ont),
            cpe.udp_address,
        )

    def _failed(self, cpe: Cpe, error: SessionFailedError) -> None:
        self.stats.failures += 1
        self.stats.deaths += isinstance(error.__cause__, BoxDiedError)
        if cpe.pending:
            cpe.failed(self.box(cpe.ont), self._plant.clock.now())
        if not self._warned:
            self._warned = True  # once: a park without ACS would fill the log
            _log.warning("cwmp_session_failed", device=str(self.box(cpe.ont).device), error=str(error))


def _cut(cpe: Cpe) -> None:
    if cpe.task is not None:
        cpe.task.cancel()
