"""Operators are the tenants of the records; the records answer and tidy themselves."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from domain.errors import NotFoundError
from domain.session import AccountingStatus
from storage.idempotency import KEPT
from storage.operators import Operator
from storage.records import Records
from storage.retention import Keeping
from storage.tables import SessionRow
from tests.storage.samples import ALPHA, MINUTE, NOW, accounting


async def test_an_operator_comes_back_as_it_was_put(records: Records) -> None:
    await records.operators.put(Operator("gamma", "Gamma"))
    await records.operators.put(Operator("gamma", "Gamma Télécom", is_infrastructure=True))
    assert await records.operators.get("gamma") == Operator("gamma", "Gamma Télécom", is_infrastructure=True)
    assert [item.operator_id for item in await records.operators.list()] == ["alpha", "beta", "gamma", "infra"]


async def test_an_operator_that_does_not_exist_is_not_found(records: Records) -> None:
    with pytest.raises(NotFoundError, match="nobody"):
        await records.operators.get("nobody")


async def test_the_records_answer(records: Records) -> None:
    await records.ping()


async def test_tidying_drops_what_is_kept_for_48_hours_only(records: Records) -> None:
    await records.idempotency.claim(ALPHA, "key", "print", "old", NOW)
    await records.sessions.accounted([accounting(AccountingStatus.START, NOW, username="nobody@ppp")])
    await records.tidy(NOW + KEPT + MINUTE, Keeping())
    assert await records.idempotency.claim(ALPHA, "key", "another print", "new", NOW) is None
    async with records.sessions._database.read() as session:
        assert (await session.scalars(select(SessionRow))).all() == []
