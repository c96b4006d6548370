from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from collectors.columns import ColumnTable, Moment, read
from collectors.snmp.values import Kind, Value, VarBind
from collectors.vendors.nokia_isam import facts
from domain.identifiers import Firmware, SerialNumber
from domain.metric import Metric
from domain.metrics import olt, ont
from domain.reading import Reading, Reason
from domain.states import Admin, EthernetRate, Negotiation, OntAlarm, Oper, Ranging

NOW = datetime(2019, 5, 9, 8, 29, tzinfo=UTC)
BOOT = datetime(2019, 1, 15, 2, 12, 40, tzinfo=UTC)


def reading(metric: Metric[object], kind: Kind, value: Value) -> Reading[object]:
    return read(facts.load().column(metric), VarBind((1, 3), kind, value), Moment(NOW, BOOT))


@pytest.mark.parametrize(
    ("metric", "kind", "raw", "value"),
    [
        (olt.PON_TX_DBM, Kind.INTEGER, 34, 3.4),
        (ont.OLT_RX_DBM, Kind.INTEGER, -207, -20.7),
        (ont.ONT_TX_DBM, Kind.INTEGER, 1140, 2.28),
        (ont.ONT_RX_DBM, Kind.INTEGER, -9680, -19.36),
        (ont.ONT_DISTANCE_M, Kind.INTEGER, 22, 2200.0),
        (ont.ONT_SERIAL, Kind.OCTETS, bytes.fromhex("485754430172629D"), SerialNumber("HWTC", "0172629D")),
        (ont.ONT_FIRMWARE_ACTIVE, Kind.OCTETS, b"HWTCA31610115\x00", Firmware(b"HWTCA31610115\x00")),
        (ont.ONT_ALARMS, Kind.INTEGER, 0, ()),
        (ont.ONT_ALARMS, Kind.GAUGE32, 1 | 1 << 17, (OntAlarm.LOS, OntAlarm.DG)),
        (ont.ONT_OPER, Kind.INTEGER, 7, Oper.DOWN),
        (ont.ONT_ADMIN, Kind.INTEGER, 2, Admin.LOCKED),
        (ont.ONT_RANGING, Kind.INTEGER, 3, Ranging.OFF),
        (ont.ONT_PROVISIONED, Kind.INTEGER, 1, True),
        (ont.ONT_PROVISIONED, Kind.INTEGER, 2, False),
        (ont.UNI_NEGOTIATION, Kind.INTEGER, 0, Negotiation.AUTO),
        (ont.UNI_NEGOTIATION, Kind.INTEGER, 18, Negotiation.FORCED),
        (ont.UNI_RATE, Kind.INTEGER, 3, EthernetRate.GIGABIT),
        (ont.UNI_RATE, Kind.INTEGER, 0, EthernetRate.NONE),
        (ont.ONT_ERRORS_UP, Kind.COUNTER32, 0, 0),
        (olt.CARD_AVAILABILITY, Kind.INTEGER, 5, "not-installed"),
        (olt.OLT_UPTIME_S, Kind.TIME_TICKS, 123, 1.23),
        (ont.ONT_LAST_CHANGE, Kind.TIME_TICKS, 100, BOOT + timedelta(seconds=1)),
    ],
)
def test_raw_values_become_values_in_the_unit_of_their_metric(metric, kind, raw, value) -> None:
    found = reading(metric, kind, raw)
    assert (found.value, found.reason) == (value, None)
    assert found.source.locator == ".".join(map(str, facts.load().column(metric).oid))


