"""The life of accesses, fed by the ordering side; planned works; the appointment that a verdict needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from api.holidays import closed_in
from api.services.references import ReferenceTests
from domain.access import Access, AccessChange, AccessState, Place
from domain.appointment import Appointment, appointment
from domain.clock import Clock
from domain.errors import ConflictError, DiagnosticsError, InvalidValueError, NotFoundError
from domain.gtr import deadline
from domain.identifiers import DeviceId, Id1, SerialNumber
from domain.principal import Principal, Right
from domain.reference import Occasion, ReferenceMeasure
from domain.states import Policy
from domain.works import PlannedWork
from storage.access_history import AccessEvent, AccessHistory, changes_of
from storage.access_rows import Provisioned
from storage.accesses import Accesses
from storage.diagnosis_record import DiagnosisRecord
from storage.planned_works import PlannedWorks
from storage.references import References

_OCCASIONS = {
    AccessChange.CREATED: Occasion.COMMISSIONING,
    AccessChange.BOX_EXCHANGED: Occasion.BOX_EXCHANGE,
    AccessChange.ONT_EXCHANGED: Occasion.ONT_EXCHANGE,
}
_WORKS_SHOWN = timedelta(days=30)  # C: past works that are still listed


class AccessLifecycle:
    """Writes need the right « inventaire »; reads need « e-SAV Test »."""

    def __init__(
        self,
        accesses: Accesses,
        history: AccessHistory,
        measures: References,
        works: PlannedWorks,
        references: ReferenceTests,
        clock: Clock,
    ) -> None:
        self._accesses = accesses
        self._history = history
        self._measures = measures
        self._works = works
        self._references = references
        self._clock = clock

    async def put(self, who: Principal, access: Access) -> tuple[Access, bool]:
        """Create or change an access; returns it as stored, and whether it is new."""
        done = await self.provision(who, access)
        return await self._accesses.get(who, access.id1), done.before is None

    async def provision(self, who: Principal, access: Access) -> Provisioned:
        """Create or change an access; a creation or an exchange is followed by a reference test."""
        who.require(Right.INVENTORY)
        done = await self._accesses.provision(who, access, self._clock.now())
        await self._followed([done])
        return done

    async def provision_all(self, who: Principal, accesses: Sequence[Access]) -> list[Provisioned | DiagnosticsError]:
        """Each as `provision` does; what does not fit is told in its place, and the others stay."""
        who.require(Right.INVENTORY)
        found = await self._accesses.provision_all(who, accesses, self._clock.now())
        await self._followed([done for done in found if not isinstance(done, DiagnosticsError)])
        return found

    async def _followed(self, orders: Sequence[Provisioned]) -> None:
        """A creation or an exchange is followed by a reference test: one an access, of the last of its occasions."""
        wanted = {
            done.after.id1: (done.after, _OCCASIONS[change])
            for done in orders
            for change in done.changes
            if change in _OCCASIONS
        }
        await self._references.wanted(*wanted.values())

    async def known(self, who: Principal, ids: Sequence[Id1]) -> Mapping[Id1, Access]:
        """Those of these accesses that the operator has, for who may change them."""
        who.require(Right.INVENTORY)
        return await self._accesses.some(who, ids)

    def foreseen(self, who: Principal, before: Access | None, access: Access) -> Provisioned | DiagnosticsError:
        """What an order would change, as far as the access itself tells. Nothing is written."""
        who.require(Right.INVENTORY)
        if before is None:
            return Provisioned(None, access, (AccessChange.CREATED,))
        if before.state is AccessState.TERMINATED:
            return ConflictError("access", str(access.id1), "this access is terminated")
        return Provisioned(before, access, changes_of(before, replace(access, port25=before.port25)))

    async def exchange_box(self, who: Principal, id1: Id1, box: DeviceId) -> Access:
        """« Échanger la box »: the history keeps the old one."""
        access = await self._writable(who, id1)
        return (await self.provision(who, replace(access, box=box))).after

    async def exchange_ont(self, who: Principal, id1: Id1, serial: SerialNumber | None, place: Place | None) -> Access:
        """Another ONT: its serial number, and where it hangs when that changes too."""
        access = await self._writable(who, id1)
        changed = replace(access, ont_serial=serial or access.ont_serial, place=place or access.place)
        return (await self.provision(who, changed)).after

    async def set_port25(self, who: Principal, id1: Id1, policy: Policy) -> Access:
        """Say whether port 25 of an access is open, where no signalisation asked for it."""
        who.require(Right.INVENTORY)
        return (await self._accesses.set_port25(who, id1, policy, self._clock.now())).after

    async def set_gtr(self, who: Principal, id1: Id1, *, gtr: bool) -> Access:
        """« Option GTR 10 heures HO », from now on."""
        access = await self._writable(who, id1)
        return (await self.provision(who, replace(access, gtr=gtr))).after

    async def terminate(self, who: Principal, id1: Id1) -> Access:
        """« Résilier »: its ONT and its box may serve another access."""
        who.require(Right.INVENTORY)
        return (await self._accesses.terminate(who, id1, self._clock.now())).after

    async def history(self, who: Principal, id1: Id1) -> list[AccessEvent]:
        """What happened to an access, newest first."""
        who.require(Right.TEST)
        await self._accesses.get(who, id1)
        return await self._history.of(who, id1)

    async def references(self, who: Principal, id1: Id1) -> list[ReferenceMeasure]:
        """The reference measures, newest first: the first one is what tests compare with."""
        who.require(Right.TEST)
        await self._accesses.get(who, id1)
        return await self._measures.list(who, id1)

    async def announce_works(self, who: Principal, work: PlannedWork) -> PlannedWork:
        """Announce works on an access of the operator, or on an OLT of his."""
        who.require(Right.INVENTORY)
        if work.ends_at <= work.starts_at:
            raise InvalidValueError("ends_at", work.ends_at.isoformat(), "an instant after the first one")
        if (work.id1 is None) == (work.olt is None):
            raise InvalidValueError("id1", work.id1 or "", "an access, or an OLT")
        await self._works.add(who, work)
        return work

    async def cancel_works(self, who: Principal, work_id: str) -> None:
        """Call works off."""
        who.require(Right.INVENTORY)
        await self._works.cancel(who, work_id, self._clock.now())

    async def works(self, who: Principal) -> list[PlannedWork]:
        """The operator's works, past ones for thirty days."""
        who.require(Right.INVENTORY)
        return await self._works.list(who, self._clock.now() - _WORKS_SHOWN)

    async def covering(self, access: Access) -> list[PlannedWork]:
        """The works that cover an access at present."""
        return await self._works.covering(access, self._clock.now())

    async def appointment(self, who: Principal, record: DiagnosisRecord) -> Appointment | None:
        """The appointment that the verdict of a diagnosis needs, by what is known of the building now."""
        if record.diagnosis is None:
            return None
        try:
            access = await self._accesses.get(who, record.id1)
        except NotFoundError:
            return None
        until = deadline(record.sent_at, closed_in(access.zone)) if access.gtr else None
        gtr_until = None if until is None else until.deadline_at
        return appointment(record.diagnosis, access.building, record.sent_at, gtr_until)

    async def _writable(self, who: Principal, id1: Id1) -> Access:
        who.require(Right.INVENTORY)
        return await self._accesses.get(who, id1)
