"""The GTR of signalisations over HTTP: edges of the window, zones, freezes, the breach that is told once."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from domain.gtr import GtrZone
from tests.api.test_signalisation import api, deposit
from tests.web import golden
from tests.web.world import ADMINISTRATOR, CLERK, DEPOSITOR, REPAIRER, World, opened


@pytest.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    async with opened(tmp_path, monkeypatch) as found:
        for who in (DEPOSITOR, REPAIRER):  # what is told here takes months
            issued = await found.service.records.tokens.issue(who, golden.NOW, timedelta(days=366))
            found.tokens[f"{who.operator_id}/{who.account}"] = issued.token.reveal()
        yield found


async def deposited_at(world: World, instant: str, zone: GtrZone = GtrZone.METROPOLE) -> dict[str, Any]:
    """A signalisation of an access with the option, deposited at that instant."""
    world.clock.instant = datetime.fromisoformat(instant).astimezone(UTC)
    await world.service.lifecycle.provision(CLERK, replace(golden.access(), gtr=True, zone=zone))
    await world.finished(golden.cut_drop())
    answer = await deposit(world)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def moved(world: World, number: str, action: str, **body: str) -> dict[str, Any]:
    who = DEPOSITOR if action in {"cancel", "reopen"} else REPAIRER
    async with api(world, who) as client:
        answer = await client.post(f"/tickets/{number}/moves", json={"action": action, **body})
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def due(ticket: dict[str, Any]) -> datetime:
    return datetime.fromisoformat(ticket["gtr"]["deadline_at"])


@pytest.mark.parametrize(
    ("instant", "expected", "zone"),
    [
        ("2019-05-14T07:59:59+02:00", "2019-05-14T18:00:00+02:00", GtrZone.METROPOLE),
        ("2019-05-14T08:00:00+02:00", "2019-05-14T18:00:00+02:00", GtrZone.METROPOLE),
        ("2019-05-14T17:59:59+02:00", "2019-05-15T17:59:59+02:00", GtrZone.METROPOLE),
        ("2019-05-14T18:00:00+02:00", "2019-05-15T18:00:00+02:00", GtrZone.METROPOLE),
        ("2019-10-26T16:30:00+02:00", "2019-10-28T16:30:00+01:00", GtrZone.METROPOLE),
        ("2019-04-18T12:00:00+02:00", "2019-04-19T12:00:00+02:00", GtrZone.METROPOLE),
        ("2019-04-18T12:00:00+02:00", "2019-04-20T12:00:00+02:00", GtrZone.ALSACE_MOSELLE),
    ],
)
async def test_a_deposit_is_due_by_the_calendar_of_its_access(
    world: World, instant: str, expected: str, zone: GtrZone
) -> None:
    ticket = await deposited_at(world, instant, zone)
    assert due(ticket) == datetime.fromisoformat(expected)
    assert ticket["gtr"]["remaining_s"] == 36_000


async def test_without_the_option_there_is_no_deadline_and_no_breach(world: World) -> None:
    await world.finished(golden.cut_drop())
    ticket = (await deposit(world)).json()
    assert (ticket["gtr"], ticket["deadline_at"]) == (None, None)
    world.clock.instant += timedelta(days=30)
    assert await world.service.tickets.commitments.watch() == 0


async def test_the_option_taken_or_given_up_afterwards_changes_no_deposit(world: World) -> None:
    ticket = await deposited_at(world, "2019-05-14T10:30:00+02:00")
    await world.service.lifecycle.set_gtr(CLERK, golden.ID1, gtr=False)
    async with api(world, DEPOSITOR) as client:
        kept = (await client.get(f"/tickets/{ticket['number']}")).json()
    assert due(kept) == datetime.fromisoformat("2019-05-15T10:30:00+02:00")


async def test_by_default_a_freeze_stops_no_clock(world: World) -> None:
    ticket = await deposited_at(world, "2019-05-14T10:30:00+02:00")
    world.clock.instant += timedelta(hours=1)
    held = await moved(world, ticket["number"], "hold")
    assert due(held) == due(ticket)


async def test_with_the_freeze_option_the_clock_stands_still_while_it_is_held(world: World) -> None:
    world.service.tickets.commitments._freezes = True
    watch = world.service.tickets.commitments.watch
    ticket = await deposited_at(world, "2019-05-14T10:30:00+02:00")
    world.clock.instant += timedelta(hours=1)
    held = await moved(world, ticket["number"], "hold", text="client absent")
    assert (held["gtr"]["deadline_at"], held["gtr"]["remaining_s"]) == (None, 9 * 3600)
    world.clock.instant += timedelta(days=9)
    assert await watch() == 0
    resumed = await moved(world, ticket["number"], "resume")
    assert resumed["gtr"]["remaining_s"] == 9 * 3600
    assert due(resumed) == datetime.fromisoformat("2019-05-24T10:30:00+02:00")
    world.clock.instant = due(resumed) + timedelta(seconds=1)
    assert await watch() == 1


async def test_a_breach_is_told_to_the_operator_s_system_once_with_what_it_is_about(world: World) -> None:
    hook = await world.service.webhooks.add(ADMINISTRATOR, "http://127.0.0.1:9/sav", None)
    ticket = await deposited_at(world, "2019-05-14T10:30:00+02:00")
    world.clock.instant = due(ticket)
    watch = world.service.tickets.commitments.watch
    assert await watch() == 0
    world.clock.instant += timedelta(seconds=1)
    assert [await watch(), await watch()] == [1, 0]
    found = await world.service.records.webhooks.deliveries(ADMINISTRATOR, hook.webhook_id, None, None, 50)
    told = [json.loads(one.payload) for one in found if one.kind.value == "ticket.gtr_breached"]
    assert [one["data"]["number"] for one in told] == [ticket["number"]]
    assert told[0]["data"]["access"] == "F00000015"
    async with api(world, DEPOSITOR) as client:
        shown = (await client.get(f"/tickets/{ticket['number']}")).json()
    assert shown["events"][-1]["kind"] == "GTR dépassée"


@pytest.mark.parametrize(("late_s", "met"), [(-1, True), (0, True), (1, False)])
async def test_a_restoration_keeps_the_commitment_up_to_its_last_second(world: World, late_s: int, met: bool) -> None:
    ticket = await deposited_at(world, "2019-05-18T15:20:00+02:00")
    world.clock.instant = due(ticket) + timedelta(seconds=late_s)
    restored = await moved(world, ticket["number"], "restore")
    assert (restored["gtr"]["met"], restored["gtr"]["breached"]) == (met, not met)
