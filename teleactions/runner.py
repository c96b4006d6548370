"""One téléaction from its turn to its end: guards, test, mark, act, event, test, effect.

The mark is committed before anything is sent. A job that is taken with its mark on was interrupted: it is never sent
again, what became of it is read from the target until something tells.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from domain.access import Access
from domain.clock import Clock
from domain.errors import DiagnosticsError
from domain.identifiers import Id1, OntName, PonName
from domain.metric import Readings
from domain.olt_actions import ActionKind, OltOutcome, OltResult
from domain.teleaction import ActionState, Effect, Job, LineState, Sentence, TargetKind
from domain.teleaction_ports import (
    AccessFinder,
    Ear,
    FirmwareFile,
    Follow,
    Heard,
    IncidentsKnown,
    Jobs,
    LineProbe,
    TeleactionHistory,
)
from teleactions.catalogue import spec_of
from teleactions.doing import Aim, Doing, Hands, Result, fitting, within
from teleactions.guards import Situation, refusals
from teleactions.spec import Case, OltWork, Parameters, SessionWork, Spec, UnfitError
from teleactions.window import Window

_log = structlog.get_logger(__name__)

UPGRADE = timedelta(minutes=10)
"""How long a box that received a firmware may take to start again (C)."""
SETTLE_FOR = timedelta(days=7)
"""How long what became of an action is looked for (C): a box that is off for longer tells nothing of use any more."""
_AGAIN_S = (2.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3600.0)


class _Deaf:
    """Nothing is listened to for an action on a PON port."""

    async def first(self, of: object, since: datetime) -> datetime:
        raise TimeoutError


@dataclass(frozen=True, slots=True)
class _Turn:
    """A job in the hands of a worker."""

    spec: Spec
    job: Job
    aim: Aim
    doing: Doing
    owner: str


class Runner:
    """Carries out jobs.

    Args:
        jobs: The queue, which keeps what happens.
        finder: Finds accesses and boxes.
        probe: Tests lines.
        ear: Hears what the network, boxes and RADIUS announce.
        hands: What acts.
        incidents: Collective incidents.
        history: When things were last done.
        clock: The clock in force.
        follow: Hears the states.
        window: The maintenance window, where there is one.
        patience: Factor of every deadline; 1 but in tests.
    """

    def __init__(  # noqa: PLR0913 - the composition root passes each part by name
        self,
        *,
        jobs: Jobs,
        finder: AccessFinder,
        probe: LineProbe,
        ear: Ear,
        hands: Hands,
        incidents: IncidentsKnown,
        history: TeleactionHistory,
        clock: Clock,
        follow: Follow,
        window: Window | None = None,
        patience: float = 1.0,
    ) -> None:
        self._jobs = jobs
        self._finder = finder
        self._probe = probe
        self._ear = ear
        self._hands = hands
        self._incidents = incidents
        self._history = history
        self._clock = clock
        self._follow = follow
        self._window = window
        self.patience = patience

    async def run(self, job: Job, owner: str) -> None:
        """Carry a job out, or settle one that was interrupted. Never raises for what the target does."""
        spec = spec_of(job.action)
        try:
            aim = await self.aim(spec, job.operator_id, job.id1, job.target.pon)
        except DiagnosticsError:
            await self._end(job, owner, Effect(ActionState.FAILED, Sentence("The access is gone"), healthy=False), None)
            return
        turn = _Turn(spec, job, aim, Doing(spec, job, aim, self._hands, self.patience), owner)
        if job.acting_at is not None:
            await self._settle(turn)
        elif job.expires_at is not None and self._clock.now() > job.expires_at:
            said = Sentence("It waited too long and was not sent")
            await self._end(job, owner, Effect(ActionState.CANCELLED, said), None)
        else:
            await self._carry_out(turn)

    # From the start

    async def _carry_out(self, turn: _Turn) -> None:
        spec, job, aim, doing, owner = turn.spec, turn.job, turn.aim, turn.doing, turn.owner
        if not await self._jobs.started(job, owner, self._clock.now()):
            return
        self._say(job, ActionState.RUNNING, "test")
        here = await self.situation(job.operator_id, spec, aim, job.target.name, job.parameters)
        if await self._refused(turn, here):
            return
        before = await self._test(spec, aim, doing)
        if await self._refused(turn, replace(here, before=before)):
            return
        try:
            action = doing.box_action(before.values)
        except UnfitError as error:
            silent = Sentence("The box does not answer: nothing was sent")
            said = silent if doing.silent else Sentence(error.text)
            await self._end(job, owner, Effect(ActionState.FAILED, said, healthy=False), before)
            return
        with self._listening(aim.access) as heard:
            at = self._clock.now()
            if not await self._jobs.acting(job, owner, at, before):
                return  # somebody else holds it: whoever acts, it is not we
            self._say(job, ActionState.RUNNING, "acting")
            result = await doing.act(action)
            self._say(job, ActionState.RUNNING, "event")
            event = await self._event(spec, heard, at, result)
        marked = replace(job, acting_at=at, before=before)
        await self._conclude(replace(turn, job=marked), result, event)

    async def _event(self, spec: Spec, heard: Heard, since: datetime, result: Result) -> datetime | None:
        """The event that the action is expected to bring, waited for until its deadline."""
        if not spec.expects or not _may_have_acted(result):
            return None
        return await within(spec.deadline_s * self.patience, heard.first(spec.expects, since))

    async def _refused(self, turn: _Turn, here: Situation) -> bool:
        """End it when something stands against it."""
        found = refusals(turn.spec, here)
        if found:
            reasons = {name: said.text for name, said in found.items()}
            refused = Effect(ActionState.REFUSED, next(iter(found.values())), data=reasons)
            await self._end(turn.job, turn.owner, refused, here.before)
        return bool(found)

    async def situation(self, operator_id: str, spec: Spec, aim: Aim, target: str, parameters: Parameters) -> Situation:
        """What guards judge, as it is now; that it was confirmed was seen to when it was asked."""
        now, box = self._clock.now(), aim.box
        return Situation(
            now=now,
            parameters=parameters,
            access=aim.access,
            box=box,
            firmwares=self.firmwares(aim),
            supported=self.supported(aim),
            session=aim.session is not None,
            nas=self._asked_of(spec),
            last_acting=await self._history.last_acting(operator_id, spec.name, target),
            upgrading=box is not None and await self._finder.upgrading(box, now - UPGRADE),
            incident=None if aim.access is None else await self._incidents.explains(aim.access),
            window=self._window,
            confirmed=True,
        )

    def _asked_of(self, spec: Spec) -> bool:
        """Whether a NAS can be asked for it."""
        sessions = self._hands.sessions
        filtering = isinstance(spec.work, SessionWork) and spec.work.port25 is not None
        return sessions is not None and (sessions.filters or not filtering)

    def firmwares(self, aim: Aim) -> tuple[FirmwareFile, ...]:
        """The firmware files that fit a box."""
        return fitting(self._hands.firmwares, aim.box)

    def supported(self, aim: Aim) -> frozenset[ActionKind] | None:
        """What the OLT of a target can be asked."""
        if aim.olt is None or self._hands.olts is None:
            return None
        return self._hands.olts.supported(aim.olt)

    # After an interruption

    async def _settle(self, turn: _Turn) -> None:
        job, doing = turn.job, turn.doing
        assert job.acting_at is not None  # noqa: S101 - that is what makes it one to settle
        self._say(job, ActionState.UNKNOWN, "settling")
        try:
            action = doing.box_action({} if job.before is None else job.before.values)
            result = await doing.settle(action, job.acting_at)
        except UnfitError:
            result = None
        await self._conclude(turn, result, None, settling=True)

    # The end

    async def _conclude(self, turn: _Turn, result: Result, event: datetime | None, *, settling: bool = False) -> None:
        """Test after, and tell the effect; when nothing tells yet, look again later."""
        spec, job, owner = turn.spec, turn.job, turn.owner
        assert job.acting_at is not None  # noqa: S101 - nothing is concluded that was not begun
        self._say(job, ActionState.RUNNING, "test after")
        if result is not None and _unknown(result) and not settling:
            settled = await self._after_unknown(job, turn.doing, result)
            result = settled if settled is not None else result
        after = await self._test(spec, turn.aim, turn.doing)
        now = self._clock.now()
        before = job.before or _nothing_read(now)
        case = Case(
            job.parameters, job.acting_at, now, before, after, result, event, settling,
            spec.expected_s * self.patience, turn.doing.sets(before.values),
        )  # fmt: skip
        effect = spec.effect(case)
        if effect.state is ActionState.UNKNOWN and now - job.acting_at > SETTLE_FOR:
            never = Sentence("Nothing told in {days} days whether it took effect", {"days": SETTLE_FOR.days})
            effect = Effect(ActionState.UNPROVED, never, healthy=False)
        if effect.state is not ActionState.UNKNOWN:
            await self._end(job, owner, effect, after)
            return
        again = now + timedelta(seconds=_AGAIN_S[min(job.tries, len(_AGAIN_S)) - 1] * self.patience)
        if await self._jobs.unsettled(job, owner, now, again, effect.said):
            self._say(job, ActionState.UNKNOWN, "settling")

    async def _after_unknown(self, job: Job, doing: Doing, result: Result) -> Result:
        assert job.acting_at is not None  # noqa: S101 - as above
        tree = {} if job.before is None else job.before.values
        found = await doing.settle(doing.box_action(tree), job.acting_at)
        return found if found is not None and not _unknown(found) else result

    async def _end(self, job: Job, owner: str, effect: Effect, after: LineState | None) -> None:
        if not await self._jobs.ended(job, owner, self._clock.now(), effect, after):
            return
        _log.info(
            "teleaction",
            number=str(job.number),
            operator=job.operator_id,
            account=job.account,
            action=job.action,
            target=job.target.name,
            state=effect.state.value,
            said=effect.said.text,
        )
        self._say(job, effect.state, "end")

    # Parts

    async def _test(self, spec: Spec, aim: Aim, doing: Doing) -> LineState:
        """A line test, with what the box shows of what the action is about."""
        line = _nothing_read(self._clock.now())
        if aim.access is not None:
            line = await self._probe.test(aim.access, spec.test)
        return replace(line, values=await doing.read())

    async def aim(self, spec: Spec, operator_id: str, id1: Id1 | None, pon: str) -> Aim:
        """Find what an action is about: an access with its box or its OLT, or a PON port (``OLT/PON-…``)."""
        if id1 is None:
            olt, _, name = pon.partition("/")
            port = PonName.parse(name)
            ont = OntName(port.rack, port.shelf, port.slot, port.pon, 1)
            return Aim(None, None, await self._hands.olt(olt), ont)
        access = await self._finder.access(operator_id, id1)
        if isinstance(spec.work, SessionWork):
            return Aim(access, None, session=await self._finder.session(access))
        box = await self._finder.box(access) if spec.target is TargetKind.BOX else None
        if not isinstance(spec.work, OltWork) or access.place is None:
            return Aim(access, box)
        return Aim(access, box, await self._hands.olt(access.place.olt), access.place.ont)

    def _listening(self, access: Access | None) -> AbstractContextManager[Heard]:
        return nullcontext(_Deaf()) if access is None else self._ear.listening(access)

    def _say(self, job: Job, state: ActionState, step: str) -> None:
        self._follow(job.number, state, {"step": step})


def _unknown(result: Result) -> bool:
    return result is not None and result.outcome.value == OltOutcome.UNKNOWN.value


def _may_have_acted(result: Result) -> bool:
    if isinstance(result, OltResult):
        return result.outcome in (OltOutcome.DONE, OltOutcome.UNKNOWN)
    return result is not None and result.outcome.value in ("done", "unknown")


def _nothing_read(at: datetime) -> LineState:
    return LineState(at, "", "", Readings())
