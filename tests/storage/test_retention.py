"""What has ended does not stay for ever: it goes when it is too old, and what is still referred to stays."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from domain.announcement import Announcement, AnnouncementKind
from domain.box_actions import BoxEvent
from domain.identifiers import DeviceId, DiagnosisNumber, Id1
from domain.incidents import Kind, State
from domain.secret import Secret
from domain.ticket import TicketState
from domain.works import PlannedWork
from storage import retention
from storage.records import Records
from storage.retention import Keeping
from storage.tables import Base, IncidentChangeRow, IncidentRow, TicketRow
from storage.tickets import Ticket
from storage.webhooks import DEAD, DELIVERED, Webhook
from tests.storage.samples import ALPHA, INFRA, NOW, inform, new_diagnosis, provision, snapshot, verdict
from tests.storage.test_incidents import change, incident

DAY = timedelta(days=1)
KEEPING = Keeping(diagnoses=90 * DAY, incidents=365 * DAY, traces=30 * DAY, documents=("653.test",))


async def values(records: Records, model: type[Base], name: str) -> list[object]:
    """One column of a table, in order."""
    async with records.accesses._database.read() as session:
        return sorted(await session.scalars(select(getattr(model, name))))


async def diagnosed(records: Records, sent_at: datetime, *, ended: bool = True) -> DiagnosisNumber:
    record, _ = await records.diagnoses.create(ALPHA, new_diagnosis(sent_at=sent_at))
    if ended:
        await records.diagnoses.finish(ALPHA, record.number, snapshot(), verdict(), sent_at, 1.0)
    return record.number


def draft() -> Ticket:
    return Ticket("alpha", "", Id1("F00000015"), None, "form", 1, "X", TicketState.DRAFT, "a", None, {}, None, NOW, NOW)


async def kept_numbers(records: Records) -> set[str]:
    return {str(one.number) for one in await records.diagnoses.sent_since(ALPHA, NOW - 9999 * DAY)}


async def test_a_result_goes_after_ninety_days_unless_a_signalisation_refers_to_it(records: Records) -> None:
    await provision(records)
    old = [await diagnosed(records, NOW - 91 * DAY) for _ in range(3)]
    running = await diagnosed(records, NOW - 91 * DAY, ended=False)
    young = await diagnosed(records, NOW - 89 * DAY)
    ticket, _ = await records.tickets.create(ALPHA, draft())
    deposit = {"deposited_at": NOW, "context": {}, "forced_over": str(old[1])}
    await records.tickets.deposit(ALPHA, ticket.number, deposit, [old[0]], "", ())
    assert await records.tidy(NOW, KEEPING) == {"diagnosis": 1}
    assert await kept_numbers(records) == {str(number) for number in (old[0], old[1], running, young)}
    attached = await records.ticket_attachments.diagnosis(ALPHA, ticket.number, old[0])
    assert attached.snapshot == snapshot()
    assert await values(records, TicketRow, "number") == [ticket.number]


async def test_documents_of_results_that_are_gone_go_and_those_of_others_stay(records: Records) -> None:
    await provision(records)
    old, young = await diagnosed(records, NOW - 91 * DAY), await diagnosed(records, NOW - 89 * DAY)
    for number in (old, young):
        await records.tmf.put(ALPHA, "653.test", str(number), {}, NOW - 91 * DAY)
    await records.tmf.put(ALPHA, "621.ticket", "SIG", {}, NOW - 91 * DAY)
    assert await records.tidy(NOW, KEEPING) == {"diagnosis": 1, "tmf_document": 1}
    assert set(await records.tmf.all(ALPHA, "653.test")) == {str(young)}
    assert set(await records.tmf.all(ALPHA, "621.ticket")) == {"SIG"}


async def test_a_token_goes_a_month_after_it_has_ended(records: Records) -> None:
    began = NOW - 100 * DAY
    lasting = await records.tokens.issue(ALPHA, began)
    short = [await records.tokens.issue(ALPHA, began, lifetime) for lifetime in (69 * DAY, 71 * DAY)]
    revoked = [await records.tokens.issue(ALPHA, began) for _ in range(2)]
    for token, days in zip(revoked, (31, 29), strict=True):
        await records.tokens.revoke(ALPHA, token.token_id, NOW - days * DAY)
    assert await records.tidy(NOW, KEEPING) == {"api_token": 2}
    assert await records.tokens.authenticate(lasting.token.reveal(), NOW)
    await records.tokens.revoke(ALPHA, short[1].token_id, NOW)  # still there
    await records.tokens.revoke(ALPHA, revoked[1].token_id, NOW)


async def test_a_box_of_no_access_goes_a_month_after_its_last_inform(records: Records) -> None:
    await records.boxes.parked(inform(NOW - 31 * DAY, DeviceId("D8D775", "GONE")))
    await records.boxes.parked(inform(NOW - 31 * DAY, DeviceId("D8D775", "BACK")))
    await records.boxes.parked(inform(NOW, DeviceId("D8D775", "BACK")))
    assert await records.tidy(NOW, KEEPING) == {"parked_box": 1}


async def test_what_a_box_announced_goes_after_a_month(records: Records) -> None:
    await provision(records)
    box = await records.boxes.find(inform().device)
    assert box is not None
    await records.boxes.informed(box, inform(), box.readings)
    await records.boxes.announced(box, [BoxEvent(NOW - days * DAY, "1 BOOT") for days in (31, 29)])
    assert await records.tidy(NOW, KEEPING) == {"box_event": 1}
    assert [event.at for event in await records.boxes.events(box, NOW - 99 * DAY)] == [NOW - 29 * DAY]


async def test_deliveries_go_after_a_month_but_those_still_due(records: Records) -> None:
    await records.webhooks.add(ALPHA, Webhook("alpha", "live", "https://x", Secret("s"), "k", None, NOW - 99 * DAY))
    await records.webhooks.add(ALPHA, Webhook("alpha", "left", "https://y", Secret("s"), "k", None, NOW - 99 * DAY))
    for name in ("delivered", "dead", "due"):
        told = Announcement(name, AnnouncementKind.TEST, name, NOW - 31 * DAY, "{}")
        await records.webhooks.announce(ALPHA, [told])
    await records.webhooks.change(ALPHA, "left", {"disabled_at": NOW - 30 * DAY})
    for one in await records.webhooks.deliveries(ALPHA, "live", None, None, 9):
        state = {"delivered": DELIVERED, "dead": DEAD}.get(one.event_id)
        if state is not None:
            await records.webhooks.tried(one, NOW, state=state, next_at=NOW, status=200, error=None)
    assert await records.tidy(NOW, KEEPING) == {"webhook_delivery": 5}
    assert [one.event_id for one in await records.webhooks.deliveries(ALPHA, "live", None, None, 9)] == ["due"]


async def test_an_incident_goes_a_year_after_its_end_with_its_history(records: Records) -> None:
    ended: dict[str, Any] = {"state": State.CLOSED, "opened_at": NOW - 400 * DAY}
    kept = [
        replace(incident("INC-1"), **ended, closed_at=NOW - 366 * DAY),
        replace(incident("INC-2"), **ended, closed_at=NOW - 364 * DAY),
        replace(incident("INC-3"), opened_at=NOW - 400 * DAY),
    ]
    await records.incidents.keep(INFRA.operator_id, kept, [change(one, Kind.OPENED) for one in kept])
    assert await records.tidy(NOW, KEEPING) == {"incident": 1}
    assert await values(records, IncidentRow, "number") == ["INC-2", "INC-3"]
    assert await values(records, IncidentChangeRow, "number") == ["INC-2", "INC-3"]


async def test_planned_works_go_a_year_after_their_end(records: Records) -> None:
    await provision(records)
    for name, days in (("old", 366), ("young", 364)):
        work = PlannedWork(name, "Travaux", NOW - 400 * DAY, NOW - days * DAY, id1=Id1("F00000015"))
        await records.planned_works.add(ALPHA, work)
    assert await records.tidy(NOW, KEEPING) == {"planned_work": 1}
    assert [work.work_id for work in await records.planned_works.list(ALPHA, NOW - 999 * DAY)] == ["young"]


async def test_more_than_one_batch_goes_in_one_round(records: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    await provision(records)
    for _ in range(5):
        await diagnosed(records, NOW - 91 * DAY)
    closed: dict[str, Any] = {"state": State.CLOSED, "closed_at": NOW - 366 * DAY}
    old = [replace(incident(f"INC-{number}"), **closed) for number in range(5)]
    await records.incidents.keep(INFRA.operator_id, old, [])
    assert await records.tidy(NOW, KEEPING) == {"diagnosis": 5, "incident": 5}
    assert await kept_numbers(records) == set()
