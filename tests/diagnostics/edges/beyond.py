"""Edges of errors, falls, neighbours, boxes and series."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

from diagnostics.ruleset import Ruleset
from diagnostics.trends.access import Trends
from diagnostics.trends.drifts import Drift
from domain.metrics import box, context, ont, platform, session
from domain.snapshot import Snapshot
from domain.states import DownCause, Oper, PppStatus
from tests.diagnostics.build import (
    FELL,
    NOTHING,
    Values,
    crowd,
    over,
    port,
    readings,
    snapshot,
)
from tests.diagnostics.edges.making import (
    Edge,
    Look,
    acted,
    ago,
    case,
    counted,
    fact,
    fallen,
    feeder,
    gasps,
    headline,
    job,
    line,
    matched,
    neighbours,
    pbo,
    said,
    silent_box,
    swinging,
    together,
    trends,
)

SLOW = {context.SYMPTOM: "wifi lent"}


def beyond() -> Iterator[Edge]:
    """All of them."""
    yield from _errors()
    yield from _falls()
    yield from _crowds()
    yield from _behind()
    yield from _series()


def _errors() -> Iterator[Edge]:
    rising: Look = lambda r, v: case(r, counted(down=v)).errors.rising  # noqa: E731
    yield Edge("ber_rising", rising, {0.97e-11: False, 1.01e-11: True})
    yield Edge("ber_warning", headline(lambda v: counted(down=v)), {0.97e-9: "healthy", 1.01e-9: "downstream_errors"})
    severe: Look = lambda r, v: said(r, counted(down=v)).severity.value  # noqa: E731
    yield Edge("ber_major", severe, {0.97e-5: "minor", 1.01e-5: "major"})
    lost = headline(lambda v: counted(lost=v))
    yield Edge("fec_warning_ratio", lost, {0.9e-8: "healthy", 1.03e-8: "downstream_errors"})

    def noisy(number: int, of: int = 30) -> Snapshot:
        onts = [replace(one, upstream_errors=n < number) for n, one in enumerate(neighbours(of))]
        return line(neighbours=crowd(*onts))

    yield Edge("noisy_share", headline(noisy), {5: "healthy", 6: "rogue_suffered"})
    yield Edge("noisy_share", headline(lambda v: noisy(v, 50)), {9: "healthy", 10: "rogue_suffered"})
    yield Edge("noisy_min_onts", headline(lambda v: noisy(v, 8)), {2: "healthy", 3: "rogue_suffered"})


def _falls() -> Iterator[Edge]:
    yield Edge("flaps_24h", headline(fallen), {2: "healthy", 3: "flapping_light"})
    yield Edge("flaps_7d", headline(lambda v: fallen(v, 30.0)), {4: "healthy", 5: "flapping_light"})
    gasped: Look = lambda r, v: said(r, fallen(v, 2.0, DownCause.DYING_GASP)).severity.value  # noqa: E731
    yield Edge("flaps_many_24h", gasped, {9: "minor", 10: "major"})

    def nightly(days: int) -> Snapshot:
        extra = ({ont.ONT_FLAPS_24H: 3},)
        snap = fallen(days, 24.0, DownCause.DYING_GASP)
        return replace(snap, readings=snap.readings.merged(readings(extra[0])))

    habit: Look = lambda r, v: trends(r, nightly(v)).flaps.habit  # noqa: E731
    yield Edge("habit_days", habit, {3: False, 4: True})
    spread: Look = lambda r, v: trends(r, fallen(6, 24.0, DownCause.DYING_GASP, v)).flaps.habit  # noqa: E731
    yield Edge("habit_spread_h", spread, {2.9: True, 3.0: True, 3.1: False})


def _crowds() -> Iterator[Edge]:
    yield Edge("together_s", headline(together), {5.0: "feeder_cut", 5.5: "drop_cut"})
    yield Edge("feeder_min_onts", headline(lambda v: feeder(0, v)), {1: "drop_cut", 2: "feeder_cut"})
    yield Edge("pbo_min_onts", headline(pbo), {0: "drop_cut", 1: "pbo_cut"})
    yield Edge("area_min_gasps", headline(gasps), {1: "ont_power_off", 2: "area_power_cut"})
    near = headline(lambda v: gasps(4, v))
    yield Edge("gasps_together_s", near, {60.0: "area_power_cut", 61.0: "ont_power_off"})

    def ports(number: int) -> Snapshot:
        fell = tuple(port(n, Oper.DOWN, FELL) for n in range(1, number + 1))
        return over("feeder_cut", neighbours=replace(together(0.0).neighbours, ports=fell))

    several: Look = lambda r, v: bool(said(r, ports(v)).findings[0].evidence_against)  # noqa: E731
    yield Edge("card_min_ports", several, {1: False, 2: True})


def _behind() -> Iterator[Edge]:
    yield Edge("boots_24h", headline(lambda v: snapshot({box.BOX_BOOTS_24H: v})), {3: "healthy", 4: "box_reboots"})
    weak = headline(lambda v: snapshot(SLOW, {box.BOX_WIFI_RSSI_DBM: v}))
    yield Edge("wifi_weak_dbm", weak, {-74.9: "healthy", -75.0: "wifi_only"})
    busy = headline(lambda v: snapshot(SLOW, {box.BOX_WIFI_BUSY_PERCENT: v}))
    yield Edge("wifi_busy_percent", busy, {69.9: "healthy", 70.0: "wifi_only"})
    wired = headline(lambda v: snapshot(SLOW, {box.BOX_WIRED_MBPS: v}))
    yield Edge("wired_nominal_mbps", wired, {299.0: "healthy", 300.0: "wifi_only"})
    started = headline(lambda v: acted("ont", v))
    yield Edge("teleaction_ont_s", started, {240.0: "transient", 241.0: "session_inactive"})
    restarted = headline(lambda v: acted("box", v))
    yield Edge("teleaction_box_s", restarted, {420.0: "transient", 421.0: "session_inactive"})
    yield Edge("pm_job_before_s", headline(job), {-300.0: "wrong_unpatching", -301.0: "drop_cut"})
    yield Edge("pm_job_after_s", headline(job), {14400.0: "wrong_unpatching", 14401.0: "drop_cut"})
    active = fact("box_active", silent_box)
    yield Edge("inform_intervals", active, {2120.0: True, 2121.0: False})
    yield Edge("inform_slack_s", active, {2120.0: True, 2121.0: False})
    untold = fact("box_active", lambda v: silent_box(v, None))
    yield Edge("inform_interval_default_s", untold, {172_920.0: None, 172_921.0: False})
    lost: Values = {platform.RADIUS_TIMEOUT_PERCENT: 0.0, session.AUTH_RESULT: NOTHING, session.AUTH_AT: NOTHING}
    stuck: Values = {box.BOX_PPP_STATUS: PppStatus.AUTHENTICATING, box.BOX_PPP_LAST_ERROR: "ERROR_ISP_TIME_OUT"}

    def unanswered(percent: float) -> Snapshot:
        share = {platform.RADIUS_TIMEOUT_PERCENT: percent}
        return snapshot({**lost, **stuck, session.SESSION_ACTIVE: False}, share)

    yield Edge("radius_silent_percent", lambda r, v: said(r, unanswered(v)).confidence, {19.9: 0.84, 20.0: 0.93})

    def seen(age_s: float) -> Snapshot:
        return snapshot({box.BOX_PPP_STATUS: NOTHING, session.SESSION_LAST_SEEN: ago(age_s)})

    yield Edge("session_fresh_s", fact("session_alive", seen), {1800.0: True, 1801.0: None})

    def rejected(age_s: float) -> Snapshot:
        return over("ppp_refused", {session.AUTH_AT: ago(age_s), box.BOX_PPP_LAST_ERROR: NOTHING})

    refused_at: Look = lambda r, v: case(r, rejected(v)).facts.refused_at is not None  # noqa: E731
    yield Edge("auth_recent_s", refused_at, {3600.0: True, 3601.0: False})

    def proved(after_s: float) -> Snapshot:
        layer = {session.SESSION_STOPPED: NOTHING, box.BOX_LAST_INFORM: FELL + timedelta(seconds=after_s)}
        return over("drop_cut", layer)

    yield Edge("proof_slack_s", fact("contradicted", proved), {30.0: False, 31.0: True})


def _series() -> Iterator[Edge]:
    slope: Look = lambda r, v: Drift(slope=v, total=9.0, days=20).drifts(r.thresholds)  # noqa: E731
    yield Edge("drift_db_per_day", slope, {-0.05: True, 0.05: True, 0.049: False})
    total: Look = lambda r, v: Drift(slope=0.1, total=v, days=20).drifts(r.thresholds)  # noqa: E731
    yield Edge("drift_total_db", total, {1.5: True, 1.49: False})
    days: Look = lambda r, v: Drift(slope=0.1, total=9.0, days=v).drifts(r.thresholds)  # noqa: E731
    yield Edge("drift_min_days", days, {14: True, 13: False})
    step: Look = lambda r, v: Drift(step=v, is_step=True).steps(r.thresholds)  # noqa: E731
    yield Edge("step_db", step, {1.5: True, 1.49: False})
    yield Edge("cycle_db", headline(swinging), {0.95: "healthy", 1.0: "loss_cycle"})

    def cycle(**found: float | str) -> Look:
        """The form of the verdict on a loss that moves so."""

        def look(ruleset: Ruleset, value: float) -> object:
            numbers: dict[str, Any] = {name: value if number == "v" else number for name, number in found.items()}
            moves = Trends(**numbers)
            match = matched("loss_cycle", ruleset, replace(case(ruleset, line()), trends=moves))
            return None if match is None else f"{match.variant}:{match.role.value}"

        return look

    v: Any = "v"
    yield Edge("cycle_correlation", cycle(with_rain=v, range_db=1.9), {0.49: None, 0.5: "rain:warning"})
    hot = cycle(with_heat=v, swing_down_db=1.5)
    yield Edge("cycle_correlation", hot, {0.49: ":warning", 0.5: "heat:warning", -0.5: "heat:warning"})
    yield Edge("cycle_db", cycle(with_rain=0.9, range_db=v), {0.95: None, 1.0: "rain:warning"})
    yield Edge("cycle_db", cycle(swing_down_db=v, swing_up_db=1.0), {1.45: ":warning", 1.5: "heat:warning"})
    yield Edge("loss_warning_db", cycle(with_rain=0.9, range_db=v), {1.95: "rain:warning", 2.0: "rain:degraded"})
