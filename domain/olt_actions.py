"""What can be asked of an OLT about an ONT, and what is known of the effect: the words of `domain.ports.OltActions`."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from domain.errors import InvalidValueError
from domain.metric import Readings
from domain.reading import Source, Via
from domain.states import Admin, EthernetRate

_PORTS = 255  # of one ONT: an octet everywhere


class OltOutcome(StrEnum):
    """What is known of an action."""

    DONE = "done"  # the OLT accepted it, or a read says that it is so; `OltResult.proved` tells which
    REFUSED = "refused"  # the OLT refused it: nothing was changed by it
    NOT_SENT = "not_sent"  # the OLT never received it
    UNKNOWN = "unknown"  # the OLT may have done it: no answer came, and no read could tell


class ActionKind(StrEnum):
    """What can be asked. Each vendor, and each site (SNMP only, or a CLI), declares which."""

    REBOOT_ONT = "reboot_ont"
    SET_ONT_ADMIN = "set_ont_admin"
    REPROVISION_ONT = "reprovision_ont"
    SET_UNI_ADMIN = "set_uni_admin"
    SET_UNI_NEGOTIATION = "set_uni_negotiation"
    SET_PON_ADMIN = "set_pon_admin"
    FIRMWARE_TO_PLANNED = "firmware_to_planned"


@dataclass(frozen=True, slots=True)
class RebootOnt:
    """Restart the ONT (OMCI reboot). It falls and comes back: its last change is the proof."""

    kind = ActionKind.REBOOT_ONT


@dataclass(frozen=True, slots=True)
class SetOntAdmin:
    """Deactivate (``locked``) or activate (``unlocked``) the ONT on its PON port."""

    admin: Admin
    kind = ActionKind.SET_ONT_ADMIN


@dataclass(frozen=True, slots=True)
class ReprovisionOnt:
    """Have the OLT send the ONT its configuration again."""

    kind = ActionKind.REPROVISION_ONT


@dataclass(frozen=True, slots=True)
class SetUniAdmin:
    """Shut (``locked``) or open (``unlocked``) an Ethernet port of the ONT; ``port`` from 1."""

    admin: Admin
    port: int = 1
    kind = ActionKind.SET_UNI_ADMIN

    def __post_init__(self) -> None:
        _check_port(self.port)


@dataclass(frozen=True, slots=True)
class SetUniNegotiation:
    """Let an Ethernet port of the ONT negotiate (``rate`` is ``None``), or force its rate; ``port`` from 1."""

    rate: EthernetRate | None = None
    port: int = 1
    kind = ActionKind.SET_UNI_NEGOTIATION

    def __post_init__(self) -> None:
        _check_port(self.port)


@dataclass(frozen=True, slots=True)
class SetPonAdmin:
    """Shut (``locked``) or open (``unlocked``) the PON port of the ONT, and with it every ONT that hangs from it."""

    admin: Admin
    kind = ActionKind.SET_PON_ADMIN


@dataclass(frozen=True, slots=True)
class FirmwareToPlanned:
    """Have the ONT run the firmware that its OLT plans for it. It restarts: the version that runs then is the proof."""

    kind = ActionKind.FIRMWARE_TO_PLANNED


OltAction = RebootOnt | SetOntAdmin | ReprovisionOnt | SetUniAdmin | SetUniNegotiation | SetPonAdmin | FirmwareToPlanned


@dataclass(frozen=True, slots=True)
class OltFault:
    """What the OLT said when it refused.

    Attributes:
        code: Its own word: an SNMP error-status (``notWritable``, ``wrongValue`` …), or ``cli``.
        locator: The object at fault (an OID) or the command; never a credential.
        text: What it printed, on one line, cut to 200 characters; never a secret. Empty over SNMP.
    """

    code: str
    locator: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class OltResult:
    """What is known of an action.

    Attributes:
        outcome: How it ended.
        at: When that was known.
        source: What said so: the object set or the command typed.
        proved: Whether a read after the action shows the wanted state. A restart is never proved here: the ONT's own
            fall and return prove it.
        before: What was read just before: the states that the action is about.
        after: The same, read after.
        fault: What the OLT said, where it refused.
    """

    outcome: OltOutcome
    at: datetime
    source: Source = field(default_factory=lambda: Source(Via.NONE))
    proved: bool = False
    before: Readings = field(default_factory=Readings)
    after: Readings = field(default_factory=Readings)
    fault: OltFault | None = None

    @property
    def done(self) -> bool:
        """Whether it is known to be done."""
        return self.outcome is OltOutcome.DONE


def _check_port(port: int) -> None:
    if not 1 <= port <= _PORTS:
        raise InvalidValueError("port", port, f"a port of the ONT from 1 to {_PORTS}")
