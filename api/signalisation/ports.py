"""What a signalisation needs of others: who acts on port 25, who knows of collective incidents."""

from __future__ import annotations

from typing import Protocol

from domain.access import Access
from domain.principal import Principal
from domain.verdict import Scope
from storage.diagnosis_record import DiagnosisRecord

COLLECTIVE = frozenset({Scope.PBO, Scope.SPLITTER, Scope.PON, Scope.CARD, Scope.OLT, Scope.PLATFORM, Scope.AREA})


class Port25(Protocol):
    """Opens and closes port 25 of an access: a téléaction."""

    async def request(self, who: Principal, access: Access, ticket: str, *, opened: bool) -> str | None:
        """Ask for it; returns the reference of the action, ``None`` where somebody does it by hand."""
        ...


class ByHand:
    """Nobody acts by itself: the request waits for whoever treats signalisations."""

    async def request(self, _who: Principal, _access: Access, _ticket: str, *, opened: bool) -> str | None:
        """Nothing is done."""
        del opened
        return None


class Incidents(Protocol):
    """Knows the collective incidents."""

    async def touching(self, access: Access, last: DiagnosisRecord | None) -> str | None:
        """What the incident that touches an access is called; ``None`` when none is known."""
        ...


class SeenByDiagnosis:
    """The last verdict of the access itself tells whether its fault is collective."""

    async def touching(self, _access: Access, last: DiagnosisRecord | None) -> str | None:
        """The synthesis of a collective verdict."""
        if last is None or last.diagnosis is None or last.diagnosis.scope not in COLLECTIVE:
            return None
        return last.diagnosis.synthesis
