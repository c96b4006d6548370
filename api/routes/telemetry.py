"""Telemetry: last values, history, worst ones, of an access, an ONT, a PON port, an OLT or a whole fleet."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any

from fastapi import Depends, Query

from api.deps import PrincipalDep, ServiceDep, not_kept, text_form
from api.routing import Router
from api.schemas.inventory import Name
from api.schemas.problems import problems
from api.schemas.sent import Instant
from api.schemas.telemetry import MetricOut, SamplesOut, StepOut
from api.services.telemetry import About
from collectors.cycle.batch import storable
from domain.errors import InvalidValueError
from domain.identifiers import Id1, OntName, PonName
from domain.metric import Metric, all_metrics, metric

router = Router(
    prefix="/api/v1/telemetry",
    tags=["Telemetry"],
    dependencies=[Depends(not_kept)],
    responses=problems(401, 403, 404, 422, 504),
)

_DAY = timedelta(days=1)


async def _about(
    access: Annotated[
        str | None,
        Query(
            description="Identifier of the prestation (ID1)", examples=["F00000015"], json_schema_extra=text_form(Id1)
        ),
    ] = None,
    olt: Annotated[Name | None, Query(description="Name of the OLT")] = None,
    pon: Annotated[str | None, Query(description="PON port", json_schema_extra=text_form(PonName))] = None,
    ont: Annotated[
        str | None, Query(description="ONT as its OLT names it", json_schema_extra=text_form(OntName))
    ] = None,
) -> About:
    return About(
        None if access is None else Id1.parse(access),
        olt,
        None if pon is None else PonName.parse(pon),
        None if ont is None else OntName.parse(ont),
    )


def _kept(key: str) -> Metric[Any]:
    found = metric(key)
    if not storable(found):
        raise InvalidValueError("metric", key, "a metric that telemetry keeps")
    return found


def _named(schema: dict[str, Any]) -> None:
    schema["enum"] = sorted(one.key for one in all_metrics().values() if storable(one))


def _all_named(schema: dict[str, Any]) -> None:
    _named(schema["items"])


async def _metric(
    key: Annotated[str, Query(alias="metric", examples=["ont.rx_power_dbm"], json_schema_extra=_named)],
) -> Metric[Any]:
    return _kept(key)


async def _metrics(
    keys: Annotated[
        list[str],
        Query(
            alias="metric",
            min_length=1,
            max_length=32,
            examples=[["ont.rx_power_dbm"]],
            json_schema_extra=_all_named,
        ),
    ],
) -> list[Metric[Any]]:
    return [_kept(key) for key in dict.fromkeys(keys)]


AboutDep = Annotated[About, Depends(_about)]
MetricDep = Annotated[Metric[Any], Depends(_metric)]
MetricsDep = Annotated[list[Metric[Any]], Depends(_metrics)]
Limit = Annotated[int, Query(ge=1, le=20_000, description="Values given at most")]
When = Annotated[Instant | None, Query(description="Instant, with its offset")]


@router.get("/metrics", operation_id="list_metrics", summary="What telemetry keeps")
async def metrics(_who: PrincipalDep) -> list[MetricOut]:
    """The metrics that may be asked for."""
    kept = (one for one in all_metrics().values() if storable(one))
    return [MetricOut(key=one.key, label=one.label_fr, unit=one.unit) for one in sorted(kept, key=lambda one: one.key)]


@router.get("/last", operation_id="read_last_values", summary="Last values")
async def last(
    about: AboutDep, wanted: MetricsDep, who: PrincipalDep, service: ServiceDep, limit: Limit = 1_000
) -> SamplesOut:
    """The last value of each metric of each ONT or PON port, whatever its age, which is told."""
    return SamplesOut.of(await service.telemetry.last(who, about, wanted), service.clock.now(), limit)


@router.get("/series", operation_id="read_series", summary="Every value of a period")
async def series(
    about: AboutDep,
    wanted: MetricDep,
    who: PrincipalDep,
    service: ServiceDep,
    since: When = None,
    until: When = None,
    limit: Limit = 10_000,
) -> SamplesOut:
    """Every value of an access, an ONT or a PON port, of the last 24 hours unless said otherwise."""
    until = until or service.clock.now()
    found = await service.telemetry.series(who, about, wanted, since or until - _DAY, until)
    return SamplesOut.of(found, service.clock.now(), limit)


@router.get("/as-of", operation_id="read_values_as_of", summary="Values at a past instant")
async def as_of(
    about: AboutDep,
    wanted: MetricDep,
    who: PrincipalDep,
    service: ServiceDep,
    at: Annotated[Instant, Query(description="Instant, with its offset")],
    limit: Limit = 1_000,
) -> SamplesOut:
    """The last value of each ONT or PON port at or before an instant."""
    return SamplesOut.of(await service.telemetry.as_of(who, about, wanted, at), service.clock.now(), limit)


@router.get("/worst", operation_id="read_worst_values", summary="The worst values")
async def worst(
    about: AboutDep,
    wanted: MetricDep,
    who: PrincipalDep,
    service: ServiceDep,
    count: Annotated[int, Query(ge=1, le=1_000)] = 100,
    highest: Annotated[bool, Query(description="The highest rather than the lowest")] = False,
) -> SamplesOut:
    """The lowest last values of the fleet, of an OLT or of a PON port, worst first; or the highest."""
    found = await service.telemetry.worst(who, about, wanted, count, lowest=not highest)
    return SamplesOut.of(found, service.clock.now(), count)


@router.get("/trend", operation_id="read_trend", summary="Minimum, mean and maximum by step")
async def trend(
    about: AboutDep,
    wanted: MetricDep,
    who: PrincipalDep,
    service: ServiceDep,
    since: When = None,
    until: When = None,
    step_s: Annotated[int, Query(ge=60, le=86_400, description="Step, in seconds")] = 3_600,
) -> list[StepOut]:
    """The values of a period, by step: of an access, an ONT, a PON port, an OLT."""
    until = until or service.clock.now()
    steps = await service.telemetry.trend(who, about, wanted, since or until - _DAY, until, step_s)
    return [StepOut(start=at, low=low, mean=mean, high=high, count=n) for at, low, mean, high, n in steps]
