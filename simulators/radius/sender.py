"""The BRAS and the AAA server of the plant's PPP sessions."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from datetime import timedelta
from types import TracebackType
from typing import Any, Self

from domain.identifiers import OntName
from domain.secret import Secret
from domain.states import PppStatus
from simulators.agenda import Agenda, next_instant, spread_phase
from simulators.plant.ports import PlantView
from simulators.plant.state import BoxState, EventKind, PlantEvent
from simulators.radius.authlog import auth_line, unanswered_line
from simulators.radius.client import AccountingClient
from simulators.radius.packets import Nas, PppSession, Status, Update, accounting_request, load_dictionary

INTERIM = timedelta(seconds=600)  # RFC 2869 2.1: not below 60 s, 600 s and more is advised; plant time
_NAS = Nas("lns1", "192.0.2.1")  # a documentation address (RFC 5737)
_AAA = "192.0.2.18"


@dataclass(frozen=True, slots=True)
class RadiusStats:
    """Counters since the start; ``sent`` counts each datagram, retransmissions included."""

    sent: int
    retransmitted: int
    acknowledged: int
    lost: int
    malformed: int
    auth_lines: int


class RadiusSender:
    """``async with RadiusSender(plant, acct=(host, port), secret="…", syslog=(host, port)) as sender``.

    Sessions that are open at start are told by interim updates spread over the interval; those of ``announce`` at
    once.

    Args:
        plant: The plant's state, clock and events.
        acct: The accounting server (UDP).
        secret: The RADIUS secret shared with it.
        syslog: Where the authentication log goes (UDP).
        announce: ONTs whose open session is told at once.
    """

    def __init__(
        self,
        plant: PlantView,
        acct: tuple[str, int],
        secret: str | Secret,
        syslog: tuple[str, int],
        announce: Iterable[OntName] = (),
    ) -> None:
        self._plant = plant
        self._acct = acct
        self._secret = (secret.reveal() if isinstance(secret, Secret) else secret).encode()
        self._syslog = syslog
        self._at_start = tuple(announce)
        self._dictionary = load_dictionary()
        self._client = AccountingClient()
        self._log: asyncio.DatagramTransport | None = None
        self._lines = 0
        self._sessions: dict[OntName, PppSession] = {}
        self._agenda: Agenda[OntName] = Agenda(plant.clock)
        self._tasks: set[asyncio.Task[object]] = set()
        self._unsubscribe: Callable[[], None] | None = None

    @property
    def stats(self) -> RadiusStats:
        """What was sent and what became of it."""
        client = self._client
        return RadiusStats(
            client.sent, client.retransmitted, client.acknowledged, client.lost, client.malformed, self._lines
        )

    async def announce(self, ont: OntName) -> bool:
        """Tell the session of an ONT's box now; whether there is one and the server acknowledged it."""
        session = self._sessions.get(ont)
        return session is not None and self._heard and await self._account(session, Status.INTERIM)

    async def __aenter__(self) -> Self:
        """Open the sockets and take over the open sessions."""
        await self._client.open(self._acct)
        loop = asyncio.get_running_loop()
        self._log, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=self._syslog)
        for ont, box in self._plant.state.boxes.items():
            session = _open_session(box)
            if session is not None:
                self._sessions[ont] = session
                self._plan(session)
        self._unsubscribe = self._plant.subscribe(self._on_event)
        self._spawn(self._run())
        for ont in self._at_start:
            self._spawn(self.announce(ont))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop sending."""
        if self._unsubscribe is not None:
            self._unsubscribe()
        tasks = [*self._tasks]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._client.close()
        if self._log is not None:
            self._log.close()

    def _spawn(self, work: Coroutine[Any, Any, object]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _on_event(self, event: PlantEvent) -> None:
        if event.ont is None or event.box is None:
            return
        if event.kind is EventKind.PPP_UP:
            self._up(event.ont, event.box, event)
        elif event.kind is EventKind.PPP_DOWN:
            self._down(event.ont, event.box, event)
        elif event.kind is EventKind.AUTH_ACCEPTED:
            self._authenticated(event.box, event, None)
        elif event.kind is EventKind.AUTH_REJECTED:
            self._authenticated(event.box, event, event.detail)
        elif event.kind is EventKind.AUTH_UNANSWERED:
            self._log_line(unanswered_line(self._lines, event.at, event.box.ppp_username, _AAA))

    # Accounting

    def _up(self, ont: OntName, box: BoxState, event: PlantEvent) -> None:
        session_id = event.session_id or box.session_id
        if session_id is None:
            return
        up, down = self._octets(ont)
        session = PppSession(
            session_id, ont, box.ppp_username, box.wan_ip, str(box.mac), event.at, octets_up=up, octets_down=down
        )
        self._sessions[ont] = session
        self._plan(session)
        self._tell(session, Status.START, event)

    def _down(self, ont: OntName, box: BoxState, event: PlantEvent) -> None:
        session = self._sessions.pop(ont, None)
        self._agenda.drop(ont)
        if session is None and event.session_id is not None:  # its beginning was not seen
            session = PppSession(event.session_id, ont, box.ppp_username, box.wan_ip, str(box.mac), event.at)
        if session is not None:
            self._tell(session, Status.STOP, event)

    @property
    def _heard(self) -> bool:
        """Whether the RADIUS server is there: what happens without it is never told."""
        return self._plant.state.platform.radius_up

    def _tell(self, session: PppSession, status: Status, event: PlantEvent | None = None) -> None:
        if self._heard:
            self._spawn(self._account(session, status, event))

    def _account(
        self, session: PppSession, status: Status, event: PlantEvent | None = None
    ) -> Coroutine[Any, Any, bool]:
        up, down = self._octets(session.ont)
        at = self._plant.clock.now() if event is None else event.at
        update = Update(status, at, up, down, "" if event is None else event.detail)
        return self._client.send(
            lambda identifier: accounting_request(session, update, _NAS, self._secret, self._dictionary, identifier)
        )

    def _octets(self, ont: OntName) -> tuple[int, int]:
        state = self._plant.state.onts.get(ont)
        return (0, 0) if state is None else (state.bytes_up, state.bytes_down)

    def _plan(self, session: PppSession) -> None:
        phase = spread_phase(session.session_id, INTERIM)
        self._agenda.plan(session.ont, next_instant(self._plant.clock.now(), INTERIM, phase))

    async def _run(self) -> None:
        """Interim updates. Those missed by a jump of the clock are one; the client bounds how many fly at once."""
        while True:
            for ont in await self._agenda.due():
                session = self._sessions.get(ont)
                if session is not None:
                    self._plan(session)
                    self._tell(session, Status.INTERIM)

    # Authentication log

    def _authenticated(self, box: BoxState, event: PlantEvent, reason: str | None) -> None:
        if self._heard:
            self._log_line(auth_line(self._lines, event.at, box.ppp_username, reason, _NAS.identifier))

    def _log_line(self, line: str) -> None:
        if self._log is not None and not self._log.is_closing():
            self._lines += 1
            self._log.sendto(line.encode())


def _open_session(box: BoxState) -> PppSession | None:
    if box.ppp_status is not PppStatus.CONNECTED or box.session_id is None or box.ppp_since is None:
        return None
    return PppSession(box.session_id, box.ont, box.ppp_username, box.wan_ip, str(box.mac), box.ppp_since)
