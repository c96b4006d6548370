"""The three-valued facts that rules share, each drawn from the most direct reading first."""

from __future__ import annotations

from datetime import datetime, timedelta

from diagnostics.correlation import Crowd
from diagnostics.logic import Tri, all_of, any_of, first_known, is_one_of, negate
from diagnostics.thresholds import Thresholds
from domain.metric import Metric, Readings
from domain.metrics import box, context, olt, ont, reference, session
from domain.reading import Quality, Reason
from domain.record import record
from domain.states import (
    Admin,
    AuthResult,
    DownCause,
    OntAlarm,
    OntPhase,
    Oper,
    PppStatus,
    Ranging,
    Reach,
    Registration,
)

LIGHT_LOST = frozenset({OntAlarm.LOS, OntAlarm.LOF})
"""The OLT no longer sees the bursts of the ONT (ITU-T G.984.3 11.1; LOBi of G.9807.1 is mapped to one of them)."""

REFUSED_ERRORS = frozenset(
    {"ERROR_AUTHENTICATION_FAILURE", "ERROR_ACCOUNT_DISABLED", "ERROR_ACCOUNT_EXPIRED", "ERROR_PASSWORD_EXPIRED"}
)
"""Values of LastConnectionError (TR-098 2.4.4 WANPPPConnection) that only an authentication server can cause."""

ENDED_BY_BOX = frozenset({"user-request", "user request", "1"})
"""Acct-Terminate-Cause of a session that the box ended itself (RFC 2866 5.10)."""

_LEAST_BIAS_MA = 1.0
"""No laser of a PON port sends anything on less (threshold currents are 5 mA and more; C)."""

_DARK_CAUSES = (DownCause.LOS, DownCause.LOF)
_POWER_CAUSES = (DownCause.DYING_GASP, DownCause.POWER_OFF)
_DOWN_PPP = (PppStatus.DISCONNECTED, PppStatus.CONNECTING, PppStatus.AUTHENTICATING, PppStatus.UNCONFIGURED)


_PASSWORD_CAUSES: frozenset[DownCause | None] = frozenset({DownCause.AUTHENTICATION_FAILED, DownCause.OPERATOR_CHECK})


@record
class Facts:
    """What is true, false or unknown of the access.

    Attributes:
        olt_unreachable: The OLT did not answer at all.
        card_up: The board works: it says so, or something behind it is up.
        laser_on: The port sends light: it says so, or something behind it is up.
        neighbours_up: A neighbour of the PON is up.
        ont_up: The ONT is on line, as the OLT says. Unknown when the OLT contradicts itself.
        proved_at: Latest live proof that the access carries the box, ``None`` without.
        ont_down: The ONT is off line and no live proof says the contrary.
        contradicted: The OLT says off line, a later live proof says on line.
        access_up: The ONT is on line, or a live proof shows it.
        light_lost: The OLT no longer receives the ONT.
        dying_gasp: The ONT told that it lost power.
        box_active: The box speaks.
        session_alive: A PPP session is open.
        refused_at: When the authentication was last refused.
        ppp_refused: The PPP session is refused.
        box_stopped_first: The box is silent, and stopped by itself before its link fell.
        omci_lost: The ONT ranges but its management channel fails.
        ont_lit: The customer sees the ONT's power LED on.
        box_lit: The customer sees the box's power LED on.
        acting: A téléaction was made so recently that the equipment may still be starting.
    """

    olt_unreachable: bool
    card_up: Tri
    laser_on: Tri
    neighbours_up: Tri
    ont_up: Tri
    proved_at: datetime | None
    ont_down: Tri
    contradicted: bool
    access_up: Tri
    light_lost: Tri
    dying_gasp: Tri
    uni_up: Tri
    provisioned: Tri
    unlocked: Tri
    port_unlocked: Tri
    box_active: Tri
    session_alive: Tri
    refused_at: datetime | None
    ppp_refused: Tri
    box_stopped_first: Tri
    omci_lost: Tri
    ont_lit: Tri
    box_lit: Tri
    acting: bool


