"""Questions to the telemetry store over the running demo: each within what its asker may see."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from api.demo.running import Demo

pytestmark = pytest.mark.asyncio(loop_scope="module")

RX = "ont.rx_power_dbm"


@pytest.fixture
def network(demo: Demo) -> dict[str, str]:
    """Headers of the infrastructure operator."""
    return {"Authorization": f"Bearer {demo.network_token}"}


async def ask(demo: Demo, what: str, headers: dict[str, str] | None = None, **question: Any) -> Any:
    """What the store answers; it has been filled by the first walk."""
    async with asyncio.timeout(20):
        while demo.service.collection.polling.counters.rows == 0:  # noqa: ASYNC110 - a counter
            await asyncio.sleep(0.02)
    answer = await demo.client.get(f"/api/v1/telemetry/{what}", params=question, headers=headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_the_last_value_of_an_access_has_its_instant_its_age_and_its_source(demo: Demo) -> None:
    (one,) = (await ask(demo, "last", access="F00000015", metric=RX))["values"]
    assert (one["value"], one["unit"], one["reason"]) == (-19.36, "dBm", None)
    assert (one["olt"], one["pon"], one["ont"]) == (demo.olt, "PON-1-1-5-10", "ONT-1-1-5-10-19")
    assert one["age_s"] >= 0
    assert one["source"] == {"via": "snmp", "detail": "1.3.6.1.4.1.637.61.1.35.10.14.1.2"}


async def test_states_are_words_and_a_whole_pon_port_can_be_asked(demo: Demo, network: dict[str, str]) -> None:
    told = await ask(demo, "last", network, olt=demo.olt, pon="PON-1-1-5-10", metric=["ont.oper", RX])
    assert {one["value"] for one in told["values"] if one["metric"] == "ont.oper"} <= {"up", "down"}
    assert {one["pon"] for one in told["values"]} == {"PON-1-1-5-10"}
    short = await ask(demo, "last", network, olt=demo.olt, metric=RX, limit=3)
    assert (len(short["values"]), short["truncated"]) == (3, True)


async def test_series_trend_and_as_of_agree_with_the_last_value(demo: Demo) -> None:
    (last,) = (await ask(demo, "last", access="F00000015", metric=RX))["values"]
    now = demo.service.clock.now()
    series = (await ask(demo, "series", access="F00000015", metric=RX))["values"]
    (before,) = (await ask(demo, "as-of", access="F00000015", metric=RX, at=now.isoformat()))["values"]
    steps = await ask(demo, "trend", access="F00000015", metric=RX, step_s=3600)
    assert [one["value"] for one in series][-1] == before["value"] == last["value"]
    assert sum(step["count"] for step in steps) == len(series)
    assert steps[-1]["low"] <= last["value"] <= steps[-1]["high"]
    early = (now - timedelta(days=3)).isoformat()
    assert (await ask(demo, "as-of", access="F00000015", metric=RX, at=early))["values"] == []


async def test_the_worst_are_sorted_and_within_the_fleet_of_who_asks(demo: Demo, network: dict[str, str]) -> None:
    fleet = (await ask(demo, "worst", network, metric=RX, count=5))["values"]
    levels = [one["value"] for one in fleet]
    assert (len(levels), levels) == (5, sorted(levels))
    mine = (await ask(demo, "worst", metric=RX, count=1000, highest=True))["values"]
    accesses = (await demo.client.get("/api/v1/accesses")).json()
    places = {access["place"]["ont"] for access in accesses if access["place"]}
    assert {one["ont"] for one in mine} <= places
    assert mine[0]["value"] == max(one["value"] for one in mine)


async def test_nobody_sees_another_operator_s_values(
    demo: Demo, stranger: dict[str, str], network: dict[str, str]
) -> None:
    assert (await ask(demo, "worst", stranger, metric=RX))["values"] == []
    for question in ({"access": "F00000015"}, {"olt": demo.olt}, {"olt": demo.olt, "ont": "ONT-1-1-5-10-19"}):
        answer = await demo.client.get("/api/v1/telemetry/last", params={**question, "metric": RX}, headers=stranger)
        assert answer.status_code == 404, question
    neighbour = {"olt": demo.olt, "ont": "ONT-1-1-5-10-20", "metric": RX}
    served = {a["place"]["ont"] for a in (await demo.client.get("/api/v1/accesses")).json() if a["place"]}
    expected = 200 if neighbour["ont"] in served else 404
    assert (await demo.client.get("/api/v1/telemetry/last", params=neighbour)).status_code == expected
    other = await demo.client.get("/api/v1/telemetry/last", params={"olt": "OLT-X", "metric": RX}, headers=network)
    assert other.status_code == 404


@pytest.mark.parametrize(
    ("what", "question", "field"),
    [
        ("last", {"metric": "ont.password"}, "metric"),
        ("last", {"metric": "no.such"}, "metric"),
        ("last", {}, "metric"),
        ("last", {"metric": RX, "ont": "ONT-1-1-5-10-19"}, "olt"),
        ("last", {"metric": RX, "olt": "O", "pon": "PON-1-1-5-10", "ont": "ONT-1-1-5-10-19"}, "pon"),
        ("last", {"metric": RX, "access": "F00000015", "olt": "O"}, "access"),
        ("series", {"metric": RX}, "access"),
        ("series", {"metric": RX, "access": "F00000015", "since": "2019-05-09T10:00:00"}, "since"),
        ("series", {"metric": RX, "access": "F00000015", "since": "2001-01-01T00:00:00Z"}, "until"),
        ("trend", {"metric": RX, "access": "F00000015", "since": "2019-05-01T00:00:00Z", "step_s": "60"}, "step_s"),
        ("trend", {"metric": RX}, "access"),
    ],
)
async def test_a_question_that_makes_no_sense_names_its_field(
    demo: Demo, what: str, question: dict[str, str], field: str
) -> None:
    answer = await demo.client.get(f"/api/v1/telemetry/{what}", params=question)
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == field


async def test_the_metrics_that_are_kept_are_listed(demo: Demo) -> None:
    keys = {one["key"] for one in await ask(demo, "metrics")}
    assert RX in keys
    assert "ont.password" not in keys


async def test_every_new_route_declares_its_errors(demo: Demo) -> None:
    paths = (await demo.client.get("/openapi.json")).json()["paths"]
    routes = [path for path in paths if path.startswith("/api/v1/telemetry") or "/olts/{name}/" in path]
    for path in routes:
        for operation in paths[path].values():
            if "outside-plant" not in path:
                assert {"401", "403", "404", "422"} <= operation["responses"].keys(), path
                assert "application/problem+json" in operation["responses"]["404"]["content"], path
