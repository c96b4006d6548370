"""The life of an access, as the API takes and tells it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import uuid4

from pydantic import BaseModel, ConfigDict, Field

from api.schemas.conditions import all_of, one_of
from api.schemas.inventory import BoxModel, Name, PlaceModel, Text
from api.schemas.sent import Flag, Instant
from domain.access import AccessChange
from domain.identifiers import Id1, PonName, SerialNumber
from domain.states import Policy
from domain.works import PlannedWork


class BoxExchangeIn(BaseModel):
    """The box that replaces the present one."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"box": {"oui": "D8D775", "serial": "LK18106DP440099"}}]}
    )

    box: BoxModel


class OntExchangeIn(BaseModel):
    """The ONT that replaces the present one; ``place`` where it hangs elsewhere."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"serial": "ALCL12AB34CD"}]})

    serial: SerialNumber | None = None
    place: PlaceModel | None = None


class GtrIn(BaseModel):
    """Whether the access has the option « GTR 10 heures HO »."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"gtr": True}]})

    gtr: Flag


class Port25In(BaseModel):
    """Whether TCP port 25 of the access is open outwards."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"port25": "open"}]})

    port25: Policy


class AccessEventOut(BaseModel):
    """One line of the history of an access."""

    model_config = ConfigDict(from_attributes=True)

    at: datetime
    kind: AccessChange
    account: str
    before: dict[str, Any]
    after: dict[str, Any]


class WorkIn(BaseModel):
    """Works to announce: on one access, or on an OLT and there on a PON, PM or PBO where one is named."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "label": "Reprise du PBO",
                    "starts_at": "2019-05-10T08:00:00+02:00",
                    "ends_at": "2019-05-10T12:00:00+02:00",
                    "id1": "F00000015",
                }
            ],
            **all_of(one_of("id1", "olt")),
        },
    )

    label: Annotated[str, Field(min_length=1, max_length=200)]
    starts_at: Instant
    ends_at: Instant
    id1: Id1 | None = None
    olt: Name | None = None
    pon: PonName | None = None
    pm: Text | None = None
    pbo: Text | None = None

    def work(self) -> PlannedWork:
        """The domain's works, with a name of their own."""
        return PlannedWork(uuid4().hex, **self.model_dump())


class WorkOut(BaseModel):
    """Planned works."""

    model_config = ConfigDict(from_attributes=True)

    work_id: str
    label: str
    starts_at: datetime
    ends_at: datetime
    id1: Id1 | None
    olt: str | None
    pon: PonName | None
    pm: str | None
    pbo: str | None
    cancelled_at: datetime | None


class LineOut(BaseModel):
    """What became of one line of a file."""

    model_config = ConfigDict(from_attributes=True)

    line: int
    id1: str | None
    outcome: str
    errors: list[dict[str, str]]


class ReportOut(BaseModel):
    """What became of a file, line by line; ``encoding`` and ``separator`` as they were read."""

    summary: str
    encoding: str
    separator: str | None
    lines: list[LineOut]

    @classmethod
    def of(cls, summary: str, lines: list[Any], encoding: str, separator: str | None) -> Self:
        """The report."""
        told = [LineOut(line=one.number, id1=one.id1, outcome=one.outcome, errors=one.errors) for one in lines]
        return cls(summary=summary, encoding=encoding, separator=separator, lines=told)
