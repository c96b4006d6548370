"""A box's data model: named parameters whose values are computed when they are asked for (TR-106 2)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum

from domain.states import PppStatus
from simulators.agenda import stable_hash
from simulators.plant.state import BoxState, OntState

FACTORY_USERNAME = "admin"  # C: what a box's connection-request credentials are until an ACS sets them
FACTORY_PASSWORD = "admin"  # noqa: S105 - the simulated factory default, no secret of ours
_PLATFORM_DNS = "192.0.2.53,192.0.2.54"  # documentation addresses (RFC 5737)
UNKNOWN_TIME = "0001-01-01T00:00:00Z"  # TR-106 3.2: unknown time


class Kind(StrEnum):
    """XML type of a value (TR-106 3.2)."""

    STRING = "xsd:string"
    UNSIGNED_INT = "xsd:unsignedInt"
    INT = "xsd:int"
    BOOLEAN = "xsd:boolean"
    DATE_TIME = "xsd:dateTime"


@dataclass(slots=True)
class Settings:
    """What an ACS may write in a box. Lost by a factory reset.

    Attributes:
        extra: What else was written, by full name.
        wants: What the box does once the session is over.
        rows: Numbers of the instances that were added, by path of their object; ``last_rows`` the highest ever given.
        notifications: Notification attributes that were set, by full name.
    """

    connection_request_username: str = FACTORY_USERNAME
    connection_request_password: str = field(default=FACTORY_PASSWORD, repr=False)
    periodic_inform_enable: bool = True
    periodic_inform_interval_s: int | None = None  # None: as delivered, the plant's value
    periodic_inform_time: datetime | None = None  # None: unknown, the box chooses its phase
    acs_username: str = ""
    acs_password: str = field(default="", repr=False)
    parameter_key: str = ""
    provisioning_code: str = ""
    extra: Mapping[str, str] = field(default_factory=dict, repr=False)
    wants: tuple[str, ...] = ()
    rows: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    last_rows: Mapping[str, int] = field(default_factory=dict)
    notifications: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Facts:
    """What the values of one box are computed from.

    Attributes:
        now: The plant's present instant.
        connection_request_url: Where this box answers connection requests.
        udp_address: Where a STUN server sees it, behind its NAT; empty without.
    """

    box: BoxState
    ont: OntState | None
    settings: Settings
    now: datetime
    acs_url: str
    connection_request_url: str
    udp_address: str = ""

    @property
    def interval_s(self) -> int:
        """PeriodicInformInterval in force, seconds."""
        return self.settings.periodic_inform_interval_s or self.box.periodic_inform_s

    @property
    def uptime_s(self) -> int:
        """Seconds since the box's software started."""
        return max(0, int((self.now - self.box.booted_at).total_seconds()))

    @property
    def wan_link_up(self) -> bool:
        """Whether the Ethernet link towards the ONT is up."""
        return self.box.powered and self.ont is not None and self.ont.powered and self.ont.uni_up

    @property
    def session_s(self) -> int:
        """Seconds since the PPP session is in its present state; 0 when that is unknown."""
        since = self.box.ppp_since
        return 0 if since is None else max(0, int((self.now - since).total_seconds()))

    @property
    def dns_servers(self) -> str:
        """Name servers in use: the customer's, else the platform's; none without session."""
        if self.box.dns_servers:
            return self.box.dns_servers
        return self.platform_dns

    @property
    def platform_dns(self) -> str:
        """The name servers that came with the PPP session; none without one."""
        return _PLATFORM_DNS if self.box.ppp_status is PppStatus.CONNECTED else ""

    @property
    def management_ip(self) -> str:
        """Address of the box on its management VLAN: private, stable (RFC 1918)."""
        number = stable_hash(str(self.box.device)) % 0xFFFFFE + 1
        return f"10.{number >> 16}.{number >> 8 & 0xFF}.{number & 0xFF}"

    def mac(self, offset: int = 0) -> str:
        """A MAC address of the box, ``D8:D7:75:55:7E:90``; ``offset`` 0 is that of its WAN."""
        digits = f"{int(self.box.mac.digits, 16) + offset & 0xFFFFFFFFFFFF:012X}"
        return ":".join(digits[at : at + 2] for at in range(0, 12, 2))


class InvalidValueError(Exception):
    """A value that the parameter does not take (CWMP fault 9007)."""