def facts_of(
    readings: Readings,
    crowd: Crowd,
    thresholds: Thresholds,
    now: datetime,
    *,
    olt_unreachable: bool,
    acs_unreachable: bool = False,
) -> Facts:
    """The facts of an access, at the instant ``now``."""
    neighbours_up = crowd.pon.any_up
    alarms = readings.value(ont.ONT_ALARMS)
    light_lost = None if alarms is None else not LIGHT_LOST.isdisjoint(alarms)
    dying_gasp = None if alarms is None else OntAlarm.DG in alarms
    ont_up = _ont_up(readings, light_lost, dying_gasp)
    cause = _cause(readings) if ont_up is False else None
    light_lost = first_known(True if light_lost else None, True if cause in _DARK_CAUSES else None, light_lost)
    dying_gasp = first_known(True if dying_gasp else None, True if cause in _POWER_CAUSES else None, dying_gasp)
    something_up = True if neighbours_up or ont_up else None
    session_alive = _session_alive(readings, thresholds, now)
    box_active = _box_active(readings, thresholds, now, session_alive)
    if acs_unreachable and box_active is False:
        box_active = None  # its last Inform may have come since: nobody could be asked
    refused = _refused_at(readings, thresholds, now)
    proved_at = _proved_at(readings, thresholds, now, ont_up)
    contradicted = ont_up is False and proved_at is not None
    return Facts(
        olt_unreachable=olt_unreachable,
        card_up=first_known(is_one_of(readings[olt.CARD_OPER], Oper.UP), something_up),
        laser_on=_laser_on(readings, seen_working=something_up),
        neighbours_up=neighbours_up,
        ont_up=ont_up,
        proved_at=proved_at,
        ont_down=False if proved_at is not None else negate(ont_up),
        contradicted=contradicted,
        access_up=True if proved_at is not None else ont_up,
        light_lost=light_lost,
        dying_gasp=dying_gasp,
        uni_up=is_one_of(readings[ont.UNI_OPER], Oper.UP),
        provisioned=readings.value(ont.ONT_PROVISIONED),
        unlocked=is_one_of(readings[ont.ONT_ADMIN], Admin.UNLOCKED),
        port_unlocked=is_one_of(readings[olt.PON_ADMIN], Admin.UNLOCKED),
        box_active=box_active,
        session_alive=session_alive,
        refused_at=refused,
        ppp_refused=_ppp_refused(readings, refused, session_alive),
        box_stopped_first=all_of(negate(box_active), _box_stopped_first(readings, thresholds)),
        omci_lost=_omci_lost(readings, alarms, ont_up),
        ont_lit=_lit(readings, "ont"),
        box_lit=_lit(readings, "box"),
        acting=_acting(readings, thresholds, now),
    )


def password_refused(readings: Readings) -> bool:
    """Whether the OLT refuses the password of the ONT: by its registration, by why it is down, or by its phase."""
    return (
        readings.value(ont.ONT_REGISTRATION) is Registration.PASSWORD
        or _cause(readings) in _PASSWORD_CAUSES
        or readings.value(ont.ONT_PHASE) is OntPhase.AUTHENTICATION_FAILED
        or readings.value(ont.ONT_PASSWORD_OK) is False
    )


def _cause(readings: Readings) -> DownCause | None:
    """Why the ONT is down: the cause that the OLT keeps, if it is of this fall and not of one before.

    An OLT that is bringing the ONT's MIB into line with its own hears it: what once took it down is over.
    """
    if readings.value(ont.ONT_PHASE) is OntPhase.SYNCHRONISING:
        return None
    fell, rose = readings.value(ont.ONT_LAST_DOWN), readings.value(ont.ONT_LAST_UP)
    if fell is not None and rose is not None and fell < rose:
        return None
    return readings.value(ont.ONT_DOWN_CAUSE)


def _lit(readings: Readings, equipment: str) -> Tri:
    """Whether the customer sees the power LED of an equipment on, or any LED where he names none."""
    leds = readings.value(context.LEDS) or {}
    power = (led.lower() for name, led in leds.items() if equipment in name and ("alim" in name or "power" in name))
    shown = next(power, leds.get(equipment, "").lower() or None)
    return None if shown is None else not any(word in shown for word in ("étein", "etein", "off", "none"))


