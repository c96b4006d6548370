"""Page « Ce qui va tomber »: what it lists, to whom, its filters and its pages."""

from __future__ import annotations

from datetime import timedelta

from domain.identifiers import OntName
from domain.trend import Trend, TrendCause, TrendFact, TrendKind
from domain.verdict import Scope
from storage.trends import ScanReport
from tests.web import golden
from tests.web.html import parse
from tests.web.world import CLERK, NOC, STRANGER, SUPPORT, World

ADDRESS = "/previsions"


def trend(ont: OntName | None = golden.ONT, left: float | None = 12.4, cause: TrendCause = TrendCause.LINE) -> Trend:
    return Trend(
        olt="OLT-LYON-03",
        scope=Scope.INDIVIDUAL if ont else Scope.PON,
        pon=golden.ONT.pon_name,
        ont=ont,
        place=None,
        onts=1 if ont else 31,
        kind=TrendKind.DRIFT,
        cause=cause,
        since=golden.NOW - timedelta(days=20),
        slope_db_day=0.15,
        change_db=3.0,
        days_left=left,
        confidence=0.85,
        facts=(TrendFact("loss_rises_down", {"slope": 0.15, "change": 3.0, "days": 20.0}),),
    )


async def kept(world: World, *trends: Trend) -> None:
    report = ScanReport(golden.NOW, 1, 600, 2.5, 0)
    pbo_of = {("OLT-LYON-03", golden.ONT): "PT 002053"}
    await world.service.records.trends.replace(NOC, trends, pbo_of, [], report)


async def test_before_the_first_scan_the_page_says_so(world: World) -> None:
    async with world.client(NOC) as browser:
        page = parse((await browser.get(ADDRESS)).text)
    assert "Aucun relevé de votre réseau" in page.xpath("string(//main)")
    assert page.xpath("//table") == []


async def test_the_noc_reads_where_why_since_when_and_how_long(world: World) -> None:
    await kept(world, trend(None, 3.2, TrendCause.OLT_SFP), trend(), trend(OntName(1, 1, 5, 10, 20), 0.0))
    async with world.client(NOC) as browser:
        page = parse((await browser.get(ADDRESS)).text)
    rows = [" ".join(" ".join(row.itertext()).split()) for row in page.xpath("//tbody/tr")]
    assert [row.split()[0] for row in rows] == ["ONT-1-1-5-10-20", "PON-1-1-5-10", "ONT-1-1-5-10-19"]
    assert "dépassée" in rows[0]
    assert "Module optique du port (OLT)" in rows[1]
    assert "3 jours" in rows[1]
    for words in ("PT 002053", "Dérive", "19/04/2019", "0,15 dB/jour", "3,0 dB", "12 jours", "85 %",
                  "La perte descendante augmente de 0,15 dB par jour"):  # fmt: skip
        assert words in rows[2], words
    assert page.xpath("//a[contains(@href, 'will-fail.csv')]/@href") == ["/api/v1/telemetry/will-fail.csv"]


async def test_filters_are_kept_from_page_to_page_and_in_the_export(world: World) -> None:
    onts = [trend(OntName(1, 1, 5, 10, 30 + place), float(place)) for place in range(60)]
    await kept(world, *onts)
    async with world.client(NOC) as browser:
        first = parse((await browser.get(f"{ADDRESS}?genre=drift&horizon=100")).text)
        second = parse((await browser.get(first.xpath("//a[@rel='next']/@href")[0])).text)
        none = parse((await browser.get(f"{ADDRESS}?genre=cycle")).text)
    assert (len(first.xpath("//tbody/tr")), len(second.xpath("//tbody/tr"))) == (50, 10)
    assert second.xpath("//option[@selected]/@value") == ["drift"]
    assert first.xpath("//a[contains(@href, '.csv')]/@href") == [
        "/api/v1/telemetry/will-fail.csv?kind=drift&horizon_days=100.0"
    ]
    assert "Aucune tendance ne répond" in none.xpath("string(//main)")


async def test_a_commercial_operator_reads_its_own_accesses_only(world: World) -> None:
    await kept(world, trend(None, 3.2, TrendCause.OLT_SFP), trend())
    async with world.client(SUPPORT) as browser:
        page = parse((await browser.get(ADDRESS)).text)
    assert page.xpath("//tbody/tr/th/a/text()") == ["F00000015"]
    assert len(page.xpath("//tbody/tr")) == 1
    async with world.client(STRANGER) as browser:
        assert parse((await browser.get(ADDRESS)).text).xpath("//tbody/tr") == []
    async with world.client(CLERK) as browser:
        assert (await browser.get(ADDRESS)).status_code == 403


async def test_an_unknown_olt_or_a_horizon_that_is_no_number_is_told_in_the_page(world: World) -> None:
    async with world.client(NOC) as browser:
        unknown = await browser.get(f"{ADDRESS}?olt=OLT-X")
        wrong = await browser.get(f"{ADDRESS}?horizon=-3")
        genre = await browser.get(f"{ADDRESS}?genre=autre")
    assert (unknown.status_code, wrong.status_code, genre.status_code) == (404, 422, 422)
    assert "OLT-X" in parse(unknown.text).xpath("string(//p[@role='alert'])")
