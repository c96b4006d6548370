"""Incidents are kept with their history, each operator's apart, and come back as they were."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from domain.errors import NotFoundError
from domain.incident import Ancestor
from domain.incidents import Cause, Change, Incident, Kind, State, number_of
from storage.records import Records
from tests.storage.samples import ALPHA, INFRA, MINUTE, NOW


def incident(number: str = "INC-190509-0000A1", olt: str = "OLT-A", onts: int = 17, at: int = 0) -> Incident:
    keys = np.arange(2**48, 2**48 + onts)
    return Incident(
        number=number,
        ancestor=Ancestor.PBO,
        place="PBO-7",
        cause=Cause.FIBRE,
        since=NOW - 27 * MINUTE,
        opened_at=NOW + at * MINUTE,
        updated_at=NOW + at * MINUTE,
        members={olt: keys},
        down=onts,
        confidence=0.97,
    )


def change(one: Incident, kind: Kind = Kind.OPENED, *others: str, before: Ancestor | None = None) -> Change:
    told = (one.ancestor, one.place, one.accesses, one.down, one.confidence)
    return Change(one.number, kind, one.updated_at, *told, others, before)


def fields(one: Incident) -> dict[str, object]:
    plain = {name: getattr(one, name) for name in one.__slots__ if name != "members"}
    return {**plain, "members": {olt: keys.tolist() for olt, keys in one.members.items()}}


async def test_an_incident_comes_back_as_it_was_kept(records: Records) -> None:
    one = replace(incident(), state=State.UNKNOWN, unknown_since=NOW, works=True, origin="INC-190509-0000A0")
    await records.incidents.keep(INFRA.operator_id, [one], [change(one)])
    (found,) = await records.incidents.open(INFRA.operator_id)
    assert fields(found) == fields(one)
    operator, again = await records.incidents.get(one.number)
    assert (operator, fields(again)) == (INFRA.operator_id, fields(one))
    assert await records.incidents.operators() == [INFRA.operator_id]


async def test_its_history_grows_in_order(records: Records) -> None:
    one = incident()
    await records.incidents.keep(INFRA.operator_id, [one], [change(one)])
    later = replace(one, ancestor=Ancestor.SPLITTER, updated_at=NOW + MINUTE)
    told = [change(later, Kind.MERGED, "INC-190509-0000A2", before=Ancestor.PBO), change(later, Kind.UPDATED)]
    await records.incidents.keep(INFRA.operator_id, [later], told)
    history = await records.incidents.history(INFRA, one.number)
    assert [line.kind for line in history] == [Kind.OPENED, Kind.MERGED, Kind.UPDATED]
    assert (history[1].others, history[1].before) == (("INC-190509-0000A2",), Ancestor.PBO)
    assert await records.incidents.history(ALPHA, one.number) == []


async def test_one_that_ended_is_no_longer_followed_and_can_still_be_read(records: Records) -> None:
    one = replace(incident(), state=State.CLOSED, closed_at=NOW + MINUTE)
    await records.incidents.keep(INFRA.operator_id, [one], [change(one, Kind.CLOSED)])
    assert await records.incidents.open(INFRA.operator_id) == []
    assert await records.incidents.operators() == []
    (found,) = await records.incidents.list([INFRA.operator_id], is_open=False)
    assert found.closed_at == NOW + MINUTE


async def test_the_list_is_filtered_and_the_last_opened_comes_first(records: Records) -> None:
    first = incident("INC-190509-0000A1", "OLT-A", at=0)
    other = incident("INC-190509-0000A2", "OLT-AB", at=1)
    ended = replace(incident("INC-190509-0000A3", "OLT-A", at=2), state=State.CLOSED, closed_at=NOW + 5 * MINUTE)
    await records.incidents.keep(INFRA.operator_id, [first, other, ended], [])

    async def numbers(**question: object) -> list[str]:
        found = await records.incidents.list([INFRA.operator_id], **question)  # type: ignore[arg-type]  # by name
        return [one.number[-2:] for one in found]

    assert await numbers() == ["A3", "A2", "A1"]
    assert await numbers(is_open=True) == ["A2", "A1"]
    assert await numbers(olt="OLT-A") == ["A3", "A1"]  # not OLT-AB
    assert await numbers(olt="OLT_A") == []  # no wildcard
    assert await numbers(since=NOW + 5 * MINUTE) == ["A3", "A2", "A1"]
    assert await numbers(since=NOW + 6 * MINUTE) == ["A2", "A1"]
    assert await numbers(limit=1) == ["A3"]
    assert await records.incidents.list([ALPHA.operator_id]) == []


async def test_nothing_to_keep_and_nothing_to_find(records: Records) -> None:
    await records.incidents.keep(INFRA.operator_id, [], [])
    with pytest.raises(NotFoundError):
        await records.incidents.get("INC-190509-FFFFFF")


def test_a_number_is_drawn_from_what_the_incident_is() -> None:
    one = number_of("OLT-A", Ancestor.PBO, "PBO-7", NOW, 5)
    assert one.startswith("INC-190509-")
    assert one == number_of("OLT-A", Ancestor.PBO, "PBO-7", NOW, 5)
    assert one != number_of("OLT-A", Ancestor.PBO, "PBO-7", NOW + timedelta(seconds=1), 5)


async def test_the_night_when_half_a_country_goes_dark_is_kept_whole(records: Records) -> None:
    """More values than a statement has room for: SQLite refused 11,000 incidents, PostgreSQL 2,700."""
    many = [incident(f"INC-{number}", onts=1) for number in range(11_000)]
    await records.incidents.keep(INFRA.operator_id, many, [change(one) for one in many])
    assert [one.kind for one in await records.incidents.history(INFRA, "INC-10999")] == [Kind.OPENED]
    assert await records.incidents.told([one.number for one in many]) == {}
