"""What both ONU trees of a ZTE say of an ONU, as numbers: phases, causes, levels, the user port."""

from __future__ import annotations

from enum import IntEnum

from domain.states import DownCause, EthernetRate, OntAlarm
from simulators.snmp.places import Ont

NO_LEVEL = 65535  # ONU levels
NO_LIGHT = -80000  # OLT's level of an ONU
NO_DISTANCE = 0

RATES = {
    EthernetRate.TEN: 2,
    EthernetRate.TEN_HALF: 2,
    EthernetRate.HUNDRED: 3,
    EthernetRate.HUNDRED_HALF: 3,
    EthernetRate.GIGABIT: 4,
    EthernetRate.GIGABIT_HALF: 4,
    EthernetRate.TEN_GIGABIT: 5,
}
NO_RATE = 1  # C: before the first rate of the list


class Phase(IntEnum):
    """Phase of an ONU, numbered as tree 1012 does; tree 1082 counts from 1."""

    LOGGING = 0
    LOS = 1
    SYNC_MIB = 2
    WORKING = 3
    DYING_GASP = 4
    AUTH_FAILED = 5
    OFFLINE = 6


class Cause(IntEnum):
    """Why an ONU went off line."""

    NONE = 1
    LOS = 2
    LOSI = 3
    AUTH_FAILED = 8
    POWER_OFF = 9
    DEACTIVATED = 10


_CAUSES = {DownCause.DEACTIVATED: Cause.DEACTIVATED, DownCause.AUTHENTICATION_FAILED: Cause.AUTH_FAILED}


def phase(ont: Ont) -> Phase:
    """Its phase now."""
    if ont.up:
        return Phase.WORKING if ont.managed else Phase.SYNC_MIB
    if ont.gasped:
        return Phase.DYING_GASP
    if OntAlarm.SUF in ont.state.alarms:
        return Phase.AUTH_FAILED
    return Phase.LOS if ont.state.admin_up and ont.pon.lit else Phase.OFFLINE


def cause(ont: Ont) -> Cause:
    """Why it went off line last."""
    if ont.state.last_down_at is None:
        return Cause.NONE
    if ont.gasped:
        return Cause.POWER_OFF
    if ont.state.down_cause is not None:
        return _CAUSES.get(ont.state.down_cause, Cause.LOSI)
    return Cause.LOSI if ont.pon.up else Cause.LOS


def onu_level(ont: Ont, level_dbm: float | None) -> int:
    """A level as the ONU reports it: (dBm + 30) / 0.002."""
    return NO_LEVEL if level_dbm is None or not ont.up else round((level_dbm + 30) * 500)


def olt_level(ont: Ont) -> int:
    """The OLT's level of it, in thousandths of a dBm."""
    level_dbm = ont.state.olt_rx_dbm
    return NO_LIGHT if level_dbm is None or not ont.up else round(level_dbm * 1000)


def distance(ont: Ont) -> int:
    """In metres."""
    return round(ont.state.distance_m) if ont.up else NO_DISTANCE


def rate(ont: Ont) -> int:
    """Speed of the user port."""
    return RATES.get(ont.state.uni_rate, NO_RATE) if ont.managed else NO_RATE