def _acting(readings: Readings, thresholds: Thresholds, now: datetime) -> bool:
    """Whether a téléaction is so recent that the ONT, or the box, may still be starting."""
    age = _age_s(readings, context.TELEACTION_AT, now)
    on_box = "box" in (readings.value(context.TELEACTION) or "")
    return age is not None and 0 <= age <= (thresholds.teleaction_box_s if on_box else thresholds.teleaction_ont_s)


def _ont_up(readings: Readings, light_lost: Tri, dying_gasp: Tri) -> Tri:
    """State of the ONT: its own, else its ranging, else what its alarms imply."""
    oper = is_one_of(readings[ont.ONT_OPER], Oper.UP)
    if oper is True and light_lost is True:
        return None  # on line without light: the OLT contradicts itself
    silent = negate(any_of(light_lost, dying_gasp))
    return first_known(oper, is_one_of(readings[ont.ONT_RANGING], Ranging.RANGED), None if silent else silent)


def _laser_on(readings: Readings, *, seen_working: Tri) -> Tri:
    """The laser: its own state, else a level sent, else something behind it, else a module that has fallen dumb.

    A module that told its level at the reference and tells none now, or whose laser draws no current, sends nothing;
    one that never told anything says nothing.
    """
    current, level = readings.value(olt.PON_BIAS_MA), readings[olt.PON_TX_DBM]
    dumb = level.reason is Reason.NO_READING and readings[reference.REFERENCE_OLT_TX_DBM].known
    dark = current is not None and current < _LEAST_BIAS_MA
    told = first_known(readings.value(olt.PON_LASER_ON), True if level.known else None)
    return first_known(told, seen_working, False if dumb or dark else None)


def _omci_lost(readings: Readings, alarms: tuple[OntAlarm, ...] | None, ont_up: Tri) -> Tri:
    """Whether the ONT ranges and cannot be managed: by the OLT's own word, else by what comes over OMCI alone.

    An ONT whose levels were known once and are no longer, while the OLT measures its light and sees its user port
    down, does not answer the OLT.
    """
    own = (readings[ont.ONT_RX_DBM], readings[ont.ONT_TX_DBM])
    dumb = all(reading.reason is Reason.NO_READING for reading in own)
    spoke = readings[reference.REFERENCE_ONT_RX_DBM].known and readings[ont.OLT_RX_DBM].known
    uni_down = readings.value(ont.UNI_OPER) is Oper.DOWN
    return any_of(
        negate(readings.value(ont.ONT_OMCI_OK)),
        is_one_of(readings[ont.ONT_REGISTRATION], Registration.OMCI),
        None if alarms is None else OntAlarm.LOOC in alarms,
        True if ont_up and readings.value(ont.ONT_CONFIG_STATE) == "failed" else None,
        True if readings.value(ont.ONT_PHASE) is OntPhase.SYNCHRONISING else None,
        True if ont_up and dumb and spoke and uni_down else None,
    )


def _age_s(readings: Readings, instant: Metric[datetime], now: datetime) -> float | None:
    at = readings.value(instant)
    return None if at is None else (now - at).total_seconds()


def _session_alive(readings: Readings, thresholds: Thresholds, now: datetime) -> Tri:
    """The PPP session: the box's own live word, else RADIUS while its interim updates are fresh."""
    ppp = readings[box.BOX_PPP_STATUS]
    if ppp.value is PppStatus.CONNECTED and ppp.quality is Quality.LIVE:
        return True
    if ppp.value in _DOWN_PPP and ppp.quality is Quality.LIVE:
        return False  # a Stop may be lost, or nobody left to account for it
    active = readings.value(session.SESSION_ACTIVE)
    if active:
        age = _age_s(readings, session.SESSION_LAST_SEEN, now)
        if age is not None and age <= thresholds.session_fresh_s:
            return True
        active = None  # a lost Stop leaves a session open for ever
    return first_known(active, False if ppp.value in _DOWN_PPP else None)


