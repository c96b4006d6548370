"""Falls out of stored states and announcements; errors out of counters. Pure functions, no service."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.services.falls import Kept, falls
from api.services.rates import Earlier, with_rates
from domain.events import EventKind, EventObservation, EventScope
from domain.history import Drop
from domain.identifiers import OntName
from domain.metric import Metric, Readings
from domain.metrics.olt import OLT_UPTIME_S
from domain.metrics.ont import (
    ONT_BIP_UP,
    ONT_COUNTER_INTERVAL_S,
    ONT_DOWN_CAUSE,
    ONT_ERRORS_DOWN,
    ONT_ERRORS_UP,
    ONT_LAST_CHANGE,
    ONT_OPER,
)
from domain.reading import Reading, Reason, Source, Via, known
from domain.states import DownCause, Oper
from domain.telemetry import Sample, encode

NOW = datetime(2019, 5, 9, 8, tzinfo=UTC)
SINCE = NOW - timedelta(days=7)
ONT = OntName.parse("ONT-1-1-5-10-19")
SNMP = Source(Via.SNMP, "1.3.6")


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def sample(minutes: float, value: float | None) -> Sample:
    return Sample("OLT", ONT, ago(minutes), value, Reason.TIMEOUT if value is None else None)


def oper(minutes: float, state: Oper) -> Sample:
    return sample(minutes, encode(ONT_OPER, state))


def instant(minutes: float, of: float) -> Sample:
    return sample(minutes, ago(of).timestamp())


def event(minutes: float, kind: EventKind) -> EventObservation:
    return EventObservation("OLT", kind, EventScope.ONT, ago(minutes), SNMP, ONT, ONT.pon_name)


# Falls


def test_an_olt_that_dates_its_falls_tells_each_once_with_its_cause() -> None:
    downs = [instant(30, 5000), instant(25, 40), instant(20, 40), instant(15, 18), instant(5, 20_000)]
    gasp, los = (encode(ONT_DOWN_CAUSE, cause) for cause in (DownCause.DYING_GASP, DownCause.LOS))
    causes = [sample(30, gasp), sample(25, los), sample(15, None)]
    found = falls(Kept(downs=downs, causes=causes), (), SINCE)
    assert [(drop.down_at, drop.cause) for drop in found] == [
        (ago(5000), DownCause.DYING_GASP),
        (ago(40), DownCause.LOS),
        (ago(18), None),
    ]


def test_a_change_seen_while_the_ont_is_up_is_the_end_of_a_fall_that_no_poll_saw() -> None:
    states = [oper(at, Oper.DOWN if at == 10 else Oper.UP) for at in (25, 20, 15, 10, 5)]
    changes = [instant(25, 9e6), instant(20, 22), sample(18, None), instant(15, 22), instant(10, 12), instant(5, 7)]
    found = falls(Kept(states, changes), (), SINCE)
    assert found == (Drop(ago(22), ago(22)), Drop(ago(12), ago(7)))


def test_an_olt_that_dates_nothing_has_the_falls_that_polls_saw() -> None:
    words = (Oper.UP, Oper.DOWN, Oper.DOWN, Oper.UP, Oper.UP)
    states = [oper(25 - 5 * at, word) for at, word in enumerate(words)]
    assert falls(Kept([*states, sample(0, None)]), (), SINCE) == (Drop(ago(20), ago(10)),)


def test_what_was_announced_dates_and_explains_the_same_fall() -> None:
    kept = Kept([oper(25, Oper.UP), oper(20, Oper.UP)], [instant(25, 9e6), instant(20, 22)])
    events = [
        event(23, EventKind.LOS),
        event(23, EventKind.DYING_GASP),
        event(22, EventKind.ONT_UP),
        event(3, EventKind.LINK_DOWN),
    ]
    found = falls(kept, events, SINCE)
    assert found == (Drop(ago(23), ago(22), DownCause.DYING_GASP), Drop(ago(3)))
    assert falls(Kept(), [event(20_000, EventKind.LOS)], SINCE) == ()


# Errors


def read(**changes: float) -> Readings:
    """An OLT up for a day, whose counters stand at 1000 and 50."""
    values: dict[Metric[Any], Reading[Any]] = {
        ONT_ERRORS_UP: known(1000, NOW, SNMP),
        ONT_ERRORS_DOWN: known(50, NOW, SNMP),
        OLT_UPTIME_S: known(changes.get("uptime_s", 86_400.0), NOW, SNMP),
        ONT_LAST_CHANGE: known(ago(changes.get("changed", 900)), NOW, SNMP),
    }
    return Readings(values)


def earlier(minutes: float = 5, up: float | None = 400, down: float | None = 50) -> Earlier:
    counts = {ONT_ERRORS_UP: sample(minutes, up), ONT_ERRORS_DOWN: sample(minutes, down)}
    return Earlier(counts, sample(minutes, 86_400 - 60 * minutes))


def test_errors_are_those_since_the_last_poll() -> None:
    told = with_rates(read(), earlier())
    assert (told.value(ONT_ERRORS_UP), told.value(ONT_ERRORS_DOWN)) == (600, 0)
    assert told.value(ONT_COUNTER_INTERVAL_S) == 300.0


def test_a_counter_that_went_back_is_unknown_while_the_other_tells() -> None:
    told = with_rates(read(), earlier(up=4000))
    assert (told[ONT_ERRORS_UP].reason, told[ONT_ERRORS_UP].raw) == (Reason.NO_INTERVAL, "1000")
    assert (told.value(ONT_ERRORS_DOWN), told.value(ONT_COUNTER_INTERVAL_S)) == (0, 300.0)


@pytest.mark.parametrize(
    ("readings", "before"),
    [
        (read(), Earlier()),
        (read(), earlier(minutes=0.1)),
        (read(), earlier(minutes=130)),
        (read(), earlier(up=None, down=None)),
        (read(uptime_s=60), earlier()),
        (read(changed=2), earlier()),
    ],
    ids=["no sample", "too short", "too long", "no value", "the OLT started again", "the ONT fell"],
)
def test_no_rate_is_told_where_there_is_none(readings: Readings, before: Earlier) -> None:
    assert with_rates(readings, before) == readings


def test_a_rate_that_the_olt_tells_itself_is_left_alone_and_bip_stands_in_for_errors() -> None:
    own = Readings({**read().values, ONT_COUNTER_INTERVAL_S: known(900.0, NOW, SNMP)})
    assert with_rates(own, earlier()) is own
    bip = Readings({ONT_BIP_UP: known(70, NOW, SNMP)})
    told = with_rates(bip, Earlier({ONT_BIP_UP: sample(5, 20)}))
    assert (told.value(ONT_ERRORS_UP), told.value(ONT_BIP_UP)) == (50, 70)
