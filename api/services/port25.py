"""Port 25 at the BRAS: what it applied becomes the policy of the access, and settles the order of a signalisation."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

import structlog

from api.i18n import translate
from api.services.teleactions import Request, TeleactionService
from api.signalisation.service import TicketService
from collectors.sessions.disconnect import NasSessions
from domain.access import Access
from domain.clock import Clock
from domain.errors import DiagnosticsError, NotFoundError
from domain.port25 import Port25Order
from domain.principal import Principal, Right
from domain.session_actions import OpenSession, SessionOutcome, SessionResult
from domain.states import Policy
from domain.teleaction import ActionNumber, ActionState, RefusedError, TeleactionRecord
from domain.ticket import Action
from storage.records import Records

_log = structlog.get_logger(__name__)

ACCOUNT = "téléaction"


@dataclass(frozen=True, slots=True)
class Filters:
    """Names, at the BRAS, of the filter that lets port 25 through and of the one that does not."""

    opened: str
    closed: str


class PolicyAtNas:
    """Acts on sessions through their NAS; a `domain.ports.SessionActions`."""

    def __init__(self, nas: NasSessions, filters: Filters | None, records: Records, clock: Clock) -> None:
        self._nas = nas
        self._filters = filters
        self._records = records
        self._clock = clock

    @property
    def filters(self) -> bool:
        """Whether the filters of port 25 are known here."""
        return self._filters is not None

    async def disconnect(self, session: OpenSession, timeout_s: float) -> SessionResult:
        """Close that session."""
        return await self._nas.disconnect(session, timeout_s)

    async def set_port25(self, access: Access, session: OpenSession, policy: Policy, timeout_s: float) -> SessionResult:
        """Filter port 25 of that session, or not; once the NAS has said yes, that is the policy of the access."""
        if self._filters is None:
            return SessionResult(SessionOutcome.NOT_SENT, self._clock.now())
        name = self._filters.opened if policy is Policy.OPEN else self._filters.closed
        result = await self._nas.filtered(session, name, timeout_s)
        if result.outcome is SessionOutcome.DONE:
            owner = Principal(access.operator_id, ACCOUNT, frozenset())
            await self._records.accesses.set_port25(owner, access.id1, policy, self._clock.now())
        return result


class Port25Desk:
    """Has each order of a signalisation carried out by a téléaction; what that cannot do waits for the platform's team.

    Args:
        enabled: Whether a BRAS applies filters; without, every order waits for the team.
    """

    def __init__(
        self, records: Records, tickets: TicketService, teleactions: TeleactionService, *, enabled: bool
    ) -> None:
        self._records = records
        self._tickets = tickets
        self._teleactions = teleactions
        self._enabled = enabled
        self._woken = asyncio.Event()

    def wake(self) -> None:
        """A téléaction has ended: look whether an order waited for it."""
        self._woken.set()

    async def carry(self, who: Principal, order: Port25Order) -> None:
        """Ask the téléaction of an order that was just deposited; the deposit stands, whatever becomes of it."""
        if not self._enabled:
            return
        reason = f"signalisation {order.number}"
        request = Request(order.action, {}, reason, reason)
        try:
            record, _ = await self._teleactions.ask(who, order.id1, request, order.number)
        except DiagnosticsError as error:
            await self._left_to_the_team(order, _why(error))
            return
        await self._records.port25.carried_by(order, str(record.number))
        self.wake()

    async def run(self) -> None:
        """Settle orders as their téléactions end, those of before a restart first."""
        while True:
            self._woken.clear()
            for order in await self._records.port25.under_way():
                try:
                    await self._settle(order)
                except Exception as error:  # noqa: BLE001 - the boundary: the next look sees the order as it then is
                    _log.warning("order not settled", number=order.number, error=type(error).__name__)
            await self._woken.wait()

    async def _settle(self, order: Port25Order) -> None:
        owner = Principal(order.operator_id, ACCOUNT, frozenset({Right.TEST}))
        record = await self._teleactions.get(owner, ActionNumber.parse(order.teleaction or ""))
        if not record.state.final:
            return
        if record.state is ActionState.DONE:
            number = str(record.number)
            await self._tickets.move(
                await self._team(order, number), order.number, Action.RESTORE, f"{ACCOUNT} {number}"
            )
            return
        await self._records.port25.carried_by(order, None)
        await self._left_to_the_team(order, _said(record))

    async def _left_to_the_team(self, order: Port25Order, why: str) -> None:
        text = translate("fr", "Left to the platform's team: {why}", why=why)
        await self._tickets.remark(await self._team(order, ""), order.number, text)

    async def _team(self, order: Port25Order, number: str) -> Principal:
        """Who repairs, as which the téléaction settles what it did."""
        ticket = await self._records.tickets.get(Principal(order.operator_id, ACCOUNT, frozenset()), order.number)
        rights = frozenset({Right.TREATMENT, Right.SIGNALISATION})
        return Principal(ticket.treated_by or ticket.operator_id, f"{ACCOUNT} {number}".strip(), rights)


def _said(record: TeleactionRecord) -> str:
    said = None if record.effect is None else record.effect.said
    return record.state.value if said is None else translate("fr", said.text, **said.fields)


def _why(error: DiagnosticsError) -> str:
    if isinstance(error, RefusedError):
        return " ; ".join(translate("fr", one.text, **one.fields) for one in error.refusals.values())
    return translate("fr", "The access is gone") if isinstance(error, NotFoundError) else type(error).__name__
