"""The access and the wired network are good; only the Wi-Fi is slow."""

from __future__ import annotations

from diagnostics import blames
from diagnostics.case import Case
from diagnostics.rule import GLOBAL, Layer, Match, Role, Signs
from diagnostics.thresholds import Thresholds
from domain.metrics import box, context
from domain.verdict import Scope, Severity

LAYER = Layer.SERVICE
TESTS = GLOBAL


def evaluate(case: Case, thresholds: Thresholds) -> Match | None:
    """Needs a weak or crowded Wi-Fi, a customer who complains of slowness, and an access that works."""
    readings = case.readings
    level, busy = readings.value(box.BOX_WIFI_RSSI_DBM), readings.value(box.BOX_WIFI_BUSY_PERCENT)
    weak = level is not None and level <= thresholds.wifi_weak_dbm
    crowded = busy is not None and busy >= thresholds.wifi_busy_percent
    said = (readings.value(context.SYMPTOM) or "").lower()
    complains = any(word in said for word in ("wifi", "wi-fi", "slow", "lent", "débit"))
    wired = readings.value(box.BOX_WIRED_MBPS)
    nominal = None if wired is None else wired >= thresholds.wired_nominal_mbps
    if (
        not case.facts.access_up
        or not complains
        or nominal is False
        or not (weak or crowded or (nominal and "wi" in said))
    ):
        return None
    signs = Signs(case, thresholds)
    if weak and level is not None:
        signs.add("wifi_weak", box.BOX_WIFI_RSSI_DBM, level=level)
    if crowded and busy is not None:
        signs.add("wifi_crowded", box.BOX_WIFI_BUSY_PERCENT, busy=busy)
    signs.expect(nominal, ("wired_good", "wired_good"), box.BOX_WIRED_MBPS, decider="wired_test", wired=wired or 0.0)
    return signs.match(Role.DEGRADED, blames.HOME_COMFORT, Scope.INDIVIDUAL, Severity.MINOR)
