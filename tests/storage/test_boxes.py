"""Boxes: found by whom they belong to, kept with their last values."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event, select

from domain.box import KnownBox
from domain.box_actions import BoxEvent
from domain.identifiers import DeviceId
from domain.metric import Readings
from domain.metrics import box
from domain.reading import Quality, Reason, known, missing
from domain.states import BootCause, PppStatus
from storage import boxes as boxes_module
from storage.records import Records
from storage.tables import BoxRow, ParkedBoxRow
from tests.storage.samples import (
    ALPHA,
    BOX_PASSWORD,
    CWMP,
    DEVICE,
    MINUTE,
    NOW,
    access,
    box_readings,
    inform,
    provision,
    put_access,
)

URL = "http://192.0.2.99:7547/r4nd0m"


async def found(records: Records, device: DeviceId = DEVICE) -> KnownBox:
    """The box as the ACS finds it, with its values."""
    box_found = await records.boxes.find(device)
    assert box_found is not None
    owner = replace(access(), operator_id=box_found.operator_id, id1=box_found.id1, box=device)
    whole = await records.boxes.of_access(owner)
    assert whole is not None
    assert replace(whole, readings=Readings()) == box_found
    return whole


async def parked(records: Records) -> list[ParkedBoxRow]:
    async with records.boxes._database.read() as session:
        return list(await session.scalars(select(ParkedBoxRow).order_by(ParkedBoxRow.serial)))


async def test_a_box_is_found_only_when_an_access_has_it(records: Records) -> None:
    assert await records.boxes.find(DEVICE) is None
    await provision(records)
    assert await records.boxes.find(DEVICE) == KnownBox("alpha", access().id1, DEVICE)
    assert await records.boxes.find(replace(DEVICE, serial="OTHER")) is None
    assert await records.boxes.find(replace(DEVICE, oui="000000")) is None


async def test_a_box_that_has_informed_can_be_called_where_it_said(records: Records) -> None:
    await provision(records)
    await records.boxes.informed(await found(records), inform(), box_readings())
    connection = (await found(records)).connection
    assert connection is not None
    assert (connection.url, connection.username) == (URL, "D8D775-LK18106DP440012")
    assert connection.password.reveal() == f"{BOX_PASSWORD}-LK18106DP440012"
    assert BOX_PASSWORD not in repr(connection)


async def test_the_last_values_of_a_box_are_stored_readings(records: Records) -> None:
    await provision(records)
    await records.boxes.informed(await found(records), inform(), box_readings())
    kept = await records.boxes.of_access(access())
    assert kept is not None
    assert kept.readings[box.BOX_FIRMWARE] == known("9.29.65_F5350_Box", NOW, CWMP, Quality.STORED)
    assert kept.readings.value(box.BOX_LAST_INFORM) == NOW
    assert kept.readings[box.BOX_LAST_INFORM].quality is Quality.STORED
    assert kept == await found(records)


async def test_values_read_from_the_box_join_those_of_its_informs(records: Records) -> None:
    await provision(records)
    known_box = await found(records)
    await records.boxes.informed(known_box, inform(), box_readings())
    live = Readings({box.BOX_PPP_STATUS: known(PppStatus.CONNECTED, NOW + MINUTE, CWMP)})
    await records.boxes.observed(known_box, live)
    readings = (await found(records)).readings
    assert readings.value(box.BOX_FIRMWARE) == "9.29.65_F5350_Box"
    assert readings.value(box.BOX_PPP_STATUS) is PppStatus.CONNECTED
    assert readings.value(box.BOX_LAST_INFORM) == NOW


async def test_a_value_that_could_not_be_read_does_not_hide_the_last_one(records: Records) -> None:
    await provision(records)
    known_box = await found(records)
    await records.boxes.informed(known_box, inform(), box_readings())
    unread = Readings({box.BOX_FIRMWARE: missing(Reason.TIMEOUT, NOW + MINUTE, CWMP)})
    await records.boxes.observed(known_box, unread)
    assert (await found(records)).readings.value(box.BOX_FIRMWARE) == "9.29.65_F5350_Box"


async def test_a_repeated_inform_changes_nothing_and_a_late_one_no_newer_value(records: Records) -> None:
    await provision(records)
    known_box = await found(records)
    late = inform(NOW - MINUTE, url="http://192.0.2.99:7547/old")
    for _ in range(2):
        await records.boxes.informed(known_box, inform(), box_readings())
    before = await found(records)
    await records.boxes.informed(known_box, late, box_readings(NOW - MINUTE, "9.0"))
    assert await found(records) == before


@pytest.mark.parametrize("reported", [None, "", "ftp://192.0.2.99/x", "http://" + "x" * 1100])
async def test_an_inform_without_a_usable_address_keeps_the_one_known(records: Records, reported: str | None) -> None:
    await provision(records)
    known_box = await found(records)
    await records.boxes.informed(known_box, inform(), Readings())
    await records.boxes.informed(known_box, inform(NOW + MINUTE, url=reported), Readings())
    connection = (await found(records)).connection
    assert connection is not None
    assert connection.url == URL


async def test_a_bootstrap_is_remembered(records: Records) -> None:
    await provision(records)
    known_box = await found(records)
    await records.boxes.informed(known_box, inform(events=("0 BOOTSTRAP", "1 BOOT")), Readings())
    await records.boxes.informed(known_box, inform(NOW + MINUTE), Readings())
    async with records.boxes._database.read() as session:
        row = (await session.scalars(select(BoxRow))).one()
    assert (row.bootstrapped_at, row.last_inform_at) == (NOW, NOW + MINUTE)
    assert (row.product_class, row.manufacturer) == ("F@ST 5350", "SAGEMCOM")
    assert (row.operator_id, row.id1) == ("alpha", "F00000015")


async def test_a_box_that_moves_to_another_access_brings_nothing_of_the_former_one(records: Records) -> None:
    await provision(records, access(15), access(16, "beta"))
    await records.boxes.informed(await found(records), inform(), box_readings())
    await put_access(records, ALPHA, replace(access(), box=None))
    theirs = replace(access(16, "beta"), box=DEVICE)
    await put_access(records, replace(ALPHA, operator_id="beta"), theirs)

    moved = await found(records)
    assert moved == KnownBox("beta", theirs.id1, DEVICE)
    assert await records.boxes.of_access(theirs) == moved

    new_firmware = Readings({box.BOX_PPP_STATUS: known(PppStatus.CONNECTED, NOW + MINUTE, CWMP)})
    await records.boxes.informed(moved, inform(NOW + MINUTE), new_firmware)
    after = await found(records)
    assert box.BOX_FIRMWARE not in after.readings
    assert after.connection is not None


async def test_an_exchanged_box_starts_without_values(records: Records) -> None:
    await provision(records)
    await records.boxes.informed(await found(records), inform(), box_readings())
    exchanged = replace(access(), box=DeviceId("D8D775", "NEW"))
    await put_access(records, ALPHA, exchanged)
    assert await records.boxes.find(DEVICE) is None
    assert await records.boxes.of_access(exchanged) == KnownBox("alpha", access().id1, DeviceId("D8D775", "NEW"))


async def test_only_the_access_that_has_the_box_sees_it(records: Records) -> None:
    await provision(records, access(15), access(16, "beta"))
    await records.boxes.informed(await found(records), inform(), box_readings())
    for stranger in (replace(access(), operator_id="beta"), replace(access(16, "beta"), box=DEVICE)):
        seen = await records.boxes.of_access(stranger)
        assert seen is not None
        assert (seen.connection, len(seen.readings)) == (None, 0)
    assert await records.boxes.of_access(replace(access(), box=None)) is None


async def test_a_stranger_is_noted_until_an_access_has_it(records: Records) -> None:
    await records.boxes.parked(inform())
    await records.boxes.parked(inform(NOW + MINUTE))
    (row,) = await parked(records)
    assert (row.first_seen_at, row.last_seen_at, row.informs, row.operator_id) == (NOW, NOW + MINUTE, 2, None)
    await provision(records)
    assert await parked(records) == []


async def test_strangers_cannot_fill_the_disk(records: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(boxes_module, "PARKED_LIMIT", 3)
    devices = [DeviceId("D8D775", f"STRANGER-{n}") for n in range(5)]
    await asyncio.gather(*(records.boxes.parked(inform(device=device)) for device in devices))
    await records.boxes.parked(inform(NOW + MINUTE, device=devices[0]))
    rows = await parked(records)
    assert [row.serial for row in rows] == [f"STRANGER-{n}" for n in range(3)]
    assert rows[0].informs == 2


async def test_a_storm_of_informs_is_kept_whole_in_few_transactions(records: Records) -> None:
    accesses = [access(number) for number in range(100, 250)]
    await provision(records, *accesses)
    commits = 0

    def count(_connection: object) -> None:
        nonlocal commits
        commits += 1

    event.listen(records.boxes._database.writer.sync_engine, "commit", count)

    async def one(device: DeviceId) -> None:
        known_box = await records.boxes.find(device)
        assert known_box is not None
        await records.boxes.informed(known_box, inform(device=device), box_readings())
        again = await records.boxes.find(device)
        assert again is not None
        assert again.connection is not None  # committed on return

    await asyncio.gather(*(one(item.box) for item in accesses if item.box is not None))
    assert commits < 20


async def test_informs_of_the_same_box_at_once_are_all_counted(records: Records) -> None:
    await provision(records)
    known_box = await found(records)
    instants = [NOW + timedelta(seconds=second) for second in range(20)]
    await asyncio.gather(
        *(records.boxes.informed(known_box, inform(at), box_readings(at, f"v{at.second}")) for at in instants)
    )
    readings = (await found(records)).readings
    assert readings.value(box.BOX_LAST_INFORM) == instants[-1]
    assert readings.value(box.BOX_FIRMWARE) == f"v{instants[-1].second}"


async def test_an_inform_for_an_access_that_does_not_exist_harms_no_other(records: Records) -> None:
    await provision(records)
    good = await found(records)
    bad = KnownBox("alpha", access(99).id1, DeviceId("D8D775", "GHOST"))
    results = await asyncio.gather(
        records.boxes.informed(good, inform(NOW - MINUTE), Readings()),
        records.boxes.informed(bad, inform(device=bad.device), Readings()),
        records.boxes.informed(good, inform(), Readings()),
        return_exceptions=True,
    )
    assert [type(result).__name__ for result in results] == ["NoneType", "IntegrityError", "NoneType"]
    assert (await found(records)).readings.value(box.BOX_LAST_INFORM) == NOW


async def test_what_a_box_announces_is_kept_once_and_stays_with_its_access(records: Records) -> None:
    await provision(records, access(15), access(16, "beta"))
    mine = await found(records)
    boot = BoxEvent(NOW, "1 BOOT")
    transfer = BoxEvent(NOW + MINUTE, "TransferComplete", "k1", 9011, "no server")
    for _ in range(2):
        await records.boxes.announced(mine, [transfer, boot])
    await records.boxes.announced(mine, [])
    assert await records.boxes.events(mine, NOW) == [boot, transfer]
    assert await records.boxes.events(mine, NOW + MINUTE) == [transfer]
    assert await records.boxes.events(replace(mine, operator_id="beta", id1=access(16).id1), NOW) == []


async def test_parameters_are_kept_apart_and_replaced_whole(records: Records) -> None:
    await provision(records)
    mine = await found(records)
    assert await records.boxes.parameters(mine) is None
    for values in ({"A.B": "1", "A.C": None}, {"A.B": "2"}):
        await records.boxes.keep_parameters(mine, values, NOW)
    assert await records.boxes.parameters(mine) == (NOW, {"A.B": "2"})


async def test_a_box_that_proved_its_secret_is_secured_until_it_is_let_in_with_a_shared_one(records: Records) -> None:
    await provision(records)
    await records.boxes.informed(await found(records), inform(), Readings())
    await records.boxes.secured(await found(records), 0, renew=False)
    assert (await found(records)).secured
    until = inform().at + timedelta(hours=2)
    await records.boxes.opened(await found(records), until)
    assert ((await found(records)).secured, (await found(records)).open_until) == (True, until)
    by_window = await found(records)
    given = await records.boxes.shared(by_window, "a mark", again=True, another=True)
    assert given is not None
    assert await records.boxes.shared(by_window, "a mark", again=True, another=True) is None  # it is closed
    box = await found(records)
    assert (box.secured, box.generation, box.offers, box.open_until) == (False, 1, 1, None)
    assert await records.boxes.secured(box, 0, renew=True) is None  # its former secret
    assert replace(box, readings=given.readings) == given
    await records.boxes.secured(box, 1, renew=True)
    assert await records.boxes.by_secret() == {("a mark", True): 1}
    assert await records.boxes.by_secret(box.operator_id) == {("a mark", True): 1}
    assert await records.boxes.by_secret("another") == {}
    await records.boxes.observed(box, box_readings())
    kept = await found(records)
    assert (kept.secured, kept.generation, kept.offers, kept.open_until) == (True, 1, 1, None)


async def test_two_who_prove_the_same_secret_at_once_are_given_two(records: Records) -> None:
    await provision(records)
    await records.boxes.informed(await found(records), inform(), Readings())
    for again in (False, True):
        await records.boxes.shared(await found(records), "a mark", again=again, another=False)
    both = await found(records)
    assert (both.secured, both.generation, both.offers) == (False, 0, 2)
    given = await asyncio.gather(*(records.boxes.secured(both, 0, renew=True) for _ in range(2)))
    assert {one and one.given for one in given} == {1, 2}


async def test_a_value_that_changed_outlives_the_next_inform(records: Records) -> None:
    await provision(records)
    mine = await found(records)
    await records.boxes.informed(mine, inform(events=("4 VALUE CHANGE",)), box_readings())
    await records.boxes.informed(mine, inform(NOW + MINUTE), Readings())
    assert (await found(records)).readings.value(box.BOX_FIRMWARE) == "9.29.65_F5350_Box"


async def test_starts_of_a_day_are_counted_and_the_last_one_has_its_cause(records: Records) -> None:
    await provision(records)
    assert box.BOX_BOOTS_24H not in (await found(records)).readings.values  # it never informed: unknown is not zero
    now = datetime.now(UTC)
    silent = replace(inform(), at=now - timedelta(days=2))
    await records.boxes.informed(await found(records), silent, Readings())
    assert box.BOX_BOOTS_24H not in (await found(records)).readings.values  # who knows what it did since
    await records.boxes.informed(await found(records), replace(inform(), at=now), Readings())
    assert (await found(records)).readings.value(box.BOX_BOOTS_24H) == 0
    hourly = ((30, ("1 BOOT",)), (20, ("0 BOOTSTRAP", "1 BOOT")), (9, ("1 BOOT",)), (8, ("1 BOOT", "4 VALUE CHANGE")))
    for hours, codes in (*hourly, (2, ("1 BOOT", "M Reboot"))):
        events = [BoxEvent(now - timedelta(hours=hours), code) for code in codes]
        await records.boxes.announced(await found(records), events)
    await records.boxes.announced(await found(records), [BoxEvent(now, "8 DIAGNOSTICS COMPLETE")])
    seen = (await found(records)).readings
    assert seen.value(box.BOX_BOOTS_24H) == 2  # by itself, of a day
    assert seen.value(box.BOX_BOOT_CAUSE) is BootCause.ORDERED
    assert seen[box.BOX_BOOT_CAUSE].at == now - timedelta(hours=2)
