"""Signs that several rules list, each written once."""

from __future__ import annotations

from diagnostics.case import Case
from diagnostics.correlation import Group
from diagnostics.logic import negate
from diagnostics.rule import Signs
from domain.incident import Ancestor
from domain.metrics import box, olt, ont, platform, session

_DECIDERS = {
    frozenset({Ancestor.ALONE, Ancestor.PBO}): "pbo_technician",
    frozenset({Ancestor.PBO, Ancestor.SPLITTER}): "pbo_technician",
    frozenset({Ancestor.PBO, Ancestor.STREET}): "pbo_technician",
    frozenset({Ancestor.PBO, Ancestor.PON}): "feeder_or_pbo",
    frozenset({Ancestor.PON, Ancestor.CARD}): "card",
    frozenset({Ancestor.PON, Ancestor.OLT}): "card",
    **{frozenset({a, Ancestor.AREA}): "ont_leds" for a in Ancestor if a is not Ancestor.AREA},
}
"""The one reading that tells two causes apart, where no neighbour that was not read does."""


def ont_is_down(signs: Signs, case: Case) -> None:
    """The ONT is off line, since when if known."""
    since = case.readings.value(ont.ONT_LAST_CHANGE)
    if since is None:
        signs.add("ont_down", ont.ONT_OPER)
    else:
        signs.add("ont_down_since", ont.ONT_OPER, ont.ONT_LAST_CHANGE, since=since)


def light_is_lost(signs: Signs, case: Case) -> None:
    """The OLT no longer receives the ONT, and no dying gasp came before."""
    signs.expect(case.facts.light_lost, ("light_lost", "light_not_lost"), ont.ONT_ALARMS, decider="alarms")
    if case.facts.dying_gasp is False:
        signs.add("no_gasp", ont.ONT_ALARMS)


def laser_sends(signs: Signs, case: Case) -> None:
    """The port's laser is on, at a normal level where that is known. Unknown, the port itself may be at fault."""
    level = case.readings.value(olt.PON_TX_DBM)
    laser = case.facts.laser_on
    if level is not None and laser:
        signs.expect(case.budget.olt_sent_ok, ("olt_tx_ok", "olt_tx_low"), olt.PON_TX_DBM, level=level)
        return
    signs.expect(laser, ("laser_on", "laser_off"), olt.PON_LASER_ON, doubt=signs.decisive, decider="laser")
    signs.lack(signs.minor)


def card_works(signs: Signs, case: Case) -> None:
    """The board is in service."""
    signs.expect(case.facts.card_up, ("card_up", "card_down"), olt.CARD_OPER, doubt=signs.minor)


def fell_together(signs: Signs, group: Group, share: float, minimum: int) -> None:
    """The ONTs of a group fell with the subject, at the same instant, and the group is wholly known."""
    counts = {"dark": group.dark + 1, "up": group.up}
    signs.add("fell_together", **counts)
    signs.expect(group.fell(share, minimum), ("group_known", "group_known"), doubt=signs.missing, decider="neighbours")
    dated = True if group.dated == group.dark else None
    signs.expect(dated, ("same_instant", "same_instant"), doubt=signs.missing, decider="neighbours")
    if not group.complete:
        signs.lack(signs.missing, "neighbours")
    if group.gasp:
        signs.add("gasps_apart", gasps=group.gasp)


def weigh(signs: Signs, case: Case, ancestor: Ancestor, two_hypotheses: float) -> None:
    """Another cause explains who is silent nearly as well, or better: less sure, and what would decide is named."""
    rival = case.ancestry.rival(ancestor)
    if rival is None:
        return
    other, share = rival
    pair = frozenset({ancestor, other})
    told = _DECIDERS.get(pair, "otdr")
    signs.lack(1.0 - 2.0 * share * (1.0 - two_hypotheses), "neighbours" if pair in case.ancestry.undecided else told)


def ont_works(signs: Signs, case: Case) -> None:
    """The access is up: the ONT is on line, or else a live proof of the box stands for it, at a cost."""
    proved_at = case.facts.proved_at
    if case.facts.ont_up or proved_at is None:
        signs.add("ont_up", ont.ONT_OPER)
        return
    signs.add("access_proved", proved_at=proved_at)
    signs.lack(signs.missing, "ont_state")


def session_state(signs: Signs, case: Case) -> None:
    """What is known of the PPP session, told as evidence that it is closed."""
    stopped = case.readings.value(session.SESSION_STOPPED)
    if stopped is not None:
        signs.add("session_stopped", session.SESSION_STOPPED, stopped=stopped)


def last_inform(signs: Signs, case: Case, key: str) -> None:
    """When the box last spoke to the ACS."""
    informed = case.readings.value(box.BOX_LAST_INFORM)
    if informed is not None:
        signs.add(key, box.BOX_LAST_INFORM, informed=informed)


def neighbours_speak(signs: Signs, case: Case) -> None:
    """Other ONTs of the PON are up: what they share with the subject works."""
    group = case.crowd.pbo if case.crowd.pbo.up else case.crowd.pon
    key = "pbo_up" if case.crowd.pbo.up else "pon_up"
    if group.up:
        signs.add(key, up=group.up)
    else:
        signs.lack(signs.missing, "neighbours")


def no_neighbour_in_session(signs: Signs, case: Case) -> None:
    """The others of the PON port have no session either: what is wrong is shared."""
    metric, doubt = platform.NEIGHBOUR_SESSIONS_OK, signs.minor
    shared = negate(case.readings.value(metric))
    signs.expect(shared, ("neighbours_have_none", "neighbours_have"), metric, doubt=doubt, decider="neighbour_sessions")


def affected(signs: Signs, case: Case) -> int:
    """How many accesses the platform touches, said where there are several; 0 where nobody can tell."""
    count = case.readings.value(platform.PLATFORM_AFFECTED) or 0
    if count > 1:
        signs.add("platform_affected", platform.PLATFORM_AFFECTED, affected=count)
    return count if count > 1 else 0
