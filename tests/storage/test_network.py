"""OLTs, outside plant and walks."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta

import pytest

from domain.access import OutsidePlant
from domain.clock import WallClock
from domain.errors import ConflictError, ForbiddenError, NotFoundError
from domain.identifiers import OntName, SerialNumber
from domain.load import LoadContract, QuietHours
from domain.metrics import ont
from domain.olt import SnmpAuth, SnmpPrivacy, SnmpUser
from domain.principal import Principal
from domain.reading import Reason
from domain.secret import Secret
from domain.works import PlannedWork
from storage.migration import migrate
from storage.operators import Operator
from storage.records import Records
from tests.storage.samples import (
    ALPHA,
    INFRA,
    MINUTE,
    NOW,
    OLT,
    ONT,
    PATH,
    RIGHTS,
    access,
    provision,
    put_access,
    secret_for,
    walk,
)

OTHER_ONT = OntName(1, 1, 5, 10, 20)
OTHER_INFRA = Principal("infra2", "admin@infra2", RIGHTS)


async def test_an_olt_comes_back_with_what_opens_it(records: Records) -> None:
    assert await records.olts.put(INFRA, OLT)
    assert await records.olts.get(INFRA, "OLT-A") == OLT
    bare = replace(OLT, name="OLT-B", cli=None)
    await records.olts.put(INFRA, bare)
    assert await records.network.olts() == [OLT, bare]
    assert await records.olts.list(INFRA) == [OLT, bare]


async def test_putting_an_olt_again_changes_how_it_is_reached(records: Records) -> None:
    await records.olts.put(INFRA, OLT)
    moved = replace(OLT, host="192.0.2.11", community=Secret("other"), cli=None)
    assert not await records.olts.put(INFRA, moved)
    assert await records.network.olt("OLT-A") == moved


@pytest.mark.parametrize(
    "user",
    [
        SnmpUser("jf"),
        SnmpUser("jf", SnmpAuth.SHA512, Secret("a-long-key")),
        SnmpUser("jf", SnmpAuth.SHA1, Secret("a-long-key"), SnmpPrivacy.AES128, Secret("b-long-key")),
    ],
)
async def test_the_snmpv3_user_of_an_olt_comes_back(records: Records, user: SnmpUser) -> None:
    await records.olts.put(INFRA, replace(OLT, user=user))
    assert (await records.network.olt("OLT-A")).user == user
    await records.olts.put(INFRA, OLT)
    assert (await records.network.olt("OLT-A")).user is None


async def test_the_load_contract_of_an_olt_comes_back(records: Records) -> None:
    contract = LoadContract(pdus_per_s=50.5, window=3, quiet_hours=(QuietHours(time(22), time(6, 30)),))
    await records.olts.put(INFRA, replace(OLT, contract=contract))
    assert (await records.network.olt("OLT-A")).contract == contract
    await records.olts.put(INFRA, OLT)
    assert (await records.network.olt("OLT-A")).contract is None


async def test_a_place_says_which_ont_is_expected_there(records: Records) -> None:
    await provision(records)
    serial = SerialNumber.parse("HWTC0172629D")
    await records.network.put_outside(INFRA, "OLT-A", {ONT: PATH, OTHER_ONT: PATH}, {OTHER_ONT: serial})
    assert await records.network.places("OLT-A") == {ONT: None, OTHER_ONT: serial}


async def test_an_olt_leaves_with_its_plant_and_its_walk(records: Records) -> None:
    await provision(records)
    await records.network.put_outside(INFRA, "OLT-A", {ONT: PATH, OTHER_ONT: PATH})
    await records.walks.keep(OLT, walk())
    assert await records.network.places("OLT-A") == {ONT: None, OTHER_ONT: None}
    with pytest.raises(ConflictError, match="accesses still hang"):
        await records.network.remove_olt(INFRA, "OLT-A")
    await put_access(records, ALPHA, replace(access(), place=None))
    with pytest.raises(NotFoundError):
        await records.network.remove_olt(OTHER_INFRA, "OLT-A")
    assert await records.network.remove_olt(INFRA, "OLT-A") == OLT
    assert await records.network.olts() == []
    assert await records.network.places("OLT-A") == {}
    assert await records.walks.last(OLT) is None


async def test_an_olt_on_which_works_were_announced_can_be_removed(records: Records) -> None:
    await provision(records)
    await put_access(records, ALPHA, replace(access(), place=None))
    work = PlannedWork("0" * 32, "Reprise du PBO", NOW, NOW + timedelta(hours=4), None, "OLT-A")
    await records.planned_works.add(INFRA, work)
    await records.network.remove_olt(INFRA, "OLT-A")
    assert await records.planned_works.list(INFRA, NOW) == []


async def test_an_olt_is_declared_by_an_infrastructure_operator_for_itself(records: Records) -> None:
    with pytest.raises(ForbiddenError):
        await records.olts.put(ALPHA, OLT)
    with pytest.raises(ForbiddenError):
        await records.olts.put(ALPHA, replace(OLT, operator_id="alpha"))
    assert await records.network.olts() == []


async def test_an_olt_of_another_infrastructure_operator_is_out_of_reach(records: Records) -> None:
    await records.operators.put(Operator("infra2", "Autre", is_infrastructure=True))
    await records.olts.put(INFRA, OLT)
    with pytest.raises(ConflictError):
        await records.olts.put(OTHER_INFRA, replace(OLT, operator_id="infra2"))
    with pytest.raises(NotFoundError):
        await records.olts.get(OTHER_INFRA, "OLT-A")
    assert await records.olts.list(OTHER_INFRA) == []
    with pytest.raises(NotFoundError):
        await records.network.put_outside(OTHER_INFRA, "OLT-A", {ONT: PATH})


async def test_an_olt_that_is_not_declared_is_not_found(records: Records) -> None:
    with pytest.raises(NotFoundError, match="OLT-A"):
        await records.network.olt("OLT-A")


async def test_the_outside_plant_of_a_pon_is_that_of_its_onts(records: Records) -> None:
    await records.olts.put(INFRA, OLT)
    neighbour, elsewhere = OntName(1, 1, 5, 10, 20), OntName(1, 1, 5, 11, 19)
    unknown = OutsidePlant()
    await records.network.put_outside(INFRA, "OLT-A", {ONT: PATH, neighbour: unknown, elsewhere: PATH})
    assert await records.network.outside_of("OLT-A", ONT) == {ONT: PATH, neighbour: unknown}


async def test_the_outside_plant_is_replaced_as_a_whole(records: Records) -> None:
    await records.olts.put(INFRA, OLT)
    await records.network.put_outside(INFRA, "OLT-A", {ONT: PATH, OntName(1, 1, 5, 10, 20): PATH})
    await records.network.put_outside(INFRA, "OLT-A", {ONT: OutsidePlant(pbo="PBO-8")})
    assert await records.network.outside_of("OLT-A", ONT) == {ONT: OutsidePlant(pbo="PBO-8")}
    await records.network.put_outside(INFRA, "OLT-A", {})
    assert await records.network.outside_of("OLT-A", ONT) == {}


async def test_the_last_walk_of_an_olt_is_kept(records: Records) -> None:
    await records.olts.put(INFRA, OLT)
    assert await records.walks.last(OLT) is None
    first, second = walk(NOW, 3), walk(NOW + MINUTE, 5, Reason.TIMEOUT)
    await records.walks.keep(OLT, first)
    assert await records.walks.last(OLT) == first
    await records.walks.keep(OLT, second)
    assert await records.walks.last(OLT) == second


async def test_an_older_walk_does_not_replace_a_newer_one(records: Records) -> None:
    await records.olts.put(INFRA, OLT)
    await records.walks.keep(OLT, walk(NOW, 3))
    await records.walks.keep(OLT, walk(NOW - MINUTE, 5))
    assert await records.walks.last(OLT) == walk(NOW, 3)


async def test_a_walk_that_brought_nothing_does_not_erase_what_was_known(records: Records) -> None:
    await records.olts.put(INFRA, OLT)
    nothing = walk(NOW + MINUTE, 0, Reason.TIMEOUT)
    await records.walks.keep(OLT, nothing)
    assert await records.walks.last(OLT) == nothing
    await records.walks.keep(OLT, walk(NOW + 2 * MINUTE, 3))
    await records.walks.keep(OLT, walk(NOW + 3 * MINUTE, 0, Reason.TIMEOUT))
    assert await records.walks.last(OLT) == walk(NOW + 2 * MINUTE, 3)


async def test_a_walk_kept_by_another_process_is_seen(records: Records, url: str) -> None:
    await records.olts.put(INFRA, OLT)
    await records.walks.keep(OLT, walk(NOW, 3))
    async with Records.opened(url, secret_for, WallClock()) as others:
        assert await others.walks.last(OLT) == walk(NOW, 3)
        await others.walks.keep(OLT, walk(NOW + MINUTE, 4))
    assert await records.walks.last(OLT) == walk(NOW + MINUTE, 4)


async def test_a_walk_survives_a_restart_and_a_migration(records: Records, url: str) -> None:
    await records.olts.put(INFRA, OLT)
    await records.walks.keep(OLT, walk(NOW, 600))
    await records.close()
    await migrate(url)
    async with Records.opened(url, secret_for, WallClock()) as again:
        assert await again.walks.last(OLT) == walk(NOW, 600)


async def test_neighbours_are_known_by_their_states_and_never_by_their_identity(records: Records) -> None:
    await records.olts.put(INFRA, OLT)
    await records.walks.keep(OLT, walk(NOW, 3))
    for found in (await records.network.last_walk(OLT), await records.network.last_walk(OLT)):
        assert found is not None
        assert [row.name for row in found.onts] == [row.name for row in walk(NOW, 3).onts]
        assert all(ont.ONT_SERIAL not in row.readings and ont.ONT_OPER in row.readings for row in found.onts)
        assert found.pon_ports == walk(NOW, 3).pon_ports
        assert found.at == NOW
