"""An order that comes while an access ends was overwritten: the access was read before the transaction that ends it."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from sqlalchemy import update

from domain.states import Policy
from storage.records import Records
from storage.tables.accesses import AccessRow
from tests.storage.samples import ALPHA, NOW, access, provision

LATER = NOW + timedelta(minutes=5)


async def _while_an_order_is_written(records: Records, act):
    """Begin ``act`` while another transaction changes the offer of the access, which commits first."""
    id1 = access().id1
    async with records.accesses._database.write() as session:
        mine = update(AccessRow).where(AccessRow.id1 == str(id1), AccessRow.operator_id == ALPHA.operator_id)
        await session.execute(mine.values(offer_label="MB FTTH profil 99"))
        task = asyncio.create_task(act(id1))
        done, _ = await asyncio.wait({task}, timeout=0.2)
        assert not done
    return await task


async def test_an_access_ends_as_the_order_before_left_it(records: Records) -> None:
    await provision(records)
    ended = await _while_an_order_is_written(records, lambda id1: records.accesses.terminate(ALPHA, id1, LATER))
    assert ended.before is not None
    assert ended.before.offer_label == "MB FTTH profil 99"
    assert (await records.accesses.get(ALPHA, access().id1)).offer_label == "MB FTTH profil 99"


async def test_port_25_is_changed_on_the_access_as_the_order_before_left_it(records: Records) -> None:
    await provision(records)
    said = await _while_an_order_is_written(
        records, lambda id1: records.accesses.set_port25(ALPHA, id1, Policy.OPEN, LATER)
    )
    assert said.before is not None
    assert said.before.offer_label == "MB FTTH profil 99"
