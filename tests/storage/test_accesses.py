"""Accesses: what is put is what is got, by its operator alone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from domain.access import OutsidePlant, Place
from domain.errors import ConflictError, ForbiddenError, NotFoundError
from domain.identifiers import DeviceId, Id1, OntName
from storage.records import Records
from tests.storage.samples import ALPHA, BETA, DEVICE, INFRA, OLT, ONT, PATH, access, provision, put_access


async def test_an_access_comes_back_with_the_outside_plant_of_its_ont(records: Records) -> None:
    await provision(records)
    await records.network.put_outside(INFRA, "OLT-A", {ONT: PATH, OntName(1, 1, 5, 10, 20): OutsidePlant(pbo="OTHER")})
    assert await records.accesses.get(ALPHA, Id1("F00000015")) == replace(access(), outside=PATH)


async def test_an_access_without_ont_box_or_session_keeps_its_unknowns(records: Records) -> None:
    bare = replace(access(), id2=None, place=None, box=None, ppp_username=None)
    assert await put_access(records, ALPHA, bare)
    assert await records.accesses.get(ALPHA, bare.id1) == bare


async def test_putting_an_access_again_changes_it(records: Records) -> None:
    await records.network.put_olt(INFRA, OLT)
    assert await put_access(records, ALPHA, access())
    changed = replace(access(), offer_label="MB FTTH Internet profil 08", box=DeviceId("D8D775", "NEW-BOX"))
    assert not await put_access(records, ALPHA, changed)
    assert await records.accesses.get(ALPHA, changed.id1) == changed


async def test_accesses_are_listed_by_id1(records: Records) -> None:
    await provision(records, access(20), access(15), access(17))
    assert [str(item.id1) for item in await records.accesses.list(ALPHA)] == ["F00000015", "F00000017", "F00000020"]
    assert await records.accesses.list(BETA) == []


async def test_another_operators_access_is_as_absent_as_one_that_does_not_exist(records: Records) -> None:
    await provision(records)
    errors = []
    for number in ("F00000015", "F00009999"):
        with pytest.raises(NotFoundError) as raised:
            await records.accesses.get(BETA, Id1(number))
        errors.append((raised.value.kind, str(raised.value).replace(number, "…")))
    assert errors[0] == errors[1]


async def test_an_operator_cannot_write_another_operators_access(records: Records) -> None:
    await provision(records)
    with pytest.raises(ForbiddenError):
        await put_access(records, BETA, access())
    with pytest.raises(ConflictError):
        await put_access(records, BETA, replace(access(), operator_id="beta", place=None, box=None, ppp_username=None))
    assert await records.accesses.get(ALPHA, Id1("F00000015")) == access()


async def test_an_ont_a_box_and_a_ppp_identifier_serve_one_access(records: Records) -> None:
    await provision(records)
    other = access(16, "beta")
    first = access()
    for twice in (
        replace(other, place=first.place),
        replace(other, box=DEVICE),
        replace(other, ppp_username=first.ppp_username),
    ):
        with pytest.raises(ConflictError) as raised:
            await put_access(records, BETA, twice)
        assert "s3cret" not in str(raised.value)
        assert raised.value.__cause__ is None
    assert await records.accesses.list(BETA) == []


async def test_an_access_on_an_olt_that_is_not_declared_is_refused(records: Records) -> None:
    with pytest.raises(NotFoundError, match="olt 'OLT-Z'"):
        await put_access(records, ALPHA, replace(access(), place=Place("OLT-Z", ONT)))
