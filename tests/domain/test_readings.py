"""Readings: a value or a reason, never both; nothing read is not zero; secrets do not show."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from domain.access import TestName
from domain.codec import dump, load, masked
from domain.errors import InvalidValueError
from domain.identifiers import Firmware, Id1
from domain.metric import Readings, all_metrics, metric
from domain.metrics.ont import ONT_ALARMS, ONT_FIRMWARE_PLANNED, ONT_PASSWORD, ONT_RX_DBM
from domain.reading import Reading, Reason, Source, Via, known, missing
from domain.secret import MASK, Secret
from domain.snapshot import Snapshot
from domain.states import OntAlarm

AT = datetime(2019, 5, 9, 8, 29, tzinfo=UTC)
SNMP = Source(Via.SNMP, "1.3.6.1")


def test_a_reading_has_a_value_or_a_reason() -> None:
    with pytest.raises(InvalidValueError):
        Reading(None, None, AT)
    with pytest.raises(InvalidValueError):
        Reading(1.0, Reason.TIMEOUT, AT)
    with pytest.raises(InvalidValueError):
        Reading(1.0, None, datetime(2019, 5, 9))  # noqa: DTZ001 - an instant without zone is the point


def test_what_was_never_read_says_so() -> None:
    assert Readings()[ONT_RX_DBM].reason is Reason.NOT_READ
    assert Readings().value(ONT_RX_DBM) is None


def test_a_failed_read_never_hides_a_value() -> None:
    stored = Readings({ONT_RX_DBM: known(-19.36, AT, SNMP)})
    failed = Readings({ONT_RX_DBM: missing(Reason.TIMEOUT, AT)})
    assert stored.merged(failed).value(ONT_RX_DBM) == -19.36
    assert failed.merged(stored).value(ONT_RX_DBM) == -19.36


def test_a_secret_shows_in_no_repr_and_is_masked_in_json() -> None:
    readings = Readings({ONT_PASSWORD: known("0848525835", AT, SNMP)})
    assert "0848525835" not in repr(readings)
    assert "0848525835" not in repr(Secret("0848525835"))
    assert "0848525835" not in str(Secret("0848525835"))
    snapshot = Snapshot(Id1("F00000015"), TestName.DELC, AT, None, readings=readings)
    assert "0848525835" not in repr(snapshot)
    assert masked({"ont.password": {"value": "0848525835"}}) == {"ont.password": {"value": MASK}}


def test_a_snapshot_reads_back_equal_and_writes_back_the_same() -> None:
    readings = Readings(
        {
            ONT_RX_DBM: known(-19.36, AT, SNMP),
            ONT_FIRMWARE_PLANNED: known(Firmware(b"HWTCA31610115\x00"), AT, SNMP),
            ONT_ALARMS: known((OntAlarm.LOS, OntAlarm.DG), AT, SNMP),
            ONT_PASSWORD: missing(Reason.TIMEOUT, AT),
        }
    )
    snapshot = Snapshot(Id1("F00000015"), TestName.GLOBAL, AT, None, readings=readings)
    text = dump(snapshot)
    assert load(Snapshot, text) == snapshot
    assert dump(load(Snapshot, text)) == text


def test_a_metric_that_nobody_declared_is_a_clear_error() -> None:
    with pytest.raises(InvalidValueError):
        metric("ont.colour")


@pytest.mark.parametrize("key", sorted(all_metrics()))
def test_every_metric_is_named_by_its_entity(key: str) -> None:
    assert key.partition(".")[0] in {
        "olt",
        "card",
        "pon",
        "ont",
        "uni",
        "box",
        "session",
        "reference",
        "context",
        "platform",
        "weather",
        "surroundings",
    }
