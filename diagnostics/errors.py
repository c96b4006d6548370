"""Error rates of one access, from counts over a known time. A count without its time is no rate."""

from __future__ import annotations

from diagnostics.logic import Tri, any_of
from diagnostics.thresholds import Thresholds
from domain.access import OpticalClass
from domain.metric import Metric, Readings
from domain.metrics import ont
from domain.record import record
from domain.states import OntAlarm

DOWN_BIT_S = 2.48832e9
UP_BIT_S = 1.24416e9
"""Line rates of G-PON (ITU-T G.984.2). Upstream BIP covers this ONT's bursts alone, so its true rate is higher."""

GPON = frozenset({OpticalClass.B_PLUS, OpticalClass.C, OpticalClass.C_PLUS, OpticalClass.D})
"""Classes of G-PON; XGS-PON has no BIP-8 downstream."""


@record
class Errors:
    """Errors of an access; ``None`` where a count or its time is unknown.

    Attributes:
        ber_up: Share of bits in error, upstream, at least.
        ber_down: The same, downstream.
        lost: Share of codewords that FEC could not mend, downstream.
        high_up: Upstream errors that a customer feels.
        high_down: The same, downstream.
        severe: They make the service unusable.
        rising: More errors than a line that works has.
    """

    ber_up: float | None
    ber_down: float | None
    lost: float | None
    high_up: Tri
    high_down: Tri
    severe: bool
    rising: bool

    @property
    def high(self) -> Tri:
        """Errors that a customer feels, either way."""
        return any_of(self.high_up, self.high_down)


def errors_of(readings: Readings, optical_class: OpticalClass, t: Thresholds) -> Errors:
    """The error rates, and what the alarms of signal degrade (SDi, SFi, RDIi) say."""
    interval = readings.value(ont.ONT_COUNTER_INTERVAL_S)
    bip_down = _count(readings, ont.ONT_ERRORS_DOWN, ont.ONT_BIP_DOWN) if optical_class in GPON else None
    ber_down = _rate(bip_down, interval, DOWN_BIT_S)
    ber_up = _rate(_count(readings, ont.ONT_ERRORS_UP, ont.ONT_BIP_UP), interval, UP_BIT_S)
    lost = _rate(readings.value(ont.ONT_FEC_UNCORRECTED), interval, t.fec_codewords_per_s)
    alarms = readings.value(ont.ONT_ALARMS)
    up_alarm = None if alarms is None else OntAlarm.SD in alarms or OntAlarm.SF in alarms
    down_alarm = None if alarms is None else OntAlarm.RDI in alarms
    failed = alarms is not None and OntAlarm.SF in alarms
    return Errors(
        ber_up=ber_up,
        ber_down=ber_down,
        lost=lost,
        high_up=any_of(up_alarm, _above(ber_up, t.ber_warning)),
        high_down=any_of(down_alarm, _above(ber_down, t.ber_warning), _above(lost, t.fec_warning_ratio)),
        severe=failed or any(rate is not None and rate >= t.ber_major for rate in (ber_up, ber_down)),
        rising=any(rate is not None and rate >= t.ber_rising for rate in (ber_up, ber_down, lost)),
    )


def _count(readings: Readings, *metrics: Metric[int]) -> int | None:
    """The first count that the equipment gives: some count errors in general, some by BIP."""
    return next((count for metric in metrics if (count := readings.value(metric)) is not None), None)


def _rate(count: int | None, interval_s: float | None, per_s: float) -> float | None:
    if count is None or interval_s is None or interval_s <= 0:
        return None
    return count / (per_s * interval_s)


def _above(rate: float | None, limit: float) -> Tri:
    return None if rate is None else rate >= limit
