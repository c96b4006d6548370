"""What is computed around a form: the access, the context at the deposit, the commitment, the defect proposed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from api.i18n import translate
from api.services.lifecycle import AccessLifecycle
from api.signalisation.forms import Form, FormType
from api.signalisation.ports import Incidents
from domain.access import Access
from domain.clock import PARIS, Clock
from domain.gtr import GTR_10H_HO
from domain.incident import KnownIncident
from domain.principal import Principal
from domain.ticket import Request
from domain.verdict import Family
from storage.diagnoses import Diagnoses
from storage.diagnosis_record import HISTORY, DiagnosisRecord, DiagnosisState
from storage.tickets import Tickets

YES, NO = "Oui", "Non"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What is known around an access when a form is shown or deposited.

    Attributes:
        recent: Its results of the last 48 h, newest first, without detail.
        last: The last one of the network that came to a verdict, with its detail.
        open_tickets: Numbers of the signalisations in progress.
        works: Labels of the planned works that cover it now.
        incident: The collective incident that touches it: its number, since when, what broke.
    """

    access: Access
    recent: tuple[DiagnosisRecord, ...]
    last: DiagnosisRecord | None
    open_tickets: tuple[str, ...]
    works: tuple[str, ...]
    incident: str | None

    @property
    def needs_forcing(self) -> bool:
        """« si diagnostic OK »: the last family is OK, and only OK (not « session inactive », not unknown)."""
        return self.last is not None and self.last.family is Family.OK

    @property
    def proposed_defect(self) -> str | None:
        """The defect that the last verdict proposes."""
        if self.last is None or self.last.diagnosis is None or self.last.diagnosis.defect is None:
            return None
        return self.last.diagnosis.defect.value

    def context(self) -> dict[str, Any]:
        """« Contexte au moment du dépôt », as kept."""
        return {
            "open_tickets": list(self.open_tickets),
            "planned_works": list(self.works),
            "collective_incident": self.incident,
            "last_diagnosis": None if self.last is None else str(self.last.number),
            "last_family": None if self.last is None or self.last.family is None else self.last.family.value,
        }


@dataclass(frozen=True, slots=True)
class FormEntry:
    """A form about to be filled in for an access, and what is known around it."""

    form: Form
    kind: FormType
    around: Surroundings

    @property
    def computed(self) -> dict[str, str]:
        """The values of the fields that nobody enters."""
        access = self.around.access
        return computed(self.form, self.kind, access, self.around.context(), gtr=access.gtr)

    @property
    def proposed(self) -> dict[str, list[str]]:
        """The defect that the last verdict proposes, in the field of the defects."""
        field, defect = self.form.proposes_defects_in, self.around.proposed_defect
        return {} if field is None or defect is None else {field: [defect]}

    @property
    def test_first(self) -> bool:
        """Whether a deposit would run a test first: for an incident, with no verdict in the last 48 h."""
        return self.kind.request is Request.INCIDENT and self.around.last is None

    @property
    def forcing_needed(self) -> bool:
        """Whether a deposit needs the droit de Forçage."""
        return self.kind.request is Request.INCIDENT and self.around.needs_forcing


def computed(form: Form, kind: FormType, access: Access, context: Mapping[str, Any], *, gtr: bool) -> dict[str, str]:
    """The values of the fields that nobody enters."""
    return {
        "id1": str(access.id1),
        "id2": "" if access.id2 is None else str(access.id2),
        "nature": access.service_type,
        "formulaire": f"{form.code} Version: {form.version}",
        "type": kind.full,
        "adresse_a": (access.building.address if access.building is not None else None) or "",
        "signalisation_en_cours": YES if context["open_tickets"] else NO,
        "travaux_en_cours": YES if context["planned_works"] else NO,
        "incident_collectif": YES if context["collective_incident"] else NO,
        "engagement": GTR_10H_HO.label if gtr else "",
    }


class Surveyor:
    """Looks around an access."""

    def __init__(
        self,
        diagnoses: Diagnoses,
        tickets: Tickets,
        lifecycle: AccessLifecycle,
        incidents: Incidents,
        clock: Clock,
    ) -> None:
        self._diagnoses = diagnoses
        self._tickets = tickets
        self._lifecycle = lifecycle
        self._incidents = incidents
        self._clock = clock

    async def around(self, who: Principal, access: Access) -> Surroundings:
        """What is known around an access at present."""
        since = self._clock.now() - HISTORY
        recent = await self._diagnoses.recent(who, access.id1, since)
        concluded = next((one for one in recent if one.state is DiagnosisState.DONE and one.test.reads_network), None)
        last = None if concluded is None else await self._diagnoses.get(who, concluded.number)
        works = await self._lifecycle.covering(access)
        return Surroundings(
            access=access,
            recent=tuple(recent),
            last=last,
            open_tickets=tuple(await self._tickets.open_on(who, access.id1)),
            works=tuple(work.label for work in works),
            incident=_told(await self._incidents.touching(access)),
        )


def _told(incident: KnownIncident | None) -> str | None:
    """What a deposit says of an incident, in French as the forms are."""
    if incident is None:
        return None
    text = "Collective incident {number} known since {since}: {place}"
    since = f"{incident.since.astimezone(PARIS):%d/%m/%Y %H:%M}"
    return translate("fr", text, number=incident.number, since=since, place=incident.place)
