"""What is going to fail: the list, what cannot be measured, a scan on demand; and the references of an access."""

from __future__ import annotations

from enum import Enum
from typing import Annotated

from fastapi import Depends, Query, Response

from api.deps import Id1Path, LanguageDep, PrincipalDep, ProvisionerDep, ServiceDep, TesterDep, not_kept
from api.routing import Router
from api.schemas.inventory import Name
from api.schemas.problems import problems
from api.schemas.trends import ReferenceIn, ReferenceOut, ScanOut, TrendOut, UnknownOut, UnknownsOut, WillFailOut
from api.trend_text import as_csv
from domain.errors import InvalidValueError
from domain.trend import TrendKind
from storage.trends import TrendQuery

router = Router(dependencies=[Depends(not_kept)])

_LIST = "/api/v1/telemetry/will-fail"
_TAGS: list[str | Enum] = ["Telemetry"]
CSV_ROWS = 50_000
"""Lines of an export at most (C): what a spreadsheet opens."""


async def wanted(
    olt: Annotated[Name | None, Query(description="Name of the OLT")] = None,
    pbo: Annotated[str | None, Query(description="Reference of the PBO", max_length=200)] = None,
    kind: Annotated[TrendKind | None, Query(description="Drift, step, cycle or flapping")] = None,
    horizon_days: Annotated[float | None, Query(ge=0, le=3650, description="Limit within so many days")] = None,
) -> TrendQuery:
    """The filters of the list."""
    return TrendQuery(olt, pbo, kind, horizon_days)


QueryDep = Annotated[TrendQuery, Depends(wanted)]
Limit = Annotated[int, Query(ge=1, le=1_000)]
Offset = Annotated[int, Query(ge=0, le=1_000_000)]


@router.get(
    _LIST,
    tags=_TAGS,
    operation_id="list_will_fail",
    summary="What is going to fail",
    responses=problems(401, 403, 404, 422),
)
async def will_fail(
    query: QueryDep,
    who: PrincipalDep,
    service: ServiceDep,
    language: LanguageDep,
    limit: Limit = 100,
    offset: Offset = 0,
) -> WillFailOut:
    """Drifts, steps, cycles and falls of the last 30 days, first those that leave their class first.

    The infrastructure operator sees its network (right « NOC »), another one the ONTs of its accesses.
    """
    page = await service.trends.page(who, query, limit, offset)
    items = [TrendOut.of(kept, language) for kept in page.items]
    return WillFailOut.of(items, page.total, await service.trends.last_scan(who))


@router.get(
    f"{_LIST}.csv",
    tags=_TAGS,
    operation_id="export_will_fail",
    summary="What is going to fail, as CSV",
    response_class=Response,
    responses={200: {"content": {"text/csv": {}}}, **problems(401, 403, 404, 422)},
)
async def export(query: QueryDep, who: PrincipalDep, service: ServiceDep, language: LanguageDep) -> Response:
    """The same list, all of it."""
    page = await service.trends.page(who, query, CSV_ROWS, 0)
    headers = {"Content-Disposition": 'attachment; filename="previsions.csv"', "Cache-Control": "no-store"}
    return Response(as_csv(page.items, language), media_type="text/csv; charset=utf-8", headers=headers)


@router.get(
    f"{_LIST}/unmeasured",
    tags=_TAGS,
    operation_id="list_unmeasured",
    summary="What cannot be measured",
    responses=problems(401, 403, 404, 422),
)
async def unmeasured(
    who: PrincipalDep,
    service: ServiceDep,
    language: LanguageDep,
    olt: Annotated[Name | None, Query(description="Name of the OLT")] = None,
    limit: Limit = 100,
    offset: Offset = 0,
) -> UnknownsOut:
    """ONTs of which no trend can be told, and why: too few days, off line, no level given."""
    found, total = await service.trends.unknown(who, olt, limit, offset)
    return UnknownsOut(items=[UnknownOut.of(one, language) for one in found], total=total)


@router.post(
    f"{_LIST}/scan",
    tags=_TAGS,
    operation_id="scan_trends",
    summary="Make the list anew now",
    responses=problems(401, 403, 404, 409, 422),
)
async def scan(who: PrincipalDep, service: ServiceDep) -> ScanOut:
    """Scan the network's telemetry now, without waiting for the night. Needs the right « NOC »."""
    return ScanOut.model_validate(await service.trends.scan(who))


_REFERENCES = "/api/v1/accesses/{id1}/references"


@router.get(
    _REFERENCES,
    tags=["Inventory"],
    operation_id="list_references",
    summary="Reference measures",
    responses=problems(401, 403, 404, 422),
)
async def references(id1: Id1Path, who: TesterDep, service: ServiceDep) -> list[ReferenceOut]:
    """The reference measures of an access, newest first: the first one is what tests compare with."""
    return [ReferenceOut.model_validate(one) for one in await service.lifecycle.references(who, id1)]


@router.post(
    _REFERENCES, status_code=201, tags=["Inventory"], operation_id="keep_reference",
    summary="Keep a reference measure",
    responses=problems(401, 403, 404, 422),
)  # fmt: skip
async def keep_reference(id1: Id1Path, body: ReferenceIn, who: ProvisionerDep, service: ServiceDep) -> ReferenceOut:
    """Keep the levels of an access at its creation, an exchange or the end of a ticket. Needs « inventaire »."""
    now = service.clock.now()
    measure = body.measure(now)
    if measure.at > now:
        raise InvalidValueError("at", measure.at.isoformat(), "an instant that is not to come")
    await service.records.references.keep(who, id1, measure)
    return ReferenceOut.model_validate(measure)
