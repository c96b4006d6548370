"""Téléactions as their users see them: what can be done, asking, following, cancelling, confirming."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any

from api.events import Progress, ProgressBus
from domain.access import Access
from domain.clock import Clock
from domain.errors import ConflictError, ForbiddenError
from domain.identifiers import Id1, PonName
from domain.principal import Principal, Right
from domain.teleaction import (
    ActionNumber,
    ActionState,
    Closing,
    NewTeleaction,
    RefusedError,
    Sentence,
    Target,
    TargetKind,
    TeleactionRecord,
    Value,
)
from domain.teleaction_ports import Follow
from storage.records import Records
from teleactions.catalogue import catalogue, spec_of
from teleactions.guards import guards_of, refusals
from teleactions.runner import Runner
from teleactions.spec import Spec
from teleactions.window import Window

CONFIRM_WITHIN = timedelta(minutes=15)
"""How long a téléaction waits for the second account (C)."""
WAIT_AT_MOST = timedelta(hours=1)
"""How long one that was asked for now may wait for its turn (C): later, nobody expects it any more."""


class When(StrEnum):
    """When to act."""

    NOW = "now"
    WINDOW = "window"  # when the maintenance window opens
    ONLY_IN_WINDOW = "only_in_window"  # now, and refused outside the window


@dataclass(frozen=True, slots=True)
class Request:
    """What somebody asks: the téléaction, its parameters, why, from where, when, and whether it was confirmed."""

    action: str
    parameters: Mapping[str, Value] = field(repr=False)
    reason: str
    origin: str
    when: When = When.NOW
    confirmed: bool = False
    campaign: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """One precondition: its name, and why it refuses; ``None`` when it holds."""

    name: str
    refusal: Sentence | None


class TeleactionService:
    """Accepts, shows and cancels téléactions. Every call carries the principal who asks."""

    def __init__(
        self, records: Records, runner: Runner, follow: Follow, clock: Clock, wake: Callable[[], None], window: Window
    ) -> None:
        self._records = records
        self._runner = runner
        self._follow = follow
        self._clock = clock
        self._wake = wake
        self._window = window

    def offered(self, who: Principal) -> list[Spec]:
        """The téléactions that the account may ask for."""
        return [spec for spec in catalogue().values() if who.may(spec.right)]

    async def checks(self, who: Principal, id1: Id1, request: Request) -> list[Check]:
        """The preconditions as they are now: nothing is asked of anything that it changes."""
        spec, target, access = await self._what(who, id1, request.action)
        found = await self._refusals(who, spec, target, access, request)
        busy = await self._busy(who, target)
        return [*([busy] if busy else []), *(Check(name, found.get(name)) for name in guards_of(spec))]

    async def ask(
        self, who: Principal, id1: Id1, request: Request, key: str | None = None
    ) -> tuple[TeleactionRecord, bool]:
        """Accept a téléaction on an access. Returns its record, and whether an earlier request had asked for it.

        Raises `ForbiddenError`, `InvalidValueError`, `RefusedError` (kept and audited), `ConflictError`.
        """
        spec, target, access = await self._what(who, id1, request.action)
        return await self._accept(who, spec, target, access, request, key)

    async def ask_pon(
        self, who: Principal, olt: str, pon: PonName, request: Request, key: str | None = None
    ) -> tuple[TeleactionRecord, bool]:
        """The same on a PON port of the operator's own OLT; it then waits for a second account."""
        spec = spec_of(request.action)
        if spec.target is not TargetKind.PON:
            raise ConflictError("teleaction", spec.name, "it does not act on a PON port")
        who.require(spec.right)
        await self._records.olts.get(who, olt)
        place = f"{olt}/{pon}"
        return await self._accept(who, spec, Target(TargetKind.PON, f"pon/{place}", place), None, request, key)

    def wake(self) -> None:
        """Have the worker look for jobs."""
        self._wake()

    def hurry(self, patience: float) -> None:
        """Multiply every deadline of téléactions: simulated boxes start faster than real ones."""
        self._runner.patience = patience

    async def versions(self, who: Principal, id1: Id1) -> list[str]:
        """The firmware versions of the catalogue that fit the box of an access."""
        aim = await self._runner.aim(spec_of("box_firmware"), who.operator_id, id1, "")
        return [file.version for file in self._runner.firmwares(aim)]

    async def get(self, who: Principal, number: ActionNumber) -> TeleactionRecord:
        """One téléaction of the operator."""
        _reader(who)
        return await self._records.teleactions.get(who, number)

    async def of_access(self, who: Principal, id1: Id1) -> list[TeleactionRecord]:
        """Those of an access, newest first."""
        _reader(who)
        await self._records.accesses.get(who, id1)
        return await self._records.teleactions.list(who, id1=id1)

    async def of_pons(self, who: Principal, limit: int = 50) -> list[TeleactionRecord]:
        """Those on PON ports of the operator's OLTs, newest first: for the NOC."""
        who.require(Right.NOC)
        return await self._records.teleactions.list(who, kind=TargetKind.PON, limit=limit)

    async def trail(self, who: Principal, number: ActionNumber) -> list[dict[str, Any]]:
        """The audit entries of a téléaction."""
        record = await self.get(who, number)
        return await self._records.audit.of(who.operator_id, str(record.number))

    async def cancel(self, who: Principal, number: ActionNumber) -> TeleactionRecord:
        """Cancel it while it waits; raises `ConflictError` afterwards."""
        record = await self.get(who, number)
        who.require(spec_of(record.action).right)
        found = await self._records.teleactions.cancel(who, number, self._clock.now())
        self._follow(number, found.state, {})
        return found

    async def close(self, who: Principal, number: ActionNumber, why: Closing) -> TeleactionRecord:
        """End one whose effect stays unknown, without proof: its target is free. Nothing is taken back.

        For an expert or the NOC; what only the NOC may ask for, for the NOC. Raises `ForbiddenError`, `ConflictError`
        while its effect is not unknown.
        """
        if not may_close(who):
            raise ForbiddenError(Right.EXPERT.value)
        record = await self.get(who, number)
        if spec_of(record.action).right is Right.NOC:
            who.require(Right.NOC)
        found = await self._records.teleactions.close(who, number, self._clock.now(), why)
        self._follow(number, found.state, {})
        return found

    async def confirm(self, who: Principal, number: ActionNumber) -> TeleactionRecord:
        """The second account of a téléaction that takes two."""
        record = await self.get(who, number)
        who.require(spec_of(record.action).right)
        found = await self._records.teleactions.confirm(who, number, self._clock.now())
        self._wake()
        return found

    async def _what(self, who: Principal, id1: Id1, action: str) -> tuple[Spec, Target, Access]:
        spec = spec_of(action)
        who.require(spec.right)
        access = await self._records.accesses.get(who, id1)
        if spec.target is TargetKind.PON:
            raise ConflictError("teleaction", spec.name, "it acts on a PON port: ask for it there")
        pon = "" if access.place is None else f"{access.place.olt}/{access.place.ont.pon_name}"
        return spec, Target(spec.target, f"access/{id1}", pon), access

    async def _refusals(
        self, who: Principal, spec: Spec, target: Target, access: Access | None, request: Request
    ) -> dict[str, Sentence]:
        aim = await self._runner.aim(spec, who.operator_id, None if access is None else access.id1, target.pon)
        parameters = dict(request.parameters)
        now = await self._runner.situation(who.operator_id, spec, aim, target.name, parameters)
        asked = replace(now, within_window=request.when is When.ONLY_IN_WINDOW, confirmed=request.confirmed)
        return refusals(spec, asked)

    async def _busy(self, who: Principal, target: Target) -> Check | None:
        latest = await self._records.teleactions.list(who, target=target.name, limit=1)
        if latest and not latest[0].state.final:
            return Check("free", Sentence("Téléaction {number} is under way on it", {"number": str(latest[0].number)}))
        return None

    async def _accept(
        self, who: Principal, spec: Spec, target: Target, access: Access | None, request: Request, key: str | None
    ) -> tuple[TeleactionRecord, bool]:
        parameters = spec.parse(request.parameters)
        new = self._new(spec, target, access, request, parameters)
        if key is not None and (earlier := await self._records.teleactions.earlier(who, new, key)) is not None:
            return earlier, True
        found = await self._refusals(who, spec, target, access, request)
        if found:
            await self._records.teleactions.refuse(who, new, found)
            raise RefusedError(spec.name, found)
        record, replayed = await self._records.teleactions.ask(who, new, key)
        self._wake()
        return record, replayed

    def _new(
        self, spec: Spec, target: Target, access: Access | None, request: Request, parameters: dict[str, Value]
    ) -> NewTeleaction:
        now = self._clock.now()
        run_at = self._window.opens(now) if request.when is When.WINDOW else now
        return NewTeleaction(
            id1=None if access is None else access.id1,
            action=spec.name,
            target=target,
            parameters=parameters,
            shown=spec.shown(parameters),
            reason=request.reason,
            origin=request.origin,
            at=now,
            run_at=None if spec.confirmations > 1 else run_at,
            expires_at=now + CONFIRM_WITHIN if spec.confirmations > 1 else run_at + WAIT_AT_MOST,
            campaign=request.campaign,
        )


def follower(bus: ProgressBus, ended: Callable[[], None]) -> Follow:
    """What publishes the states of téléactions to who follows them; ``ended`` hears each end."""

    def follow(number: ActionNumber, state: ActionState, data: Mapping[str, object]) -> None:
        bus.publish(number, Progress("state", {"state": state.value, **data}, final=state.final))
        if state.final:
            ended()

    return follow


def may_close(who: Principal) -> bool:
    """Whether the account may end téléactions whose effect stays unknown."""
    return who.may(Right.EXPERT) or who.may(Right.NOC)


def _reader(who: Principal) -> None:
    """Whoever may test a line may read what was done to it; so may who acts."""
    if not any(who.may(right) for right in (Right.TEST, Right.TELEACTION, Right.EXPERT, Right.NOC)):
        raise ForbiddenError(Right.TELEACTION.value)
