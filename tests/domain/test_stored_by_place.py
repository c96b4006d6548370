"""Telemetry keeps enumerations by their place: what is stored for years must not change its meaning with a release."""

from __future__ import annotations

from enum import StrEnum

import pytest

from domain.reading import Reason
from domain.states import (
    Admin,
    DownCause,
    Duplex,
    EthernetRate,
    Negotiation,
    OntPhase,
    Oper,
    Ranging,
    Registration,
)  # fmt: skip

STORED: dict[type[StrEnum], str] = {
    Reason: (
        "NOT_READ NOT_SUPPORTED TIMEOUT UNREACHABLE OFFLINE NO_READING OUT_OF_RANGE MALFORMED STALE "
        "NEVER_SEEN ERROR CONTRADICTED CLOCK NO_INTERVAL"
    ),
    Admin: "UNLOCKED LOCKED",
    Oper: "UP DOWN",
    Ranging: "NOT_RANGED RANGED OFF",
    Negotiation: "AUTO FORCED",
    EthernetRate: "NONE TEN_HALF TEN HUNDRED_HALF HUNDRED GIGABIT_HALF GIGABIT TEN_GIGABIT",
    OntPhase: "LOGGING LOS SYNCHRONISING WORKING DYING_GASP AUTHENTICATION_FAILED OFFLINE",
    DownCause: (
        "LOS LOF SF LOA LOAM LOK DYING_GASP POWER_OFF AUTHENTICATION_FAILED DEACTIVATED DEACTIVATION_FAILED "
        "RESET REREGISTERED POPUP_FAILED RING OPTICS_OFF ATTACK OPERATOR_CHECK ROGUE SHUT_DOWN MODULE_ABSENT "
        "MODULE_FAULT OTHER"
    ),
    Duplex: "HALF FULL",
    Registration: "OK SERIAL PASSWORD OMCI OTHER",
}
"""In the order in which they were first stored; a new member is added at the end of both."""


@pytest.mark.parametrize("kind", STORED, ids=lambda kind: kind.__name__)
def test_what_is_stored_keeps_its_meaning(kind: type[StrEnum]) -> None:
    assert [member.name for member in kind] == STORED[kind].split()
