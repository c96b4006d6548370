"""What lies behind the ONT and beside the network: box, session, platform, works, and what the customer sees."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from benchmarks.diagnosis_mc.draws import Gap
from benchmarks.diagnosis_mc.scene import Scene
from domain.metric import Metric
from domain.metrics import box, context, platform, session
from domain.states import Flow, Oper, Policy, PppStatus, Reach

Told = tuple[Metric[Any], Any]

_WIRED_MBPS = 820.0  # C: what a cable gives where nothing is wrong
_TESTED = (80, 443, 25)
_JOBS = frozenset({"wrong-unpatching", "crossed-patch"})
"""Kinds that somebody causes who works at the PM: the job is in the records."""


def behind(scene: Scene) -> Iterator[Told]:
    """Every reading that the OLT does not give."""
    gaps = scene.draw.gaps
    if Gap.BOX not in gaps and Gap.ACS not in gaps:
        yield from _box(scene)
    if Gap.SESSIONS not in gaps:
        yield from _session(scene)
    if Gap.PROBES not in gaps:
        yield from _platform(scene)
    if Gap.WORKS not in gaps:
        yield from _works(scene)
    if scene.draw.asked:
        yield from _lights(scene)
    if scene.draw.complains:
        yield context.SYMPTOM, _symptom(scene)


def _box(scene: Scene) -> Iterator[Told]:
    state = scene.plant.state.boxes[scene.subject]
    yield box.BOX_LAST_INFORM, scene.last_inform()
    yield box.BOX_INFORM_INTERVAL_S, state.periodic_inform_s
    yield box.BOX_BOOTS_24H, scene.boots
    if not state.management_up:
        yield box.BOX_REACH, Reach.SILENT
        return
    yield box.BOX_REACH, Reach.ANSWERED
    yield box.BOX_UPTIME_S, int((scene.now - state.booted_at).total_seconds())
    yield box.BOX_WAN_LINK, Oper.UP
    yield box.BOX_PPP_STATUS, state.ppp_status
    yield box.BOX_PPP_LAST_ERROR, state.ppp_last_error
    yield box.BOX_WIFI_RSSI_DBM, float(state.wifi.signal_dbm)
    yield box.BOX_WIFI_BUSY_PERCENT, float(state.wifi.channel_busy_percent)
    yield box.BOX_DNS_CUSTOM, bool(state.dns_servers)
    if state.ppp_status is PppStatus.CONNECTED and Gap.PROBES not in scene.draw.gaps:
        yield box.BOX_PING_OK, state.internet_up
        yield box.BOX_DNS_OK, state.dns_up
        yield box.BOX_WIRED_MBPS, _WIRED_MBPS


def _session(scene: Scene) -> Iterator[Told]:
    log = scene.log
    if log is None:
        return
    yield session.SESSION_ACTIVE, log.stopped is None
    yield session.SESSION_STARTED, log.started
    seen = scene.last_seen()
    if seen is not None:
        yield session.SESSION_LAST_SEEN, seen
    if log.stopped is not None:
        yield session.SESSION_STOPPED, log.stopped
        yield session.SESSION_STOP_CAUSE, log.cause
    yield session.AUTH_RESULT, log.auth
    yield session.AUTH_AT, log.auth_at
    if log.reason is not None:
        yield session.AUTH_REASON, log.reason


def _platform(scene: Scene) -> Iterator[Told]:
    state = scene.plant.state
    yield platform.PLATFORM_RADIUS_OK, state.platform.radius_up
    yield platform.PLATFORM_LNS_OK, state.platform.lns_up
    yield platform.PLATFORM_DNS_OK, state.platform.dns_up
    yield platform.PLATFORM_INTERNET_OK, True
    others = [state.boxes[name] for name in scene.on_port if name != scene.subject]
    if others:
        yield platform.NEIGHBOUR_SESSIONS_OK, any(one.session_id is not None for one in others)
    own = state.boxes[scene.subject]
    yield platform.PORT_25, Policy.CLOSED if own.ports_closed else Policy.OPEN
    if own.management_up and own.ppp_status is PppStatus.CONNECTED and not {Gap.BOX, Gap.ACS} & scene.draw.gaps:
        shut = own.ports_blocked | own.ports_closed
        passing = Flow.OK if own.internet_up and own.dns_up else Flow.FAILED
        yield platform.FLOWS, {f"tcp_{port}": Flow.BLOCKED if port in shut else passing for port in _TESTED}


def _works(scene: Scene) -> Iterator[Told]:
    pm = scene.plant.layout.onts[scene.subject].pm
    yield context.PLANNED_WORKS, any(one.target == pm for one in scene.plant.state.platform.works)
    jobs = [order for order in scene.orders if order.kind in _JOBS and _strikes(scene, order.target)]
    if jobs:
        yield context.PM_JOB_AT, scene.now - timedelta(seconds=jobs[0].age_s + 60.0)


def _strikes(scene: Scene, target: str) -> bool:
    return any(active.target == target for active in scene.plant.truth(scene.subject))


def _lights(scene: Scene) -> Iterator[Told]:
    ont, own = scene.plant.state.onts[scene.subject], scene.plant.state.boxes[scene.subject]
    shown = {True: "vert", False: "éteint"}
    yield context.LEDS, {"ont_alimentation": shown[ont.powered], "box_alimentation": shown[own.powered]}
    if not ont.powered:
        dead = any(active.kind == "ont-dead" for active in scene.plant.truth(scene.subject))
        yield context.MAINS_CHECKED, dead


def _symptom(scene: Scene) -> str:
    kinds = {active.kind for active in scene.plant.truth(scene.subject)}
    own = scene.plant.state.boxes[scene.subject]
    if "wifi-weak" in kinds and own.internet_up:
        return "Wi-Fi lent"
    return "" if own.internet_up else "plus de connexion"
