"""States and enumerations that readings carry."""

from __future__ import annotations

from enum import StrEnum


class Oper(StrEnum):
    """Operational state (RFC 2863 ifOperStatus, ITU-T X.731)."""

    UP = "up"
    DOWN = "down"


class Admin(StrEnum):
    """Administrative state (ITU-T X.731): what the operator of the equipment wants."""

    UNLOCKED = "unlocked"
    LOCKED = "locked"


class Ranging(StrEnum):
    """Ranging state of an ONU on its PON (ITU-T G.984.3 clause 10)."""

    NOT_RANGED = "not_ranged"
    RANGED = "ranged"
    OFF = "off"


class Negotiation(StrEnum):
    """How the Ethernet link between ONT and box chooses its rate (IEEE 802.3 clause 28)."""

    AUTO = "auto"
    FORCED = "forced"


class EthernetRate(StrEnum):
    """Rate and duplex of an Ethernet link."""

    NONE = "none"
    TEN_HALF = "10_half"
    TEN = "10_full"
    HUNDRED_HALF = "100_half"
    HUNDRED = "100_full"
    GIGABIT_HALF = "1000_half"
    GIGABIT = "1000_full"
    TEN_GIGABIT = "10000_full"


class OntAlarm(StrEnum):
    """Alarms of an ONT as the OLT sees them (ITU-T G.984.3 clause 11.1)."""

    LOS = "LOSi"
    LOA = "LOAi"
    LCDG = "LCDGi"
    PEE = "PEEi"
    SUF = "SUFi"
    SD = "SDi"
    DISABLED = "disabled"
    MEM = "MEMi"
    INACTIVE = "inactive"
    LOF = "LOFi"
    SF = "SFi"
    DG = "DGi"
    DF = "DFi"
    LOAM = "LOAMi"
    DOW = "DOWi"
    RDI = "RDIi"
    LOK = "LOKi"
    LOOC = "LOOCi"  # the OMCC, which carries OMCI, is lost
    TIW = "TIWi"  # its bursts drift into the slots of others
    ROGUE = "rogue"  # found to send in the slots of others


class PonAlarm(StrEnum):
    """Alarms of a PON port (ITU-T G.984.3 clause 11.1)."""

    LOS = "LOS"  # no burst of any ONT
    TF = "TF"  # the transmitter of the OLT failed
    TIA = "TIA"  # an ONT sends in the slot of another


class OntPhase(StrEnum):
    """Where an ONT stands in its activation, in the words of OLTs that tell it (ITU-T G.984.3 clause 10)."""

    LOGGING = "logging"
    LOS = "los"
    SYNCHRONISING = "synchronising"
    WORKING = "working"
    DYING_GASP = "dying_gasp"
    AUTHENTICATION_FAILED = "authentication_failed"
    OFFLINE = "offline"


class DownCause(StrEnum):
    """Why an ONT, or a PON port, last went down, as its OLT tells it. Not the state now: see `Oper`."""

    LOS = "los"  # loss of signal: of every ONT, or of this one
    LOF = "lof"  # loss of frame
    SF = "sf"  # signal fail
    LOA = "loa"  # loss of acknowledgement
    LOAM = "loam"  # loss of PLOAM
    LOK = "lok"  # loss of key
    DYING_GASP = "dying_gasp"  # the ONT lost its power
    POWER_OFF = "power_off"
    AUTHENTICATION_FAILED = "authentication_failed"
    DEACTIVATED = "deactivated"
    DEACTIVATION_FAILED = "deactivation_failed"
    RESET = "reset"  # by command, by button, by software
    REREGISTERED = "reregistered"
    POPUP_FAILED = "popup_failed"
    RING = "ring"  # a loop in the customer's network
    OPTICS_OFF = "optics_off"
    ATTACK = "attack"  # a storm of broadcasts
    OPERATOR_CHECK = "operator_check"
    ROGUE = "rogue"
    SHUT_DOWN = "shut_down"
    MODULE_ABSENT = "module_absent"  # of a PON port
    MODULE_FAULT = "module_fault"
    OTHER = "other"


class Duplex(StrEnum):
    """Duplex of an Ethernet link (IEEE 802.3)."""

    HALF = "half"
    FULL = "full"


class PppStatus(StrEnum):
    """ConnectionStatus of a WANPPPConnection (TR-098 1.8) or PPP.Interface (TR-181 2)."""

    UNCONFIGURED = "Unconfigured"
    CONNECTING = "Connecting"
    AUTHENTICATING = "Authenticating"
    CONNECTED = "Connected"
    PENDING_DISCONNECT = "PendingDisconnect"
    DISCONNECTING = "Disconnecting"
    DISCONNECTED = "Disconnected"


class AuthResult(StrEnum):
    """Answer of the RADIUS server to an Access-Request (RFC 2865)."""

    ACCEPT = "accept"
    REJECT = "reject"
    TIMEOUT = "timeout"  # the access server asked and no RADIUS server answered


class Reach(StrEnum):
    """Outcome of a CWMP connection request (TR-069 3.2.2)."""

    ANSWERED = "answered"  # a session with event 6 followed
    REFUSED = "refused"  # TCP refused, or HTTP 4xx/5xx
    SILENT = "silent"  # nothing within the deadline


class BoxSecret(StrEnum):
    """A secret that a box proved though it does not open it."""

    SHARED = "shared"  # that of first contacts
    FORMER_SHARED = "former_shared"  # the one before it
    FORMER_OWN = "former_own"  # its own, before it was given a new one


class BootCause(StrEnum):
    """Why a box started, as the events of its Inform tell (TR-069 3.7.1.5)."""

    FACTORY_RESET = "factory_reset"
    FIRMWARE = "firmware"  # it installed one that it was given
    ORDERED = "ordered"  # its ACS asked for it
    LOCAL = "local"  # none of these: power, the customer, or its own fault


class Flow(StrEnum):
    """How a flow test through the access ended."""

    OK = "ok"
    BLOCKED = "blocked"  # nothing comes back: filtered on the way
    REFUSED = "refused"  # the remote server answered, and refuses
    FAILED = "failed"  # it failed, and nothing says where


class Policy(StrEnum):
    """What the offer says of a flow."""

    OPEN = "open"
    CLOSED = "closed"


class Registration(StrEnum):
    """How the last registration of an ONT ended."""

    OK = "ok"
    SERIAL = "serial"  # its serial number is not the one configured
    PASSWORD = "password"  # noqa: S105 - it is the cause's name
    OMCI = "omci"  # ranged, then its management channel failed
    OTHER = "other"
