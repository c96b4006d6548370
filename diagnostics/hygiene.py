"""Data hygiene: values that physics, time or the equipment's own sentinels exclude become missing, with the reason.

A refused value is never compared with a threshold and never proves a fault; it is listed among what was not measured,
with what the equipment answered.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, TypeVar

from diagnostics.thresholds import Thresholds
from domain.metric import Metric, Readings
from domain.metrics import box, olt, ont, reference, session
from domain.reading import Quality, Reading, Reason, missing
from domain.record import record
from domain.snapshot import Outcome, Snapshot, SourceKind
from domain.states import OntAlarm, Oper

T = TypeVar("T")

LEVELS: tuple[Metric[float], ...] = (ont.ONT_RX_DBM, ont.ONT_TX_DBM, ont.OLT_RX_DBM, olt.PON_TX_DBM)
"""Optical levels, in dBm."""

MODULE: tuple[Metric[float], ...] = (*LEVELS, ont.ONT_BIAS_MA, ont.ONT_TEMPERATURE_C, olt.PON_BIAS_MA)
"""What the optical modules measure of themselves."""

_RECEIVED = (ont.ONT_RX_DBM, ont.OLT_RX_DBM, reference.REFERENCE_ONT_RX_DBM, reference.REFERENCE_OLT_RX_DBM)
_SENT = (ont.ONT_TX_DBM, olt.PON_TX_DBM, reference.REFERENCE_ONT_TX_DBM, reference.REFERENCE_OLT_TX_DBM)
_BIAS = (ont.ONT_BIAS_MA, olt.PON_BIAS_MA, reference.REFERENCE_ONT_BIAS_MA, reference.REFERENCE_OLT_BIAS_MA)
_OF_THE_ONT = (ont.ONT_RX_DBM, ont.ONT_TX_DBM, ont.ONT_BIAS_MA, ont.ONT_TEMPERATURE_C)

STATES: tuple[Metric[Any], ...] = (
    olt.CARD_ADMIN,
    olt.CARD_OPER,
    olt.CARD_ERROR,
    olt.CARD_AVAILABILITY,
    olt.PON_ADMIN,
    olt.PON_OPER,
    olt.PON_LASER_ON,
    olt.PON_ALARMS,
    ont.ONT_PROVISIONED,
    ont.ONT_ADMIN,
    ont.ONT_OPER,
    ont.ONT_ALARMS,
    ont.ONT_RANGING,
    ont.ONT_ERRORS_UP,
    ont.ONT_ERRORS_DOWN,
    ont.UNI_OPER,
    ont.UNI_NEGOTIATION,
    ont.UNI_RATE,
)
"""What may change at any time on the network: an old value says nothing of the present. Identities are not here."""

_AGEING = STATES + MODULE

BOX_STATES: tuple[Metric[Any], ...] = (
    box.BOX_UPTIME_S,
    box.BOX_WAN_LINK,
    box.BOX_PPP_STATUS,
    box.BOX_PPP_LAST_ERROR,
    box.BOX_WAN_IP,
    box.BOX_PING_OK,
    box.BOX_DNS_OK,
    box.BOX_PADO_SEEN,
    box.BOX_BOOTS_24H,
    box.BOX_WIFI_RSSI_DBM,
    box.BOX_WIFI_BUSY_PERCENT,
    box.BOX_WIRED_MBPS,
)
"""What a box says of its present: void once the box has missed its Informs."""

INSTANTS: tuple[Metric[datetime], ...] = (
    ont.ONT_LAST_CHANGE,
    ont.ONT_LAST_DOWN,
    ont.ONT_LAST_UP,
    olt.PON_LAST_CHANGE,
    box.BOX_LAST_INFORM,
    session.SESSION_STARTED,
    session.SESSION_LAST_SEEN,
    session.SESSION_STOPPED,
    session.AUTH_AT,
)
"""Instants told by equipment, whose clock may be wrong."""

COUNTERS: tuple[Metric[int], ...] = (
    ont.ONT_ERRORS_UP,
    ont.ONT_ERRORS_DOWN,
    ont.ONT_FEC_CORRECTED,
    ont.ONT_FEC_UNCORRECTED,
)
"""Errors counted over `ONT_COUNTER_INTERVAL_S`."""

NOT_NEGATIVE: tuple[Metric[Any], ...] = (*COUNTERS, ont.ONT_FLAPS_24H, box.BOX_UPTIME_S)
"""Counters and durations."""


@record
class Refusal:
    """A value that was read and is not believed.

    Attributes:
        raw: What was read, as text.
    """

    metric: Metric[Any]
    reason: Reason
    raw: str

    @property
    def shown(self) -> str | None:
        """What was read, where that means something to who reads it: a sentinel does not."""
        return None if self.reason is Reason.NO_READING or self.metric.secret else self.raw


class Cleaner:
    """Applies the rules of hygiene to one snapshot, each seeing what those before it left."""

    def __init__(self, snapshot: Snapshot, thresholds: Thresholds) -> None:
        self._now = snapshot.at
        self._began = snapshot.began_at or snapshot.at
        self._thresholds = thresholds
        self._values = dict(snapshot.readings.values)
        self.refusals: list[Refusal] = []

    @property
    def readings(self) -> Readings:
        """What is left."""
        return Readings(self._values)

    def _value(self, metric: Metric[T]) -> T | None:
        """A value that is still believed."""
        reading = self._values.get(metric)
        return None if reading is None else reading.value

    def refuse_where(self, metrics: tuple[Metric[T], ...], why: Callable[[T, Reading[T]], Reason | None]) -> None:
        """Turn into missing each known reading of ``metrics`` for which ``why`` gives a reason."""
        read = self._values.get
        for metric in metrics:
            reading = read(metric)
            if reading is not None and (value := reading.value) is not None and (reason := why(value, reading)):
                self._refuse(metric, reading, reason)

    def _refuse(self, metric: Metric[Any], reading: Reading[Any], reason: Reason) -> None:
        refusal = Refusal(metric, reason, _raw(metric, reading.value))
        self._values[metric] = missing(reason, reading.at, reading.source, refusal.shown)
        self.refusals.append(refusal)

    def _ignore(self, metric: Metric[Any], reason: Reason) -> None:
        """Tell that a value is shown as read and used for nothing, or only with care."""
        self.refusals.append(Refusal(metric, reason, _raw(metric, self._values[metric].value)))

    def told_as_missing(self) -> None:
        """What came with the equipment's own word for "no value"."""
        for metric, reading in self._values.items():
            if reading.value is None and reading.raw is not None and reading.reason is not None:
                self.refusals.append(Refusal(metric, reading.reason, reading.raw))

    def implausible(self) -> None:
        """Levels, distances and counters beyond what exists."""
        t = self._thresholds
        self._invalid_module()
        self.refuse_where(_RECEIVED, lambda v, _: _level(v, t.rx_plausible_dbm, t.rx_dark_dbm))
        self.refuse_where(_SENT, lambda v, _: _level(v, t.tx_plausible_dbm))
        self.refuse_where(_BIAS, lambda v, _: _level(v, t.bias_plausible_ma))
        self.refuse_where((ont.ONT_TEMPERATURE_C,), lambda v, _: _level(v, t.temperature_plausible_c))
        self.refuse_where((ont.ONT_DISTANCE_M,), lambda v, _: _level(v, t.distance_plausible_m))
        self.refuse_where(NOT_NEGATIVE, lambda v, _: Reason.OUT_OF_RANGE if v < 0 else None)
        latest = self._now + timedelta(seconds=t.clock_slack_s)
        self.refuse_where(INSTANTS, lambda v, _: _wrong_clock(v, latest))
        for metric in MODULE:
            reading = self._values.get(metric)
            if reading is not None and reading.known and reading.at is not None and reading.at > latest:
                self._ignore(metric, Reason.CLOCK)  # of the present all the same: only its clock is wrong

    def _invalid_module(self) -> None:
        """A module that answers -1 for several of its values has none (the Huawei agents' word for "invalid")."""
        told = (*_OF_THE_ONT, ont.OLT_RX_DBM)
        invalid = tuple(metric for metric in told if self._value(metric) == _INVALID)
        if len(invalid) > 1:
            self.refuse_where(invalid, lambda _v, _r: Reason.NO_READING)

    def inverted(self) -> None:
        """A level received above the level sent at the other end: no passive path amplifies."""
        self._below(ont.ONT_RX_DBM, self._value(olt.PON_TX_DBM))
        self._below(ont.OLT_RX_DBM, self._value(ont.ONT_TX_DBM))

    def _below(self, received: Metric[float], sent_dbm: float | None) -> None:
        if sent_dbm is not None:
            self.refuse_where((received,), lambda v, _: Reason.OUT_OF_RANGE if v > sent_dbm else None)

    def too_little_loss(self, ratio: int | None) -> None:
        """A loss below what the splitters alone take is a wrong unit, unless the other direction measures it too."""
        least = 10 * math.log10(ratio) - self._thresholds.loss_tolerance_db if ratio else 0.0
        sent = {ont.ONT_RX_DBM: olt.PON_TX_DBM, ont.OLT_RX_DBM: ont.ONT_TX_DBM}
        losses = {
            rx: tx_dbm - rx_dbm
            for rx, tx in sent.items()
            if (tx_dbm := self._value(tx)) is not None and (rx_dbm := self._value(rx)) is not None
        }
        little = tuple(rx for rx, loss in losses.items() if loss < least)
        apart = max(losses.values(), default=0.0) - min(losses.values(), default=0.0)
        if len(little) == 1 and len(losses) > 1 and apart > self._thresholds.loss_tolerance_db:
            self.refuse_where(little, lambda _v, _r: Reason.OUT_OF_RANGE)

    def counts(self) -> None:
        """Counts without the time they took, or beyond what a line can carry in it, tell no rate."""
        interval = self._value(ont.ONT_COUNTER_INTERVAL_S)
        if interval is None or interval <= 0:
            for metric in COUNTERS:
                if self._value(metric):
                    self._ignore(metric, Reason.NO_INTERVAL)
            return
        most = self._thresholds.errors_max_per_s * interval
        errors = (ont.ONT_ERRORS_UP, ont.ONT_ERRORS_DOWN, ont.ONT_BIP_UP, ont.ONT_BIP_DOWN)
        self.refuse_where(errors, lambda v, _: Reason.OUT_OF_RANGE if v > most else None)
        words = self._thresholds.fec_codewords_per_s * interval
        self.refuse_where((ont.ONT_FEC_UNCORRECTED,), lambda v, _: Reason.OUT_OF_RANGE if v > words else None)

    def old(self) -> None:
        """States and levels older than their maximum age, or than the last change of state of what they describe."""
        t = self._thresholds
        oldest_stored = self._now - timedelta(seconds=t.stored_max_age_s)
        oldest_live = self._began - timedelta(seconds=t.live_max_age_s)

        def too_old(_: object, reading: Reading[Any]) -> Reason | None:
            oldest = oldest_stored if reading.quality is Quality.STORED else oldest_live
            return Reason.STALE if reading.at is not None and reading.at < oldest else None

        self.refuse_where(_AGEING, too_old)
        self._older_than(ont.ONT_LAST_CHANGE, (*_OF_THE_ONT, ont.OLT_RX_DBM))
        self._older_than(olt.PON_LAST_CHANGE, (olt.PON_TX_DBM,))

    def _older_than(self, change: Metric[datetime], metrics: tuple[Metric[Any], ...]) -> None:
        since = self._value(change)
        if since is not None:
            self.refuse_where(metrics, lambda _, r: Reason.STALE if r.at is not None and r.at < since else None)

    def unreachable(self, olt_unreachable: bool) -> None:
        """Stored states of a network that cannot be asked: they say nothing of the present."""
        if olt_unreachable:
            self.refuse_where(_AGEING, lambda _, r: Reason.STALE if r.quality is Quality.STORED else None)

    def silent_box(self) -> None:
        """What a box last said of itself, once it is older than the Informs it should have sent since."""
        t = self._thresholds
        interval = self._value(box.BOX_INFORM_INTERVAL_S) or t.live_max_age_s
        silent = t.inform_intervals * interval + t.inform_slack_s
        self.refuse_where(BOX_STATES, lambda _, r: self._aged(r, silent))
        self.refuse_where((box.BOX_REACH,), lambda _, r: self._aged(r, t.live_max_age_s))

    def contradicted(self) -> None:
        """An ONT on line that would receive no light: one of the two is wrong, and neither is trusted alone."""
        alarms = self._value(ont.ONT_ALARMS) or ()
        if self._value(ont.ONT_OPER) is Oper.UP and OntAlarm.LOS in alarms:
            self._ignore(ont.ONT_ALARMS, Reason.CONTRADICTED)
            self._ignore(ont.ONT_OPER, Reason.CONTRADICTED)

    def _aged(self, reading: Reading[Any], limit_s: float) -> Reason | None:
        """Why a reading is refused. What the test itself read is not aged by a clock that ran fast until its end."""
        until = self._now if reading.quality is Quality.STORED else self._began
        return Reason.STALE if reading.at is not None and (until - reading.at).total_seconds() > limit_s else None


