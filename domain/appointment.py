"""The appointment that a verdict needs: its type, as e-RDV names it, and its window."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from domain.building import Building, BuildingKind
from domain.clock import PARIS
from domain.verdict import Diagnosis, Owner, Prelocalisation, Scope

VISIT_FROM_DAYS, VISIT_UNTIL_DAYS = 8, 26
"""« l'intervalle [J + 8 ; J + 26] » of e-RDV, stated for orders; without a GTR nothing better is stated (ADR-0021)."""


class AppointmentType(StrEnum):
    """Types of appointment, as the qualification of e-RDV names them."""

    COURT = "RDV Court – Prise Optique présente"
    IMMEUBLE = "RDV Immeuble – Prise Optique à poser dans l'Immeuble"
    PAVILLON = "RDV pavillon – Prise Optique à poser dans pavillon"
    IMMEUBLE_RDC = "RDV Immeuble (RDC) - Intervention Complexe"


@dataclass(frozen=True, slots=True)
class Appointment:
    """What to book.

    Attributes:
        type: ``None`` where TAO's description of the building is missing: it cannot be told.
        first_day: First day of the window, in Europe/Paris.
        last_day: Last day of the window.
    """

    type: AppointmentType | None
    first_day: date
    last_day: date


def needs_visit(diagnosis: Diagnosis) -> bool:
    """Whether somebody must come to the customer: an individual fault at the drop or the ONT, ours to repair.

    A collective fault is repaired elsewhere, and what the customer can do by himself needs nobody.
    """
    return (
        diagnosis.owner is Owner.INFRASTRUCTURE
        and diagnosis.scope is Scope.INDIVIDUAL
        and diagnosis.prelocalisation in {Prelocalisation.BRANCHEMENT_PBO, Prelocalisation.ONT}
    )


def appointment(
    diagnosis: Diagnosis, building: Building | None, sent_at: datetime, gtr_until: datetime | None = None
) -> Appointment | None:
    """The appointment of a verdict; ``None`` where it needs no visit.

    ``gtr_until`` is the deadline of the access's GTR from ``sent_at``: the window then ends with it.
    """
    if not needs_visit(diagnosis):
        return None
    today = sent_at.astimezone(PARIS).date()
    if gtr_until is not None:
        window = today, max(today, gtr_until.astimezone(PARIS).date())
    else:
        window = today + timedelta(days=VISIT_FROM_DAYS), today + timedelta(days=VISIT_UNTIL_DAYS)
    return Appointment(_type(diagnosis, building), *window)


def _type(diagnosis: Diagnosis, building: Building | None) -> AppointmentType | None:
    if diagnosis.prelocalisation is Prelocalisation.ONT:  # what is exchanged hangs from an outlet that is there
        return AppointmentType.COURT
    if building is None or building.kind is None:
        return None
    if building.kind is BuildingKind.PAVILLON:
        return AppointmentType.PAVILLON
    return AppointmentType.IMMEUBLE_RDC if building.on_ground_floor else AppointmentType.IMMEUBLE
