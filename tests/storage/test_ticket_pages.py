"""Pages of signalisations: newest first, the depositor's and those it repairs, whatever page they fall on."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from domain.errors import NotFoundError
from domain.identifiers import Id1
from domain.principal import Principal
from domain.ticket import TicketState
from storage.records import Records
from storage.ticket_pages import AT_ONCE, Asked, _page
from storage.tickets import Ticket
from tests.storage.samples import ALPHA, BETA, INFRA, NOW, access, provision

BOTH = Asked()


async def drafted(records: Records, count: int, who: Principal = ALPHA, id1: str = "F00000015") -> list[str]:
    """Numbers of drafts, the oldest first; two and two are of one instant."""
    numbers = []
    for rank in range(count):
        at = NOW + timedelta(seconds=rank // 2)
        draft = Ticket(
            who.operator_id, "", Id1(id1), None, "form", 1, "84", TicketState.DRAFT, "a", None, {}, None, at, at
        )
        numbers.append((await records.tickets.create(who, draft))[0].number)
    return [number for _, number in sorted((rank // 2, number) for rank, number in enumerate(numbers))]


async def deposited(records: Records, number: str, who: Principal = ALPHA) -> None:
    values = {"deposited_at": NOW, "context": {}, "treated_by": "infra"}
    await records.tickets.deposit(who, number, values, [], "", ())


async def shown(records: Records, who: Principal, asked: Asked) -> list[str]:
    """The numbers of a page, which are the same whole and as lines."""
    lines = [line.number for line in await records.ticket_pages.lines(who, asked)]
    assert lines == [one.number for one in await records.ticket_pages.whole(who, asked)]
    return lines


@pytest.mark.parametrize("limit", [1, 2, 3, 7, AT_ONCE + 1])
async def test_each_page_goes_on_where_the_last_one_ended(records: Records, limit: int) -> None:
    await provision(records)
    numbers = await drafted(records, 7)
    found: list[str] = []
    asked = replace(BOTH, limit=limit)
    while page := await shown(records, ALPHA, asked):
        assert len(page) <= limit
        found += page
        asked = replace(asked, before=page[-1])
    assert found == numbers[::-1]


async def test_who_repairs_sees_what_others_deposited_and_no_draft_of_theirs(records: Records) -> None:
    await provision(records, access(), access(16, "beta"))
    numbers = await drafted(records, 4)
    others = await drafted(records, 2, BETA, "F00000016")
    for number in numbers[:2]:
        await deposited(records, number)
    await deposited(records, others[0], BETA)
    repaired = {numbers[0], numbers[1], others[0]}
    assert set(await shown(records, INFRA, BOTH)) == repaired
    assert set(await shown(records, INFRA, replace(BOTH, deposited=False))) == repaired
    assert await shown(records, INFRA, replace(BOTH, repaired=False)) == []
    assert await shown(records, ALPHA, BOTH) == numbers[::-1]
    assert await shown(records, ALPHA, replace(BOTH, deposited=False)) == []
    assert await shown(records, BETA, BOTH) == others[::-1]
    assert await shown(records, ALPHA, Asked(deposited=False, repaired=False)) == []


async def test_a_page_is_full_of_what_its_asker_may_see(records: Records) -> None:
    """The rights were looked at after the page was cut: its asker was given less, and took it for the last one."""
    await provision(records, access(), access(18, "infra"))
    numbers = await drafted(records, 2)
    for number in numbers:
        await deposited(records, number)
    await drafted(records, 2, INFRA, "F00000018")  # of the same instants, and not to be shown
    page = await shown(records, INFRA, Asked(deposited=False, limit=1))
    page += await shown(records, INFRA, Asked(deposited=False, limit=1, before=page[0]))
    assert page == numbers[::-1]


async def test_filters_hold_on_each_page(records: Records) -> None:
    await provision(records, access(), access(17))
    numbers, others = await drafted(records, 4), await drafted(records, 2, ALPHA, "F00000017")
    await deposited(records, numbers[1])
    assert await shown(records, ALPHA, replace(BOTH, id1=Id1("F00000017"))) == others[::-1]
    assert await shown(records, ALPHA, replace(BOTH, states=(TicketState.DEPOSITED,))) == [numbers[1]]
    states = (TicketState.DRAFT, TicketState.DEPOSITED)
    asked = Asked(id1=Id1("F00000015"), states=states, before=numbers[3], limit=2)
    assert await shown(records, ALPHA, asked) == [numbers[2], numbers[1]]


async def test_a_number_of_another_operator_is_no_place_to_go_on_from(records: Records) -> None:
    await provision(records)
    numbers = await drafted(records, 1)
    with pytest.raises(NotFoundError):
        await records.ticket_pages.lines(BETA, replace(BOTH, before=numbers[0]))


async def test_a_page_costs_its_own_length(records: Records) -> None:
    """What SQLite would do: it goes along both indexes, and sorts no more than the end of an instant."""
    statement = _page(replace(BOTH, before="SIG").form, whole=False)
    async with records.accesses._database.read() as session:
        dialect = records.accesses._database.read_engine.dialect
        if dialect.name != "sqlite":
            return
        written = str(statement.compile(dialect=dialect)).replace("?", "'x'")
        plan = [row[3] for row in await session.execute(text(f"EXPLAIN QUERY PLAN {written}"))]
    assert any("operator_id=? AND created_at<?" in step for step in plan), plan
    assert any("treated_by=? AND created_at<?" in step for step in plan), plan
    assert not [step for step in plan if step.startswith("SCAN ticket")], plan
