"""Carrying out the three kinds of work. Reads may be repeated; what changes something is sent once, after its mark."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.access import Access
from domain.box import KnownBox
from domain.box_actions import BoxAction, BoxResult, GetValues, SetValues
from domain.identifiers import OntName
from domain.metrics.box import BOX_MODEL
from domain.olt import OltTarget
from domain.olt_actions import OltResult
from domain.ports import BoxActions, OltActions, SessionActions
from domain.session_actions import OpenSession, SessionResult
from domain.states import Policy
from domain.teleaction import Job
from domain.teleaction_ports import FirmwareCatalogue, FirmwareFile
from teleactions.spec import BoxWork, OltWork, SessionWork, Spec, Tree, UnfitError, Wanted

NAS_S = 15.0
"""How long a NAS may take to answer (C): the rest of the deadline is the new session's."""
READ_S = 30.0
"""How long a read of parameters before or after may take."""

Result = BoxResult | OltResult | SessionResult | None


@dataclass(frozen=True, slots=True)
class Hands:
    """What acts: on boxes, on OLTs, and on PPP sessions where a NAS takes requests."""

    boxes: BoxActions
    olts: OltActions | None
    olt: Callable[[str], Awaitable[OltTarget]]
    firmwares: FirmwareCatalogue
    sessions: SessionActions | None = None


@dataclass(frozen=True, slots=True)
class Aim:
    """What a job is about, found."""

    access: Access | None
    box: KnownBox | None
    olt: OltTarget | None = None
    ont: OntName | None = None
    session: OpenSession | None = None


def fitting(catalogue: FirmwareCatalogue, box: KnownBox | None) -> tuple[FirmwareFile, ...]:
    """The firmware files for the model of a box."""
    model = None if box is None else box.readings.value(BOX_MODEL)
    return tuple(file for file in catalogue.files() if model is not None and file.model == model)


class Doing:
    """One job being carried out."""

    def __init__(self, spec: Spec, job: Job, aim: Aim, hands: Hands, patience: float) -> None:
        self._spec = spec
        self._job = job
        self._aim = aim
        self._hands = hands
        self._patience = patience
        self._answered = False

    @property
    def timeout_s(self) -> float:
        """How long the target may take."""
        return self._spec.deadline_s * self._patience

    async def read(self) -> dict[str, str | None]:
        """The parameters that the action is about, as the box shows them; empty for other targets."""
        work = self._spec.work
        if not isinstance(work, BoxWork) or not work.reads or self._aim.box is None:
            return {}
        return dict(await self._values(self._aim.box, work.reads))

    async def _values(self, box: KnownBox, names: Sequence[str]) -> Tree:
        timeout_s = min(READ_S, self.timeout_s)
        said = await self._hands.boxes.act(box, GetValues(tuple(names)), "", timeout_s)
        self._answered = said.done or said.fault is not None
        return said.values

    @property
    def silent(self) -> bool:
        """Whether the box was asked what it shows of the action, and did not answer the last time."""
        work = self._spec.work
        return isinstance(work, BoxWork) and bool(work.reads) and not self._answered

    def box_action(self, tree: Tree) -> BoxAction | None:
        """What will be asked of the box; raises `UnfitError`."""
        work = self._spec.work
        if not isinstance(work, BoxWork):
            return None
        return work.make(Wanted(self._job.parameters, tree, fitting(self._hands.firmwares, self._aim.box)))

    def sets(self, tree: Tree) -> Mapping[str, str]:
        """The parameters of the box that are set, with their values."""
        try:
            action = self.box_action(tree)
        except UnfitError:
            return {}
        return action.values if isinstance(action, SetValues) else {}

    async def act(self, action: BoxAction | None) -> Result:
        """Do it, once."""
        work = self._spec.work
        if action is not None and self._aim.box is not None:
            return await self._hands.boxes.act(self._aim.box, action, self._job.number.key, self.timeout_s)
        if isinstance(work, OltWork) and self._hands.olts is not None and self._aim.olt and self._aim.ont:
            asked = work.make(self._job.parameters)
            return await self._hands.olts.act(self._aim.olt, self._aim.ont, asked, self.timeout_s)
        if isinstance(work, SessionWork) and self._hands.sessions is not None and self._aim.session is not None:
            return await self._at_the_nas(self._hands.sessions, self._aim.session, work.port25)
        return None

    async def _at_the_nas(
        self, sessions: SessionActions, session: OpenSession, policy: Policy | None
    ) -> SessionResult | None:
        timeout_s = min(NAS_S, self.timeout_s)
        if policy is None:
            return await sessions.disconnect(session, timeout_s)
        if self._aim.access is None:
            return None
        return await sessions.set_port25(self._aim.access, session, policy, timeout_s)

    async def settle(self, action: BoxAction | None, since: datetime) -> Result:
        """What became of it: read, never sent again."""
        work, timeout_s = self._spec.work, min(READ_S, self.timeout_s)
        if action is not None and self._aim.box is not None:
            return await self._hands.boxes.settle(self._aim.box, action, self._job.number.key, since, timeout_s)
        if isinstance(work, OltWork) and self._hands.olts is not None and self._aim.olt and self._aim.ont:
            return await self._hands.olts.settle(
                self._aim.olt, self._aim.ont, work.make(self._job.parameters), timeout_s
            )
        return None


async def within(seconds: float, wait: Awaitable[datetime]) -> datetime | None:
    """What is waited for, or ``None`` at the deadline."""
    try:
        async with asyncio.timeout(seconds):
            return await wait
    except TimeoutError:
        return None
