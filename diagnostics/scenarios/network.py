"""The network's part of a scenario: board, port, ONT, levels, counters, identity and UNI."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from diagnostics.scenarios import words
from diagnostics.scenarios.names import COUNTERS, LEVELS, REFERENCES
from diagnostics.scenarios.words import UNKNOWN, Observations
from domain.errors import InvalidValueError
from domain.identifiers import Firmware, SerialNumber
from domain.metric import Metric
from domain.metrics import olt, ont
from domain.reading import Reason
from domain.states import (
    Admin,
    DownCause,
    EthernetRate,
    Negotiation,
    OntAlarm,
    OntPhase,
    Oper,
    PonAlarm,
    Registration,
)

Told = tuple[Metric[Any], Any, datetime]

_ALARMS = {alarm.value.lower(): alarm for alarm in OntAlarm} | {
    "los": OntAlarm.LOS,
    "lobi": OntAlarm.LOS,
    "lob": OntAlarm.LOS,
    "dg": OntAlarm.DG,
    "dying-gasp": OntAlarm.DG,
    "rogue": OntAlarm.ROGUE,
}
_CAUSES = (
    (("gasp", "dgi", "13"), DownCause.DYING_GASP),
    (("rogue", "37"), DownCause.ROGUE),
    (("los", "lob", "1", "2"), DownCause.LOS),
    (("lof", "3"), DownCause.LOF),
    (("power",), DownCause.POWER_OFF),
    (("reset", "reboot", "restart", "9", "31", "32", "33"), DownCause.RESET),
    (("auth", "password"), DownCause.AUTHENTICATION_FAILED),
)
_REGISTRATIONS = (
    (("pass", "pwd", "auth", "loid"), Registration.PASSWORD),
    (("serial", "sn", "suf"), Registration.SERIAL),
    (("omci", "mib"), Registration.OMCI),
    (("ok", "success", "registered", "working"), Registration.OK),
)
_RATES = {
    (10, False): EthernetRate.TEN_HALF,
    (10, True): EthernetRate.TEN,
    (100, False): EthernetRate.HUNDRED_HALF,
    (100, True): EthernetRate.HUNDRED,
    (1000, False): EthernetRate.GIGABIT_HALF,
    (1000, True): EthernetRate.GIGABIT,
    (10000, True): EthernetRate.TEN_GIGABIT,
}


class Refused:
    """A value that a scenario gives and that is none: a word for « no value », or not of its type."""

    def __init__(self, reason: Reason, raw: object) -> None:
        self.reason = reason
        self.raw = str(raw)


def cause_of(text: object) -> DownCause | None:
    """The cause of a fall, in words or as a Huawei number."""
    word = str(text).strip().lower() if text is not None else ""
    if not word:
        return None
    for marks, cause in _CAUSES:
        if any(word == mark if mark.isdigit() else mark in word for mark in marks):
            return cause
    return DownCause.OTHER


def network(seen: Observations, at: datetime) -> Iterator[Told]:
    """Every reading of the network, with its instant."""
    measured = words.instant(seen.get("optical_measured_at")) or at
    yield from ((m, v, measured) for m, v in _numbers(seen, LEVELS))
    yield from ((m, v, at) for m, v in _numbers(seen, {ont.ONT_DISTANCE_M: "distance_m"}))
    yield from ((m, v, at) for m, v in _numbers(words.section(seen, "reference"), REFERENCES))
    yield from ((m, v, at) for m, v in _counters(seen))
    if (reach := words.section(seen, "reachability").get("olt_mgmt")) is not None:
        yield olt.OLT_REACHABLE, reach == "ok", at
    for part in (_card_and_port, _ont, _falls, _identity, _registration, _uni):
        yield from ((metric, value, at) for metric, value in part(seen))


def _numbers(seen: Observations, wanted: Any) -> Iterator[tuple[Metric[Any], Any]]:
    for metric, name in wanted.items():
        value = seen.get(name)
        if value is not None:
            found = words.number(value)
            yield metric, Refused(Reason.NO_READING, value) if found is None else found


def _counters(seen: Observations) -> Iterator[tuple[Metric[Any], Any]]:
    for metric, value in _numbers(seen, COUNTERS):
        yield metric, value if isinstance(value, Refused) else int(value)
    interval = words.number(seen.get("counter_interval_s"))
    if interval is not None:
        yield ont.ONT_COUNTER_INTERVAL_S, interval


def _card_and_port(seen: Observations) -> Iterator[tuple[Metric[Any], Any]]:
    card, port = seen.get("olt_card_state"), seen.get("pon_port_state")
    told = seen.get("pon_port_alarms")
    alarms = {str(alarm).upper() for alarm in words.items(told)}
    if card not in UNKNOWN:
        yield olt.CARD_OPER, Oper.UP if card == "up" else Oper.DOWN
    yield olt.CARD_KIND, words.text(seen.get("olt_card_type")) or "FTTH"
    if told is not None:
        yield olt.PON_ALARMS, tuple(alarm for alarm in PonAlarm if alarm.value in alarms)
    if port not in UNKNOWN:
        yield olt.PON_OPER, Oper.UP if port == "up" else Oper.DOWN
    sends = words.number(seen.get("olt_tx_dbm")) is not None or "LOS" in alarms
    if "TF" in alarms or port == "laser_off" or (port == "down" and not sends):
        yield olt.PON_LASER_ON, False
    elif port == "up":
        yield olt.PON_LASER_ON, True


def _ont(seen: Observations) -> Iterator[tuple[Metric[Any], Any]]:
    state, admin, alarms = seen.get("ont_oper_state"), seen.get("ont_admin_state"), seen.get("ont_alarms")
    if state not in UNKNOWN:
        yield ont.ONT_OPER, Oper.UP if state == "up" else Oper.DOWN
    if state == "initial":
        yield ont.ONT_PHASE, OntPhase.LOGGING
    if admin not in UNKNOWN:
        yield ont.ONT_ADMIN, Admin.UNLOCKED if admin == "up" else Admin.LOCKED
    if seen.get("ont_provisioned") is not None:
        yield ont.ONT_PROVISIONED, bool(seen["ont_provisioned"])
    if alarms is not None:
        found = (_ALARMS.get(str(name).lower()) for name in words.items(alarms))
        yield ont.ONT_ALARMS, tuple(dict.fromkeys(alarm for alarm in found if alarm is not None))
    omci = words.like(seen, r"omci|config_state|mib_sync")
    if omci is not None and words.truth(omci) is not None:
        yield ont.ONT_OMCI_OK, words.truth(omci)


def _falls(seen: Observations) -> Iterator[tuple[Metric[Any], Any]]:
    down, up = words.instant(seen.get("last_down_at")), words.instant(seen.get("last_up_at"))
    for metric, when in ((ont.ONT_LAST_DOWN, down), (ont.ONT_LAST_UP, up)):
        if when is not None:
            yield metric, when
    changes = [when for when in (down, up) if when is not None]
    if changes:
        yield ont.ONT_LAST_CHANGE, max(changes)
    if (cause := cause_of(seen.get("last_down_cause"))) is not None:
        yield ont.ONT_DOWN_CAUSE, cause
    if (flaps := words.number(seen.get("flaps_24h"))) is not None:
        yield ont.ONT_FLAPS_24H, int(flaps)
    counted: dict[DownCause, int] = {}
    for name, number in words.section(seen, "down_causes_24h").items():
        cause = cause_of(name) or DownCause.OTHER
        counted[cause] = counted.get(cause, 0) + words.count(number)
    if counted:
        yield ont.ONT_CAUSES_24H, counted


def _serial(text: object) -> SerialNumber | None:
    """The serial number of a text, which may give it in two notations."""
    for told in (str(text), str(text).partition("(")[0]):
        try:
            return SerialNumber.parse(told)
        except InvalidValueError:
            continue
    return None


def _version(text: object) -> Firmware | None:
    """A version, or a password, in text or octets; ``None`` when absent or unreadable."""
    try:
        return Firmware.parse(str(text or "").strip())
    except InvalidValueError:
        return None


def _identity(seen: Observations) -> Iterator[tuple[Metric[Any], Any]]:
    for metric, name in ((ont.ONT_SERIAL, "serial_configured"), (ont.ONT_SERIAL_SEEN, "serial_seen")):
        if seen.get(name):
            yield metric, _serial(seen[name]) or Refused(Reason.MALFORMED, seen[name])
    if seen.get("password_configured"):
        yield ont.ONT_PASSWORD, str(seen["password_configured"])
    passwords = [_version(seen.get(name)) for name in ("password_configured", "password_seen")]
    if passwords[0] is not None and passwords[1] is not None:
        yield ont.ONT_PASSWORD_OK, passwords[0].text == passwords[1].text
    for version, name in ((ont.ONT_FIRMWARE_ACTIVE, "firmware_active"), (ont.ONT_FIRMWARE_PLANNED, "firmware_planned")):
        if seen.get(name):
            yield version, _version(seen[name]) or Refused(Reason.MALFORMED, seen[name])


def _registration(seen: Observations) -> Iterator[tuple[Metric[Any], Any]]:
    result = str(seen.get("register_result") or "").lower()
    if result:
        found = (kind for marks, kind in _REGISTRATIONS if any(mark in result for mark in marks))
        yield ont.ONT_REGISTRATION, next(found, Registration.OTHER)
    configured, own = _serial(seen.get("serial_configured") or ""), str(seen.get("ont_id") or "").rpartition("-")[0]
    fell = words.instant(seen.get("last_down_at"))
    strangers = []
    for told in words.items(seen.get("discovered_unprovisioned")):
        item = told if isinstance(told, dict) else {"serial": told}
        serial, pon, since = _serial(item.get("serial") or ""), item.get("pon"), words.instant(item.get("first_seen"))
        here = pon is None or own in ("", str(pon))
        if serial == configured and serial is not None and not here:
            yield ont.ONT_ELSEWHERE, str(pon)
        early = since is not None and fell is not None and since < fell - timedelta(minutes=1)
        if serial not in (None, configured) and here and not early:
            strangers.append(serial)
    if "discovered_unprovisioned" in seen:
        yield ont.ONT_STRANGERS, tuple(strangers)


def _uni(seen: Observations) -> Iterator[tuple[Metric[Any], Any]]:
    told = words.section(seen, "ont_uni")
    if told.get("link") not in UNKNOWN:
        yield ont.UNI_OPER, Oper.UP if told["link"] == "up" else Oper.DOWN
    if told.get("negotiation") not in UNKNOWN:
        yield ont.UNI_NEGOTIATION, Negotiation.AUTO if told["negotiation"] == "auto" else Negotiation.FORCED
    rate = _RATES.get((words.count(told.get("speed_mbps")), told.get("duplex") != "half"))
    if rate is not None:
        yield ont.UNI_RATE, rate
