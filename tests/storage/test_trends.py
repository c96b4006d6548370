"""Trends and reference measures, each operator's apart, replaced as a whole by the next scan."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from domain.errors import InvalidValueError, NotFoundError
from domain.identifiers import Id1, OntName
from domain.metrics.reference import REFERENCE_ONT_RX_DBM
from domain.reference import Occasion, ReferenceMeasure
from domain.trend import Trend, TrendCause, TrendFact, TrendKind, Unknown, Unmeasured
from domain.verdict import Scope
from storage.records import Records
from storage.trends import ScanReport, TrendQuery
from tests.storage.samples import ALPHA, BETA, INFRA, NOW, ONT, access, provision

ANY = TrendQuery()
REPORT = ScanReport(NOW, 1, 600, 2.5, 3)
ID1 = access().id1


def trend(ont: OntName | None = ONT, left: float | None = 10.0, **other: object) -> Trend:
    base = Trend(
        "OLT-A", Scope.INDIVIDUAL if ont else Scope.PBO, ONT.pon_name, ont, None if ont else "PBO-1", 1,
        TrendKind.DRIFT, TrendCause.LINE, NOW, 0.1, 2.0, left, 0.85, (TrendFact("falls", {"day": 3.0, "week": 7.0}),),
    )  # fmt: skip
    return replace(base, **other)  # type: ignore[arg-type] # fields of a trend


async def test_a_scan_replaces_what_the_last_one_left_and_reads_back_as_it_was(records: Records) -> None:
    old, new = trend(left=3.0), trend()
    unknown = [Unknown("OLT-A", OntName(1, 1, 5, 10, 30), Unmeasured.OFFLINE, 0)]
    await records.trends.replace(INFRA, [old, old], {}, unknown, REPORT)
    await records.trends.replace(INFRA, [new], {("OLT-A", ONT): "PBO-1"}, unknown, REPORT)
    page = await records.trends.page(INFRA, ANY, 10, 0)
    [kept] = page.items
    assert (kept.trend, kept.pbo, kept.id1, page.total) == (new, "PBO-1", None, 1)
    assert await records.trends.unknown(INFRA, "OLT-A", 10, 0) == (unknown, 1)
    assert await records.trends.unknown(INFRA, "OLT-B", 10, 0) == ([], 0)
    assert await records.trends.last_scan(INFRA) == REPORT
    assert await records.trends.last_scan(ALPHA) is None
    assert (await records.trends.page(ALPHA, ANY, 10, 0)).items == ()


async def test_the_list_begins_with_what_leaves_its_class_first(records: Records) -> None:
    trends = [trend(left=left) for left in (None, 12.0, 0.0, 4.0)]
    await records.trends.replace(INFRA, trends, {}, [], REPORT)
    page = await records.trends.page(INFRA, ANY, 10, 0)
    assert [kept.trend.days_left for kept in page.items] == [0.0, 4.0, 12.0, None]
    near = await records.trends.page(INFRA, TrendQuery(horizon_days=4.0), 1, 1)
    assert ([kept.trend.days_left for kept in near.items], near.total) == ([4.0], 2)


async def test_a_pbo_is_found_by_its_own_trend_and_by_those_of_its_onts(records: Records) -> None:
    trends = [trend(None), trend(), trend(OntName(1, 1, 5, 10, 20), kind=TrendKind.STEP, olt="OLT-B")]
    await records.trends.replace(INFRA, trends, {("OLT-A", ONT): "PBO-1"}, [], REPORT)
    found = await records.trends.page(INFRA, TrendQuery(pbo="PBO-1"), 10, 0)
    assert {kept.trend.ont for kept in found.items} == {None, ONT}
    steps = await records.trends.page(INFRA, TrendQuery(kind=TrendKind.STEP), 10, 0)
    assert [kept.trend.olt for kept in steps.items] == ["OLT-B"]
    assert (await records.trends.page(INFRA, TrendQuery(olt="OLT-A"), 10, 0)).total == 2


async def test_a_commercial_operator_finds_its_accesses_by_their_id1(records: Records) -> None:
    await provision(records)
    await records.trends.replace(INFRA, [trend(None), trend(), trend(OntName(1, 1, 9, 9, 9))], {}, [], REPORT)
    mine = await records.trends.page_of_accesses(ALPHA, ANY, 10, 0)
    assert [(kept.trend.ont, kept.id1) for kept in mine.items] == [(ONT, str(ID1))]
    theirs = await records.trends.page_of_accesses(BETA, ANY, 10, 0)
    assert ONT not in {kept.trend.ont for kept in theirs.items}


async def test_a_reference_measure_reads_back_and_the_newest_comes_first(records: Records) -> None:
    await provision(records)
    old = ReferenceMeasure(
        NOW - timedelta(days=9), Occasion.COMMISSIONING, "recette", -19.0, 2.3, -20.5, 3.4, 12.0, 20.0
    )
    new = ReferenceMeasure(NOW, Occasion.TICKET_CLOSED, "N° 1", ont_rx_dbm=-18.5)
    for measure in (new, old):
        await records.references.keep(ALPHA, ID1, measure)
    assert await records.references.list(ALPHA, ID1) == [new, old]
    assert await records.references.last(ALPHA.operator_id, ID1) == new
    better = replace(new, ont_rx_dbm=-18.6)
    await records.references.keep(ALPHA, ID1, better)
    assert await records.references.list(ALPHA, ID1) == [better, old]
    assert len(old.values) == 6
    assert new.readings().value(REFERENCE_ONT_RX_DBM) == -18.5


async def test_no_operator_keeps_or_reads_the_references_of_another(records: Records) -> None:
    await provision(records)
    measure = ReferenceMeasure(NOW, Occasion.BOX_EXCHANGE, "x", ont_rx_dbm=-18.5)
    with pytest.raises(NotFoundError):
        await records.references.keep(BETA, ID1, measure)
    await records.references.keep(ALPHA, ID1, measure)
    assert await records.references.list(BETA, ID1) == []
    assert await records.references.last(BETA.operator_id, ID1) is None
    with pytest.raises(NotFoundError):
        await records.references.keep(ALPHA, Id1("F99999999"), measure)


def test_a_measure_without_any_level_is_none() -> None:
    with pytest.raises(InvalidValueError):
        ReferenceMeasure(NOW, Occasion.COMMISSIONING, "recette")