def _box_active(readings: Readings, thresholds: Thresholds, now: datetime, session_alive: Tri) -> Tri:
    """Whether the box speaks: it answers, its session lives, or its last Inform is not older than it may be."""
    if readings.value(box.BOX_REACH) is Reach.ANSWERED or session_alive:
        return True
    age = _age_s(readings, box.BOX_LAST_INFORM, now)
    if age is None:
        return None
    interval = readings.value(box.BOX_INFORM_INTERVAL_S)
    if interval is not None:
        return age <= thresholds.inform_intervals * interval + thresholds.inform_slack_s
    if age <= thresholds.live_max_age_s:
        return True
    longest = thresholds.inform_intervals * thresholds.inform_interval_default_s + thresholds.inform_slack_s
    return False if age > longest else None


def _refused_at(readings: Readings, thresholds: Thresholds, now: datetime) -> datetime | None:
    """When the RADIUS server refused last, if that is its last answer and it is recent."""
    answer = readings[session.AUTH_RESULT]
    at = readings.value(session.AUTH_AT) or answer.at
    if answer.value is not AuthResult.REJECT or at is None:
        return None
    return at if (now - at).total_seconds() <= thresholds.auth_recent_s else None


def _ppp_refused(readings: Readings, refused_at: datetime | None, session_alive: Tri) -> Tri:
    """Whether the session is refused: by the server's log, or by what the box reports. A live session denies it."""
    if session_alive:
        return False
    error = readings.value(box.BOX_PPP_LAST_ERROR)
    told = None if error is None else error.strip().upper() in REFUSED_ERRORS
    answer = readings[session.AUTH_RESULT]
    logged = None if answer.value is None else refused_at is not None
    return any_of(told, logged)


def _proved_at(readings: Readings, thresholds: Thresholds, now: datetime, ont_up: Tri) -> datetime | None:
    """The latest proof that the access carries the box, provided it is later than the fall that the OLT tells."""
    reach = readings[box.BOX_REACH]
    answered = (reach.at or now) if reach.value is Reach.ANSWERED else None
    interval = readings.value(box.BOX_INFORM_INTERVAL_S) or thresholds.live_max_age_s
    heard = [
        _fresh(readings.value(box.BOX_LAST_INFORM), interval + thresholds.inform_slack_s, now),
        _fresh(readings.value(session.AUTH_AT), thresholds.live_max_age_s, now),
    ]
    if readings.value(session.SESSION_ACTIVE):
        heard.append(_fresh(readings.value(session.SESSION_LAST_SEEN), thresholds.session_fresh_s, now))
    stopped_at = readings.value(session.SESSION_STOPPED)
    if stopped_at is not None and readings.value(session.SESSION_ACTIVE) is False:
        heard = [at for at in heard if at is not None and at > stopped_at]  # it may have fallen with the session
    proofs = [at for at in (answered, *heard) if at is not None]
    if ont_up is False:
        fell_at = readings.value(ont.ONT_LAST_CHANGE)
        if fell_at is None:
            return answered
        after = fell_at + timedelta(seconds=thresholds.proof_slack_s)
        proofs = [at for at in proofs if at > after]
    return max(proofs, default=None)


def _fresh(at: datetime | None, max_age_s: float, now: datetime) -> datetime | None:
    return at if at is not None and (now - at).total_seconds() <= max_age_s else None


def _box_stopped_first(readings: Readings, thresholds: Thresholds) -> Tri:
    """Whether the box ended its session itself, or had missed its Informs before its session fell."""
    cause = readings.value(session.SESSION_STOP_CAUSE)
    ended = None if cause is None else cause.strip().lower() in ENDED_BY_BOX
    informed, stopped = readings.value(box.BOX_LAST_INFORM), readings.value(session.SESSION_STOPPED)
    interval = readings.value(box.BOX_INFORM_INTERVAL_S)
    overdue: Tri = None
    if informed is not None and stopped is not None and interval is not None:
        limit = thresholds.inform_intervals * interval + thresholds.inform_slack_s
        overdue = (stopped - informed).total_seconds() > limit
    return any_of(ended, overdue)