Read = Callable[[Facts], str]
Write = Callable[[Settings, str], None]


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter: its full name, type, value and, when an ACS may write it, how."""

    name: str
    kind: Kind
    read: Read
    write: Write | None = None


# Readers


def constant(value: str) -> Read:
    """A value that never changes."""
    return lambda _: value


def hidden(_: Facts) -> str:
    """A password reads as an empty string (TR-098 1.8, TR-181 2)."""
    return ""


def flag(value: bool) -> str:
    """A boolean as TR-106 writes it."""
    return "1" if value else "0"


def moment(value: datetime | None) -> str:
    """An instant as TR-106 writes it."""
    return UNKNOWN_TIME if value is None else value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# Writers


def text_setting(name: str, limit: int = 256) -> Write:
    """Write a string setting of at most ``limit`` characters."""

    def write(settings: Settings, value: str) -> None:
        if len(value) > limit:
            raise InvalidValueError
        setattr(settings, name, value)

    return write


def write_interval(settings: Settings, value: str) -> None:
    """PeriodicInformInterval: 1 s and more (TR-098 1.8)."""
    if not re.fullmatch(r"[0-9]{1,10}", value.strip()) or not 1 <= int(value) <= 0xFFFFFFFF:
        raise InvalidValueError
    settings.periodic_inform_interval_s = int(value)


def write_enable(settings: Settings, value: str) -> None:
    """PeriodicInformEnable."""
    if value.strip().lower() not in {"0", "1", "true", "false"}:
        raise InvalidValueError
    settings.periodic_inform_enable = value.strip().lower() in {"1", "true"}


def write_time(settings: Settings, value: str) -> None:
    """PeriodicInformTime; the unknown time gives the choice back to the box."""
    if value.strip() == UNKNOWN_TIME:
        settings.periodic_inform_time = None
        return
    try:
        instant = datetime.fromisoformat(value.strip())
    except ValueError as error:
        raise InvalidValueError from error
    settings.periodic_inform_time = instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def common(root: str) -> list[Parameter]:
    """DeviceInfo and ManagementServer, whose names TR-098 and TR-181 share."""
    info, server = f"{root}DeviceInfo.", f"{root}ManagementServer."
    text, number = Kind.STRING, Kind.UNSIGNED_INT
    return [
        Parameter(f"{info}Manufacturer", text, lambda f: f.box.manufacturer),
        Parameter(f"{info}ManufacturerOUI", text, lambda f: f.box.device.oui),
        Parameter(f"{info}ModelName", text, lambda f: f.box.model),
        Parameter(f"{info}ProductClass", text, lambda f: f.box.product_class),
        Parameter(f"{info}SerialNumber", text, lambda f: f.box.device.serial),
        Parameter(f"{info}HardwareVersion", text, lambda f: f.box.hardware),
        Parameter(f"{info}SoftwareVersion", text, lambda f: f.box.firmware),
        Parameter(
            f"{info}ProvisioningCode",
            text,
            lambda f: f.settings.provisioning_code,
            text_setting("provisioning_code", 64),
        ),
        Parameter(f"{info}UpTime", number, lambda f: str(f.uptime_s)),
        Parameter(f"{server}URL", text, lambda f: f.acs_url),
        Parameter(f"{server}Username", text, lambda f: f.settings.acs_username, text_setting("acs_username")),
        Parameter(f"{server}Password", text, hidden, text_setting("acs_password")),
        Parameter(
            f"{server}PeriodicInformEnable",
            Kind.BOOLEAN,
            lambda f: flag(f.settings.periodic_inform_enable),
            write_enable,
        ),
        Parameter(f"{server}PeriodicInformInterval", number, lambda f: str(f.interval_s), write_interval),
        Parameter(
            f"{server}PeriodicInformTime",
            Kind.DATE_TIME,
            lambda f: moment(f.settings.periodic_inform_time),
            write_time,
        ),
        Parameter(f"{server}ParameterKey", text, lambda f: f.settings.parameter_key),
        Parameter(f"{server}ConnectionRequestURL", text, lambda f: f.connection_request_url),
        Parameter(
            f"{server}ConnectionRequestUsername",
            text,
            lambda f: f.settings.connection_request_username,
            text_setting("connection_request_username"),
        ),
        Parameter(f"{server}ConnectionRequestPassword", text, hidden, text_setting("connection_request_password")),
        Parameter(f"{server}UpgradesManaged", Kind.BOOLEAN, constant("1")),
    ]
