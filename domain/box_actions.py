"""What can be asked of a box, and what is known of the effect. The words of `domain.ports.BoxActions`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from domain.metric import Readings
from domain.reading import Source
from domain.secret import Secret


class BoxOutcome(StrEnum):
    """What is known of an action."""

    DONE = "done"  # the box says so, or its next Inform proves it
    FAILED = "failed"  # the box refused, or says that it failed: nothing was changed by it
    NOT_SENT = "not_sent"  # the box never received it
    UNKNOWN = "unknown"  # the box may have done it: its next Inform, or a read, will tell


class Diagnostic(StrEnum):
    """Tests that a box runs by itself (TR-098, TR-181 and TR-143)."""

    PING = "ping"
    TRACEROUTE = "traceroute"
    NSLOOKUP = "nslookup"
    DOWNLOAD = "download"
    UPLOAD = "upload"
    WIFI_SCAN = "wifi_scan"


@dataclass(frozen=True, slots=True)
class GetValues:
    """Read parameters by full name or by partial path (final dot)."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GetNames:
    """List the names under a path; ``values`` of the result say ``1`` for the writable ones, else ``0``."""

    path: str
    next_level: bool = True


@dataclass(frozen=True, slots=True)
class GetAttributes:
    """Read the notification attribute (0 off, 1 passive, 2 active) of parameters."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SetAttributes:
    """Set the notification attribute of parameters."""

    notifications: Mapping[str, int]


@dataclass(frozen=True, slots=True, repr=False)
class SetValues:
    """Set parameters, all or nothing, each with the type that the box reports. Values may be secrets: never shown."""

    values: Mapping[str, str]

    def __repr__(self) -> str:
        return f"SetValues({', '.join(sorted(self.values))})"


@dataclass(frozen=True, slots=True)
class AddObject:
    """Create an instance under a path (final dot); the result names it."""

    path: str


@dataclass(frozen=True, slots=True)
class DeleteObject:
    """Delete an instance (path with its number and a final dot)."""

    path: str


@dataclass(frozen=True, slots=True)
class Reboot:
    """Restart the box; done when it informs of it."""


@dataclass(frozen=True, slots=True)
class FactoryReset:
    """Restore the factory settings; done when the box informs of it."""


@dataclass(frozen=True, slots=True)
class Readmit:
    """Let the box come again with the shared secret of first contacts, for a time: nothing is sent to it."""


@dataclass(frozen=True, slots=True)
class Download:
    """Have the box fetch a file: ``1 Firmware Upgrade Image``, ``3 Vendor Configuration File`` …; size in bytes."""

    file_type: str
    url: str
    size: int = 0
    username: str = ""
    password: Secret = field(default=Secret(""))
    delay_s: int = 0
    target: str = ""


@dataclass(frozen=True, slots=True)
class Upload:
    """Have the box send a file: ``1 Vendor Configuration File``, ``2 Vendor Log File`` and others."""

    file_type: str
    url: str
    username: str = ""
    password: Secret = field(default=Secret(""))
    delay_s: int = 0


@dataclass(frozen=True, slots=True)
class ScheduleInform:
    """Ask for an Inform in so many seconds; done when it comes with its key."""

    delay_s: int


@dataclass(frozen=True, slots=True)
class GetMethods:
    """Ask which requests the box understands; they are the names in ``values``."""


@dataclass(frozen=True, slots=True)
class Diagnose:
    """Have the box run a test.

    Attributes:
        test: Which one.
        target: Host for ping and traceroute, name for nslookup, URL for the speed tests, nothing for the Wi-Fi scan.
        dns_server: Server that nslookup asks; empty: the box's own.
        count: Repetitions.
        timeout_ms: Longest wait for each answer.
        size: Payload bytes of a ping, or bytes of an upload.
        interface: Path of the interface to test from; empty: the box chooses.
    """

    test: Diagnostic
    target: str = ""
    dns_server: str = ""
    count: int = 4
    timeout_ms: int = 2000
    size: int = 0
    interface: str = ""


BoxAction = (
    GetValues | GetNames | GetAttributes | SetAttributes | SetValues | AddObject | DeleteObject | Reboot | FactoryReset
    | Readmit | Download | Upload | ScheduleInform | GetMethods | Diagnose
)  # fmt: skip

OPEN_UNTIL = "open_until"
"""Name, in the values of the result of `Readmit`, of the instant until which the box may come (ISO 8601)."""

READ_ONLY = (GetValues, GetNames, GetAttributes, GetMethods)
"""Actions that change nothing: they may be sent again."""


@dataclass(frozen=True, slots=True)
class BoxFault:
    """A fault of the box: code 9000 to 9899, or 0 when it ended its turn without answering.

    Attributes:
        code: FaultCode.
        text: FaultString.
        parameters: Codes of single parameters (SetParameterValuesFault).
    """

    code: int
    text: str = ""
    parameters: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class BoxResult:
    """What is known of an action.

    Attributes:
        outcome: How it ended.
        at: When that was known.
        source: What said so: an answer, or an event of an Inform.
        key: The CommandKey or ParameterKey that went with it.
        fault: The fault, where the box gave one.
        values: What was read, names as the box speaks them; of a diagnostic, names under its object.
        readings: The same in our vocabulary, for diagnostics.
        instance: Number of the object that was added.
        after_reboot: Whether the box applies it at its next start only (Status 1).
        message: French text for the screen, empty when the outcome says it all.
    """

    outcome: BoxOutcome
    at: datetime
    source: Source
    key: str = ""
    fault: BoxFault | None = None
    values: Mapping[str, str | None] = field(repr=False, default_factory=dict)
    readings: Readings = field(default_factory=Readings)
    instance: int | None = None
    after_reboot: bool = False
    message: str = ""

    @property
    def done(self) -> bool:
        """Whether it is known to be done."""
        return self.outcome is BoxOutcome.DONE


@dataclass(frozen=True, slots=True)
class BoxEvent:
    """Something that a box announced and that is kept: a start, a transfer, a diagnostic.

    Attributes:
        at: When the ACS heard of it.
        code: Event code, or ``TransferComplete`` and ``AutonomousTransferComplete``.
        key: CommandKey, empty without one.
        fault_code: Fault of the transfer, 0 without.
        fault_text: Its text.
    """

    at: datetime
    code: str
    key: str = ""
    fault_code: int = 0
    fault_text: str = ""
