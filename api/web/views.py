"""What the templates are given: the access with its header, and diagnoses as the API shows them (secrets masked)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated

from fastapi import Path

from api.bootstrap import Service
from api.schemas.diagnostics import DiagnosisOut, DiagnosisSummary, SourceOut
from api.schemas.inventory import AccessOut
from api.schemas.results import detail, summary
from domain.errors import NotFoundError
from domain.identifiers import DiagnosisNumber, Id1
from domain.principal import Principal
from domain.snapshot import SourceKind

_TESTED_BY_NETWORK = (SourceKind.OLT_SNMP, SourceKind.OLT_CLI, SourceKind.NEIGHBOURS)
_TESTED_BY_BOX = (SourceKind.BOX,)


class Tab(StrEnum):
    """The tabs of an access: their labels as printed."""

    DETAILS = "Détails"
    ACTIONS = "Téléactions"
    REQUESTS = "Demandes de diagnostics"
    RESULTS = "Résultats des diagnostics"

    @property
    def path(self) -> str:
        """Last part of its address."""
        return _PATHS[self]


_PATHS = {Tab.DETAILS: "details", Tab.ACTIONS: "teleactions", Tab.REQUESTS: "demandes", Tab.RESULTS: "resultats"}


@dataclass(frozen=True, slots=True)
class AccessPage:
    """What every tab of an access shows.

    Attributes:
        who: The reader.
        access: The access.
        summaries: Its diagnoses of the last 48 h, newest first.
        tab: The tab shown.
    """

    who: Principal
    access: AccessOut
    summaries: Sequence[DiagnosisSummary]
    tab: Tab

    @property
    def base(self) -> str:
        """Address of the access."""
        return f"/acces/{self.access.id1}"

    @property
    def tabs(self) -> tuple[Tab, ...]:
        """The tabs, in the screen's order."""
        return tuple(Tab)

    @property
    def last(self) -> DiagnosisSummary | None:
        """The last diagnosis of the network that came to a result: it gives `Etat des ressources`."""
        finished = (item for item in self.summaries if item.result is not None and item.test.reads_network)
        return max(finished, key=lambda item: item.updated_at, default=None)

    @property
    def running(self) -> bool:
        """Whether a test of the list is still running."""
        return any(is_running(item) for item in self.summaries)


def is_running(item: DiagnosisSummary) -> bool:
    """Whether the test has not ended, well or badly."""
    return item.result is None and item.failure is None


def expected_sources(item: DiagnosisSummary) -> tuple[SourceKind, ...]:
    """The sources that a test asks, for its progress."""
    network, past = (_TESTED_BY_NETWORK, (SourceKind.HISTORY,)) if item.test.reads_network else ((), ())
    return (*network, *(_TESTED_BY_BOX if item.test.reads_box else ()), SourceKind.SESSION, *past)


def in_order(sources: Sequence[SourceOut]) -> list[SourceOut]:
    """The sources of a result, in the order of the progress."""
    return sorted(sources, key=lambda source: list(SourceKind).index(source.kind))


async def access_page(service: Service, who: Principal, id1: Id1, tab: Tab) -> AccessPage:
    """The access, if the reader's operator has it."""
    access = AccessOut.model_validate(await service.inventory.access(who, id1))
    records = await service.diagnoses.recent(who, id1)
    return AccessPage(who, access, [summary(record) for record in records], tab)


async def diagnosis(service: Service, who: Principal, id1: Id1, number: DiagnosisNumber) -> DiagnosisOut:
    """One diagnosis of that access, as this reader may see it."""
    record = await service.diagnoses.get(who, number)
    if record.id1 != id1:
        raise NotFoundError("diagnosis", str(number))
    return detail(record, who, await service.lifecycle.appointment(who, record))


def id1_of(text: str) -> Id1:
    """The ID1 typed or followed, forgiving spaces and lower case."""
    return Id1.parse(text.strip().upper())


async def wanted_id1(id1: Annotated[str, Path()]) -> Id1:
    """The ID1 of the address."""
    return id1_of(id1)


async def wanted_number(number: Annotated[str, Path()]) -> DiagnosisNumber:
    """The diagnosis number of the address."""
    return DiagnosisNumber.parse(number)
