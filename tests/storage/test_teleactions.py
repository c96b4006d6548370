"""Téléactions in the records: one transaction, one job a target, leases, and a trail that shows every change."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, create_engine, make_url
from sqlalchemy.exc import DBAPIError

from domain.errors import ConflictError, NotFoundError
from domain.metric import Readings
from domain.principal import Principal, Right
from domain.teleaction import (
    ActionNumber,
    ActionState,
    Closing,
    Effect,
    Job,
    LineState,
    NewTeleaction,
    Sentence,
    Target,
    TargetKind,
)
from storage.records import Records
from storage.tables import Base
from tests.storage import samples
from tests.storage.samples import NOW

WHO = replace(samples.ALPHA, rights=frozenset({Right.TELEACTION}))
SOON = NOW + timedelta(seconds=30)
LATER = NOW + timedelta(seconds=60)
BEFORE = LineState(NOW, "KO", "AUTHENTIFICATION", Readings(), {"WLAN.1.KeyPassphrase": "secret", "WLAN.1.Channel": "6"})
DONE = Effect(ActionState.DONE, Sentence("The box restarted"))


def new(target: str = "access/F00000015", **changes: Any) -> NewTeleaction:
    wanted = NewTeleaction(
        id1=samples.access().id1,
        action="box_wifi_network",
        target=Target(TargetKind.BOX, target, "OLT/PON-1-1-5-10"),
        parameters={"key": "le secret du client"},
        shown={"key": "********"},
        reason="essai",
        origin="api 127.0.0.1",
        at=NOW,
        run_at=NOW,
    )
    return replace(wanted, **changes)


@contextmanager
def raw(records_url: str) -> Iterator[Connection]:
    """Past the repositories, as whoever has the database in hand."""
    engine = create_engine(make_url(records_url.replace("+aiosqlite", "")))
    try:
        with engine.begin() as connection:
            yield connection
    finally:
        engine.dispose()


def unguarded(connection: Connection) -> None:
    """The trail without its triggers."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("ALTER TABLE audit DISABLE TRIGGER ALL")
    else:
        for trigger in ("audit_no_update", "audit_no_delete"):
            connection.exec_driver_sql(f"DROP TRIGGER {trigger}")


@pytest.fixture(autouse=True)
async def provisioned(records: Records) -> None:
    await samples.provision(records, samples.access())


async def test_asking_keeps_the_record_its_job_and_its_entry_together(records: Records) -> None:
    record, replayed = await records.teleactions.ask(WHO, new(), "k1")
    assert (record.state, replayed, record.parameters) == (ActionState.ASKED, False, {"key": "********"})
    [entry] = await records.audit.of(WHO.operator_id, str(record.number))
    assert (entry["kind"], entry["account"], entry["reason"]) == ("asked", WHO.account, "essai")
    again, replayed = await records.teleactions.ask(WHO, new(), "k1")
    assert (again.number, replayed) == (record.number, True)
    with pytest.raises(ConflictError):
        await records.teleactions.ask(WHO, new(reason="autre chose"), "k1")


async def test_a_target_takes_one_teleaction_and_a_port_excludes_what_hangs_from_it(records: Records) -> None:
    await records.teleactions.ask(WHO, new())
    with pytest.raises(ConflictError):
        await records.teleactions.ask(WHO, new())
    port = Target(TargetKind.PON, "pon/OLT/PON-1-1-5-10", "OLT/PON-1-1-5-10")
    with pytest.raises(ConflictError):
        await records.teleactions.ask(WHO, replace(new(), target=port, id1=None))


async def test_a_job_is_one_workers_until_its_lease_ends(records: Records) -> None:
    record, _ = await records.teleactions.ask(WHO, new())
    [job] = await records.jobs.claim("one", NOW, SOON, 5)
    assert await records.jobs.claim("two", NOW, SOON, 5) == ()
    assert await records.jobs.next_due(NOW) == SOON
    assert await records.jobs.started(job, "one", NOW)
    [taken] = await records.jobs.claim("two", SOON, LATER, 5)
    assert (taken.number, taken.tries) == (record.number, 2)
    assert not await records.jobs.acting(job, "one", SOON, BEFORE)  # it lost its lease: it may not act any more
    assert await records.jobs.acting(taken, "two", SOON, BEFORE)
    assert not await records.jobs.acting(taken, "two", SOON, BEFORE)  # nobody marks it twice


async def test_what_ends_leaves_no_secret_behind(records: Records, url: str) -> None:
    await records.teleactions.ask(WHO, new())
    [job] = await records.jobs.claim("one", NOW, SOON, 5)
    assert job.parameters == {"key": "le secret du client"}
    await records.jobs.acting(job, "one", NOW, BEFORE)
    assert await records.jobs.ended(job, "one", SOON, DONE, replace(BEFORE, result="OK"))
    record = await records.teleactions.get(WHO, job.number)
    assert (record.state, record.before["result"], record.after["result"]) == (ActionState.DONE, "KO", "OK")
    assert record.before["WLAN.1.KeyPassphrase"] == "********"
    with raw(url) as database:
        tables = {name: database.execute(table.select()).all() for name, table in Base.metadata.tables.items()}
    assert tables["teleaction"]
    assert "le secret du client" not in str(tables)
    assert await records.jobs.claim("one", LATER, LATER, 5) == ()


async def test_another_operator_sees_nothing_and_cancels_nothing(records: Records) -> None:
    record, _ = await records.teleactions.ask(WHO, new())
    other = Principal(samples.BETA.operator_id, "agent", frozenset({Right.TELEACTION}))
    with pytest.raises(NotFoundError):
        await records.teleactions.get(other, record.number)
    with pytest.raises(NotFoundError):
        await records.teleactions.cancel(other, record.number, NOW)
    assert await records.teleactions.list(other) == []
    assert await records.audit.of(other.operator_id, str(record.number)) == []


