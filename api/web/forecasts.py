"""Page « Ce qui va tomber » of the NOC: the list with its filters and pages."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Query, Request, Response

from api.deps import PrincipalDep, ServiceDep
from api.problems import describe
from api.routing import Router
from api.schemas.trends import TrendOut
from api.web.errors import PageRoute
from api.web.labels import say
from api.web.rendering import page
from domain.errors import NotFoundError
from domain.trend import TrendKind
from storage.trends import Page, TrendQuery

router = Router(route_class=PageRoute, include_in_schema=False)

_PER_PAGE = 50
_TEXT = 200


async def _given(
    olt: Annotated[str, Query(max_length=_TEXT)] = "",
    pbo: Annotated[str, Query(max_length=_TEXT)] = "",
    genre: Annotated[str, Query(max_length=20)] = "",
    horizon: Annotated[str, Query(max_length=8)] = "",
) -> dict[str, str]:
    """The fields of the form, as typed."""
    return {"olt": olt.strip(), "pbo": pbo.strip(), "genre": genre, "horizon": horizon.strip()}


@router.get("/previsions")
async def forecasts(
    request: Request,
    who: PrincipalDep,
    service: ServiceDep,
    given: Annotated[dict[str, str], Depends(_given)],
    feuille: Annotated[int, Query(alias="page", ge=1, le=20_000)] = 1,
) -> Response:
    """What drifts, steps, cycles or falls, first what leaves its class first."""
    status, erreur, found = 200, None, Page((), 0)
    query = _query(given)
    if query is None:
        status, erreur = 422, say("saisie", "horizon")
    else:
        try:
            found = await service.trends.page(who, query, _PER_PAGE, (feuille - 1) * _PER_PAGE)
        except NotFoundError as error:
            status, erreur, _ = describe(error, "fr")
    kept = {name: value for name, value in given.items() if value}
    return page(
        request,
        "previsions.html",
        status,
        who=who,
        lignes=[TrendOut.of(one, "fr") for one in found.items],
        total=found.total,
        releve=await service.trends.last_scan(who),
        saisie=given,
        genres=TrendKind,
        erreur=erreur,
        feuille=feuille,
        feuilles=max(1, -(-found.total // _PER_PAGE)),
        suite=urlencode(kept),
        export=urlencode(_for_api(query)) if query is not None else "",
    )


def _query(given: dict[str, str]) -> TrendQuery | None:
    """The filters as typed; ``None`` where the horizon or the kind is none."""
    try:
        horizon = float(given["horizon"].replace(",", ".")) if given["horizon"] else None
        kind = TrendKind(given["genre"]) if given["genre"] else None
    except ValueError:
        return None
    if horizon is not None and not 0 <= horizon <= 3650:
        return None
    return TrendQuery(given["olt"] or None, given["pbo"] or None, kind, horizon)


def _for_api(query: TrendQuery) -> dict[str, str]:
    pairs = {"olt": query.olt, "pbo": query.pbo, "kind": query.kind, "horizon_days": query.horizon_days}
    return {name: str(value) for name, value in pairs.items() if value is not None}
