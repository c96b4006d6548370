"""What lies behind the ONT in a scenario: box, session, platform, flows, and the context of the test."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from diagnostics.scenarios import words
from diagnostics.scenarios.network import Told
from diagnostics.scenarios.words import UNKNOWN, Observations
from domain.errors import InvalidValueError
from domain.identifiers import MacAddress
from domain.metric import Metric
from domain.metrics import box, context, platform, session
from domain.states import AuthResult, Flow, Oper, Policy, PppStatus

_PPP = {status.value.lower(): status for status in PppStatus} | {
    "up": PppStatus.CONNECTED,
    "down": PppStatus.DISCONNECTED,
}
_FLOWS = (
    (("refus", "5xx", "550", "554", "reject", "remote", "rst"), Flow.REFUSED),
    (("block", "filter", "drop"), Flow.BLOCKED),
    (("fail", "timeout", "ko", "closed"), Flow.FAILED),
    (("ok", "open"), Flow.OK),
)


def box_of(seen: Observations, at: datetime) -> Iterator[Told]:
    """What the box tells, as of its last Inform."""
    told = words.section(seen, "box")
    age = words.number(told.get("inform_age_s"))
    informed = None if age is None else words.ago(age, at)
    when = informed or at
    if informed is not None:
        yield box.BOX_LAST_INFORM, informed, at
    for metric, value in (*_connection(told), *_state(told), *_services(told), *_wifi(told)):
        if value is not None:
            yield metric, value, when


def _state(told: Observations) -> Iterator[tuple[Metric[Any], Any]]:
    for metric, name in ((box.BOX_INFORM_INTERVAL_S, "inform_interval_s"), (box.BOX_UPTIME_S, "uptime_s")):
        found = words.number(told.get(name))
        yield metric, None if found is None else int(found)
    yield box.BOX_FIRMWARE, words.text(told.get("firmware"))
    yield box.BOX_MAC, _mac(words.text(told.get("mac")))
    boots = words.number(words.like(told, r"boot"))
    yield box.BOX_BOOTS_24H, None if boots is None else int(boots)


def _mac(told: str | None) -> MacAddress | None:
    try:
        return None if told is None else MacAddress.parse(told)
    except InvalidValueError:
        return None


def _connection(told: Observations) -> Iterator[tuple[Metric[Any], Any]]:
    link = told.get("wan_link")
    if link not in UNKNOWN:
        yield box.BOX_WAN_LINK, Oper.UP if str(link).lower() == "up" else Oper.DOWN
    yield box.BOX_PPP_STATUS, _PPP.get(str(told.get("ppp_status")).lower())
    yield box.BOX_PPP_LAST_ERROR, words.text(told.get("ppp_last_error"))
    pado = words.like(told, r"pado")
    yield box.BOX_PADO_SEEN, words.count(pado) > 0 if words.number(pado) is not None else words.truth(pado)


def _services(told: Observations) -> Iterator[tuple[Metric[Any], Any]]:
    yield box.BOX_PING_OK, words.truth(told.get("ping_ok"))
    yield box.BOX_DNS_OK, words.truth(told.get("dns_ok"))
    if isinstance(told.get("dns_servers"), list):
        yield box.BOX_DNS_SERVERS, tuple(str(server) for server in told["dns_servers"])
    yield box.BOX_DNS_CUSTOM, words.truth(words.like(told, r"dns.*(custom|manual|perso)|custom.*dns"))


def _wifi(told: Observations) -> Iterator[tuple[Metric[Any], Any]]:
    wifi, wired = words.section(told, "wifi"), words.section(told, "lan_speedtest_mbps")
    clients = (
        words.number(client.get("rssi_dbm") if isinstance(client, dict) else None)
        for client in words.items(wifi.get("clients"))
    )
    levels = [level for level in clients if level is not None]
    yield box.BOX_WIFI_RSSI_DBM, min(levels, default=words.number(wifi.get("rssi_dbm")))
    yield box.BOX_WIFI_BUSY_PERCENT, words.number(words.like(wifi, r"util|busy|occup"))
    yield box.BOX_WIRED_MBPS, words.number(wired.get("down"))


def session_of(seen: Observations, at: datetime) -> Iterator[Told]:
    """The PPP session, as RADIUS tells it."""
    told = words.section(seen, "radius")
    if told.get("active_session") is not None:
        yield session.SESSION_ACTIVE, bool(told["active_session"]), at
    stopped = words.first_instant(words.like(told, r"stop.*_at|ended_at|session_end|last_stop"))
    for metric, when in (
        (session.SESSION_STARTED, words.instant(told.get("session_start"))),
        (session.SESSION_LAST_SEEN, words.instant(told.get("last_interim_at"))),
        (session.SESSION_STOPPED, stopped),
    ):
        if when is not None:
            yield metric, when, when
    cause = words.like(told, r"(stop|terminate).*cause|^terminate")
    if cause is not None:
        yield session.SESSION_STOP_CAUSE, str(cause), stopped or at
    answered = words.instant(told.get("last_at"))
    result = words.text(told.get("last_result"))
    if result in set(AuthResult) and answered is not None:
        yield session.AUTH_RESULT, AuthResult(result), answered
        yield session.AUTH_AT, answered, answered
        if told.get("last_reason"):
            yield session.AUTH_REASON, str(told["last_reason"]), answered


def platform_of(seen: Observations, at: datetime) -> Iterator[Told]:
    """The platform and the flows tested."""
    told = words.section(seen, "platform")
    flows = {name: _flow(result) for name, result in words.section(seen, "flow_tests").items() if result is not None}
    policy = words.text(seen.get("port25_policy"))
    affected = words.number(words.like(told, r"affect|subscribers|impact"))
    found: tuple[tuple[Metric[Any], Any], ...] = (
        (platform.PLATFORM_DNS_OK, words.truth(words.like(told, r"dns"))),
        (platform.PLATFORM_RADIUS_OK, words.truth(words.like(told, r"radius|auth"))),
        (platform.PLATFORM_INTERNET_OK, words.truth(words.like(told, r"internet|ping|transit|peering|lns"))),
        (platform.PLATFORM_LNS_OK, words.truth(words.like(told, r"lns|collect|bras|bng"))),
        (platform.RADIUS_TIMEOUT_PERCENT, words.number(words.like(told, r"radius.*time_?out|auth.*time_?out"))),
        (platform.PLATFORM_AFFECTED, None if affected is None else int(affected)),
        (platform.NEIGHBOUR_SESSIONS_OK, _neighbour_sessions({**told, **words.section(seen, "neighbours")})),
        (platform.FLOWS, flows or None),
        (platform.PORT_25, Policy(policy) if policy in set(Policy) else None),
    )
    yield from ((metric, value, at) for metric, value in found if value is not None)


def _neighbour_sessions(told: Observations) -> bool | None:
    """Whether the neighbours have sessions: a truth, or how many do."""
    value = words.like(told, r"sessions?(_|$).*|neighbours?_ppp")
    number = words.number(value)
    return number > 0 if number is not None else words.truth(value)


def _flow(result: object) -> Flow:
    word = words.flat(result)
    return next((flow for marks, flow in _FLOWS if any(mark in word for mark in marks)), Flow.FAILED)


def context_of(seen: Observations, at: datetime) -> Iterator[Told]:
    """Works, téléactions, LEDs and symptoms."""
    works, acted = seen.get("planned_works"), seen.get("recent_teleaction")
    told: list[tuple[Metric[Any], Any]] = []
    if works is not None:
        told.append((context.PLANNED_WORKS, _covers(works, at)))
    if (job := words.first_instant(seen.get("pm_intervention"))) is not None:
        told.append((context.PM_JOB_AT, job))
    acted_at = words.first_instant(acted) or _aged(acted, at)
    told += [(context.TELEACTION_AT, acted_at), (context.TELEACTION, words.flat(acted))] if acted_at else []
    symptom = " ".join(str(seen[k]) for k in ("reported_symptom", "customer_complaint") if seen.get(k))
    if symptom:
        told.append((context.SYMPTOM, symptom))
    leds = dict(_leds(words.section(seen, "customer_leds")))
    if leds:
        told.append((context.LEDS, leds))
    if (mains := _mains(seen.get("customer_checks"))) is not None:
        told.append((context.MAINS_CHECKED, mains))
    yield from ((metric, value, at) for metric, value in told)


def _leds(told: Observations, of: str = "") -> Iterator[tuple[str, str]]:
    """The lights by name, those of one equipment grouped or not."""
    for name, light in told.items():
        if isinstance(light, dict):
            yield from _leds(light, f"{of}{name}_")
        elif light not in UNKNOWN:
            yield f"{of}{name}".lower(), str(light)


def _first(told: object) -> Observations:
    """An object, or the first of a list of them."""
    found = [told] if isinstance(told, dict) else words.items(told)
    return next((item for item in found if isinstance(item, dict)), {})


def _aged(acted: object, at: datetime) -> datetime | None:
    """When something was done that is told by its age, in seconds."""
    age = words.number(words.like(_first(acted), r"age|ago|since|elapsed|il_y_a"))
    return None if age is None else words.ago(age, at)


def _covers(works: object, at: datetime) -> bool:
    """Whether works are under way: a truth, a word for it, or a window that holds the instant."""
    if isinstance(works, dict | list):
        windows = works if isinstance(works, list) else [works]
        return any(_open(window, at) for window in windows if isinstance(window, dict))
    told = words.truth(works)
    return bool(works) if told is None else told


def _open(window: Observations, at: datetime) -> bool:
    inner = next((value for value in window.values() if isinstance(value, dict)), None)
    if inner is not None:
        return _open(inner, at)
    start = words.first_instant(words.like(window, r"start|begin|from|debut|début"))
    end = words.first_instant(words.like(window, r"end|until|to$|fin"))
    return (start is None or start <= at) and (end is None or at <= end)


def _mains(checks: object) -> bool | None:
    """Whether the customer found the socket of the ONT live."""
    told = [f"{k} {v}" for k, v in checks.items()] if isinstance(checks, dict) else checks
    for item in told if isinstance(told, list) else ():
        text = str(item).lower()
        if re.search(r"secteur|mains|courant|prise|power|socket|outlet|électri|electri", text):
            return re.search(r"false|absent|\bko\b|\bnon\b|no_power|coup[ée]", text) is None
    return None