async def test_what_is_being_carried_out_is_cancelled_no_more(records: Records) -> None:
    record, _ = await records.teleactions.ask(WHO, new())
    [job] = await records.jobs.claim("one", NOW, SOON, 5)
    await records.jobs.started(job, "one", NOW)
    with pytest.raises(ConflictError):
        await records.teleactions.cancel(WHO, record.number, NOW)


async def unknown(records: Records) -> tuple[ActionNumber, Job]:
    """A téléaction whose effect is not known yet, and its job as the worker that left it held it."""
    record, _ = await records.teleactions.ask(WHO, new())
    [job] = await records.jobs.claim("w", NOW, LATER, 1)
    assert await records.jobs.acting(job, "w", SOON, BEFORE)
    assert await records.jobs.unsettled(job, "w", SOON, LATER, Sentence("It is not known yet whether it ended"))
    return record.number, job


async def test_what_stays_unknown_is_closed_by_hand_and_its_target_is_free(records: Records, url: str) -> None:
    number, _ = await unknown(records)
    [late] = await records.jobs.claim(
        "another", LATER, LATER + timedelta(seconds=30), 1
    )  # it looks at that very moment
    closed = await records.teleactions.close(WHO, number, LATER, Closing("box remplacée", "page 127.0.0.1"))
    assert closed.state is ActionState.UNPROVED
    assert closed.state.final
    assert closed.effect is not None
    assert closed.effect.said.fields == {"account": WHO.account, "reason": "box remplacée"}
    assert not await records.jobs.ended(late, "another", LATER, DONE, None)  # it comes too late
    assert (await records.teleactions.get(WHO, number)).state is ActionState.UNPROVED
    await records.teleactions.ask(WHO, new())
    [*_, entry] = await records.audit.of(WHO.operator_id, str(number))
    told = {name: entry[name] for name in ("kind", "closed_by", "why", "closed_from", "reason", "hash")}
    assert told == {
        "kind": "closed", "closed_by": WHO.account, "why": "box remplacée", "closed_from": "page 127.0.0.1",
        "reason": "essai", "hash": closed.audit_hash,
    }  # fmt: skip
    assert (await records.audit.verify()).breaks == ()
    with raw(url) as connection:
        kept = connection.exec_driver_sql("SELECT count(*) FROM teleaction_job WHERE state_before IS NOT NULL").scalar()
    assert kept == 0  # the secrets went with the job


async def test_only_what_is_unknown_is_closed_and_by_its_operator_alone(records: Records) -> None:
    why = Closing("box remplacée", "page")
    waiting, _ = await records.teleactions.ask(WHO, new())
    with pytest.raises(ConflictError, match="its effect is not unknown"):
        await records.teleactions.close(WHO, waiting.number, SOON, why)
    await records.teleactions.cancel(WHO, waiting.number, SOON)
    number, _ = await unknown(records)
    with pytest.raises(NotFoundError):
        await records.teleactions.close(replace(WHO, operator_id="BETA"), number, SOON, why)
    await records.teleactions.close(WHO, number, LATER, why)
    with pytest.raises(ConflictError):
        await records.teleactions.close(WHO, number, LATER, why)


async def test_two_accounts_confirm(records: Records) -> None:
    record, _ = await records.teleactions.ask(WHO, new(run_at=None))
    assert await records.jobs.claim("one", LATER, LATER, 5) == ()
    with pytest.raises(ConflictError):
        await records.teleactions.confirm(WHO, record.number, NOW)
    await records.teleactions.confirm(replace(WHO, account="second"), record.number, NOW)
    assert len(await records.jobs.claim("one", LATER, LATER, 5)) == 1


async def ended_one(records: Records, target: str) -> None:
    await records.teleactions.ask(WHO, new(target))
    [job] = await records.jobs.claim("one", NOW, SOON, 5)
    await records.jobs.ended(job, "one", SOON, DONE, None)


async def test_the_trail_refuses_every_change(records: Records, url: str) -> None:
    await ended_one(records, "access/F00000015")
    for statement in ("UPDATE audit SET kind = 'x'", "DELETE FROM audit"):
        with pytest.raises(DBAPIError, match="append-only"), raw(url) as database:
            database.exec_driver_sql(statement)
    assert (await records.audit.verify()).breaks == ()


@pytest.mark.parametrize(
    ("harm", "seq", "what"),
    [
        ("UPDATE audit SET body = replace(body, 'essai', 'autre') WHERE seq = 1", 1, "altered"),
        ("UPDATE audit SET operator_id = 'beta' WHERE seq = 2", 2, "altered"),
        ("DELETE FROM audit WHERE seq = 2", 2, "missing"),
        ("DELETE FROM audit WHERE seq = 4", 4, "missing"),
    ],
)
async def test_what_was_tampered_with_is_named(records: Records, url: str, harm: str, seq: int, what: str) -> None:
    await ended_one(records, "access/F00000015")
    await ended_one(records, "access/F00000016")
    with raw(url) as database:
        unguarded(database)
        database.exec_driver_sql(harm)
    found = await records.audit.verify()
    assert (found.breaks[0].seq, found.breaks[0].what) == (seq, what)


async def test_a_trail_rewritten_as_a_whole_is_found_by_a_head_kept_elsewhere(records: Records) -> None:
    await ended_one(records, "access/F00000015")
    head = (await records.audit.verify()).head
    assert (await records.audit.verify(head)).breaks == ()
    assert [one.what for one in (await records.audit.verify("0" * 64)).breaks] == ["the head given is not in the trail"]