@pytest.mark.parametrize(
    ("metric", "kind", "raw", "reason"),
    [
        (ont.ONT_RX_DBM, Kind.INTEGER, 32768, Reason.NO_READING),
        (ont.OLT_RX_DBM, Kind.INTEGER, 65534, Reason.NO_READING),
        (olt.PON_TX_DBM, Kind.INTEGER, 65534, Reason.NO_READING),
        (ont.ONT_DISTANCE_M, Kind.INTEGER, 65534, Reason.NO_READING),
        (ont.ONT_FIRMWARE_PLANNED, Kind.OCTETS, b"AUTO\x00\x00", Reason.NO_READING),
        (ont.ONT_FIRMWARE_ACTIVE, Kind.OCTETS, b"\x00" * 14, Reason.NO_READING),
        (ont.ONT_SERIAL, Kind.OCTETS, b"\x00" * 8, Reason.NO_READING),
        (ont.ONT_LAST_CHANGE, Kind.TIME_TICKS, 0, Reason.NO_READING),
        (ont.ONT_OPER, Kind.INTEGER, 4, Reason.NO_READING),
        (olt.CARD_TYPE, Kind.OCTETS, b"EMPTY", Reason.NO_READING),
        (ont.ONT_RX_DBM, Kind.INTEGER, -25000, Reason.OUT_OF_RANGE),
        (ont.ONT_TX_DBM, Kind.INTEGER, 20000, Reason.OUT_OF_RANGE),
        (ont.ONT_RX_DBM, Kind.OCTETS, b"-19.36", Reason.MALFORMED),
        (ont.ONT_SERIAL, Kind.OCTETS, b"HWTC", Reason.MALFORMED),
        (ont.ONT_SERIAL, Kind.INTEGER, 7, Reason.MALFORMED),
        (ont.ONT_OPER, Kind.INTEGER, 99, Reason.MALFORMED),
        (olt.CARD_TYPE, Kind.OCTETS, b"FG\x01LT", Reason.MALFORMED),
        (olt.CARD_TYPE, Kind.OCTETS, b"\xff\xfe", Reason.MALFORMED),
        (ont.ONT_RX_DBM, Kind.NO_SUCH_OBJECT, None, Reason.NOT_SUPPORTED),
        (ont.ONT_RX_DBM, Kind.NO_SUCH_INSTANCE, None, Reason.NOT_SUPPORTED),
        (ont.ONT_RX_DBM, Kind.FAILED, Reason.TIMEOUT, Reason.TIMEOUT),
    ],
)
def test_what_is_no_value_says_why_and_never_becomes_zero(metric, kind, raw, reason) -> None:
    found = reading(metric, kind, raw)
    assert (found.value, found.reason) == (None, reason)
    answered = kind not in {Kind.FAILED, Kind.NO_SUCH_OBJECT, Kind.NO_SUCH_INSTANCE}
    assert (found.raw is not None) is answered


def test_a_change_before_the_wrap_of_sysuptime_is_dated_before_it() -> None:
    column = facts.load().column(ont.ONT_LAST_CHANGE)
    wrapped = Moment(NOW, NOW - timedelta(seconds=10))
    found = read(column, VarBind((1, 3), Kind.TIME_TICKS, (1 << 32) - 100), wrapped)
    assert found.value == NOW - timedelta(seconds=11)


def test_a_change_without_sysuptime_has_no_date() -> None:
    found = read(facts.load().column(ont.ONT_LAST_CHANGE), VarBind((1, 3), Kind.TIME_TICKS, 5), Moment(NOW))
    assert found.reason is Reason.NO_READING


ENTRY = {"metric": "ont.rx_power_dbm", "oid": "1.3.6", "index": "ont", "type": "number", "unit": "dBm", "source": "x"}


@pytest.mark.parametrize(
    "change",
    [{"unit": "dB"}, {"oid": "1.3.x"}, {"metric": "ont.nothing"}, {"words": {1: "up"}}, {"type": "enum"}, {"extra": 1}],
)
def test_a_wrong_declaration_is_refused_when_it_is_loaded(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ColumnTable.model_validate({"vendor": "v", "columns": [ENTRY | change]})


def test_a_metric_declared_twice_is_refused() -> None:
    with pytest.raises(ValidationError):
        ColumnTable.model_validate({"vendor": "v", "columns": [ENTRY, ENTRY]})