_SENTINEL = 32_767.0
"""From this magnitude on, a number is an equipment's word for "no value": 2147483647, 65535, −80000, 32767 …"""


_INVALID = -1.0
_DARKEST = -100.0
"""Down to it, a level says that there is no light; below, it is in another unit."""


def _raw(metric: Metric[Any], value: object) -> str:
    """A value as text, with its unit."""
    shown = value.isoformat() if isinstance(value, datetime) else str(value)
    return f"{shown} {metric.unit}".strip()


def _wrong_clock(value: datetime, latest: datetime) -> Reason | None:
    if value.tzinfo is None:
        return Reason.MALFORMED
    return Reason.CLOCK if value > latest else None


def _level(value: float, plausible: tuple[float, float], dark: float | None = None) -> Reason | None:
    """Why a number is refused. NaN is never within limits; 0 received is a table that nobody filled."""
    if abs(value) >= _SENTINEL and abs(value) > plausible[1]:
        return Reason.NO_READING
    if dark is not None and (_DARKEST <= value <= dark or value == 0.0):
        return Reason.NO_READING
    return None if plausible[0] <= value <= plausible[1] else Reason.OUT_OF_RANGE


def olt_unreachable(snapshot: Snapshot) -> bool:
    """Whether the OLT did not answer at all: it was found so, or every request to it failed."""
    reachable = snapshot.readings.value(olt.OLT_REACHABLE)
    if reachable is not None:
        return not reachable
    return any(s.kind is SourceKind.OLT_SNMP and s.outcome is Outcome.FAILED for s in snapshot.sources)


def acs_unreachable(snapshot: Snapshot) -> bool:
    """Whether what the boxes last told could not be asked of their server."""
    return any(s.kind is SourceKind.BOX_STORED and s.outcome is Outcome.FAILED for s in snapshot.sources)


def clean(snapshot: Snapshot, thresholds: Thresholds) -> tuple[Readings, tuple[Refusal, ...]]:
    """The readings that may be believed, and what was refused."""
    cleaner = Cleaner(snapshot, thresholds)
    cleaner.told_as_missing()
    cleaner.implausible()
    cleaner.inverted()
    cleaner.too_little_loss(snapshot.outside.splitter_ratio)
    cleaner.counts()
    cleaner.old()
    cleaner.unreachable(olt_unreachable(snapshot))
    cleaner.silent_box()
    cleaner.contradicted()
    return cleaner.readings, tuple(cleaner.refusals)
