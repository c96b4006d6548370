"""Texts of a box turned into typed values: one that is not of its type raises, an empty one is ``None``."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from domain.box_tables import Attachment, Duplex
from domain.errors import InvalidValueError
from domain.identifiers import MacAddress
from domain.states import Oper, PppStatus


class MalformedValueError(ValueError):
    """The text is not of the declared type."""


_TRUE: Final = frozenset({"true", "1", "yes", "on"})
_FALSE: Final = frozenset({"false", "0", "no", "off"})
_LINK: Final[Mapping[str, Oper | None]] = {
    # TR-098 WANCommonInterfaceConfig.PhysicalLinkStatus; TR-181 Ethernet.Interface.Status
    "up": Oper.UP,
    "down": Oper.DOWN,
    "initializing": Oper.DOWN,
    "nolink": Oper.DOWN,
    "lowerlayerdown": Oper.DOWN,
    "dormant": Oper.DOWN,
    "notpresent": Oper.DOWN,
    "disabled": Oper.DOWN,
    "error": Oper.DOWN,
    "unavailable": None,
    "unknown": None,
}
_PPP: Final[Mapping[str, PppStatus]] = {status.value.casefold(): status for status in PppStatus} | {
    "disconneting": PppStatus.DISCONNECTING  # so spelled in TR-098 1.8
}


def boolean(text: str) -> bool | None:
    """A boolean (TR-106 3.2), in any case; ``None`` when empty."""
    word = text.strip().casefold()
    if not word:
        return None
    if word in _TRUE or word in _FALSE:
        return word in _TRUE
    raise MalformedValueError(text)


def unsigned(text: str) -> int | None:
    """An unsignedInt or unsignedLong, spaces around allowed; ``None`` when empty."""
    word = text.strip()
    if not word:
        return None
    if word.isascii() and word.isdigit() and len(word) <= 20:
        return int(word)
    raise MalformedValueError(text)


def instant(text: str) -> datetime | None:
    """A dateTime; without zone it is UTC (TR-106 3.2), and the year 1 is the standard's "unknown time"."""
    word = text.strip()
    if not word:
        return None
    try:
        found = datetime.fromisoformat(word)
        if found.year == 1:
            return None
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise MalformedValueError(text) from error


def text_value(text: str) -> str | None:
    """A text, cut to 256 characters; ``None`` when empty."""
    return text.strip()[:256] or None


def mac(text: str) -> MacAddress | None:
    """A MAC address with any usual separator; ``None`` when empty or all zero."""
    word = text.strip()
    if not word:
        return None
    try:
        found = MacAddress.parse(word)
    except InvalidValueError as error:
        raise MalformedValueError(text) from error
    return None if found.digits == "0" * 12 else found


def address(text: str) -> str | None:
    """An IP address; ``None`` when empty or unspecified, as a connection that is down shows it."""
    word = text.strip()
    if not word:
        return None
    try:
        found = ipaddress.ip_address(word)
    except ValueError as error:
        raise MalformedValueError(text) from error
    return None if found.is_unspecified else str(found)


def percent(text: str) -> int | None:
    """A percentage; ``None`` when empty."""
    found = unsigned(text)
    if found is not None and found > 100:
        raise MalformedValueError(text)
    return found


def celsius(text: str) -> float | None:
    """A temperature in °C; ``None`` for the standard's "no reading" (TR-181 TemperatureSensor: -274)."""
    found = _signed(text)
    return None if found is None or found == -274 else float(found)


def dbm(text: str) -> float | None:
    """A power in whole dBm, as vendors without a standard name write it."""
    found = _signed(text)
    if found is not None and not -60 <= found <= 20:
        raise MalformedValueError(text)
    return None if found is None else float(found)


def dbm1000(text: str) -> float | None:
    """A power in thousandths of dBm (TR-181 Dbm1000)."""
    found = _signed(text)
    if found is not None and not -60_000 <= found <= 20_000:
        raise MalformedValueError(text)
    return None if found is None else found / 1000


def addresses(text: str) -> tuple[str, ...] | None:
    """IP addresses separated by commas, those that are unspecified left out; ``None`` without any."""
    return tuple(found for part in text.split(",") if (found := address(part)) is not None) or None


def _signed(text: str) -> int | None:
    found = unsigned(text.strip().removeprefix("-"))
    return None if found is None else -found if text.strip().startswith("-") else found


def rate(text: str) -> int | None:
    """A rate in Mbit/s; ``None`` for no link (0) or where negotiation chooses: ``Auto``, ``-1``, ``Auto_10``."""
    word = text.strip().casefold()
    if word.startswith("auto") or word in ("", "-1", "0"):
        return None
    return unsigned(word)


def duplex(text: str) -> Duplex | None:
    """A duplex mode; ``None`` where it is left to negotiation."""
    word = text.strip().casefold()
    if not word or word.startswith("auto"):
        return None
    if word not in ("full", "half"):
        raise MalformedValueError(text)
    return Duplex(word)


def channel(text: str) -> int | None:
    """A Wi-Fi channel; 0 is "chosen by the box" on some."""
    return unsigned(text) or None


def rssi(text: str) -> float | None:
    """A received Wi-Fi level or noise in dBm; 0 is what boxes say that do not measure it."""
    found = _signed(text)
    if found is not None and not -120 <= found <= 0:
        raise MalformedValueError(text)
    return None if not found else float(found)


def attachment(text: str) -> Attachment | None:
    """How a host is attached (InterfaceType ``Ethernet``, ``802.11``, ``Wi-Fi``; or the path of its interface)."""
    word = text.strip().casefold()
    if not word:
        return None
    if "802.11" in word or "wi-fi" in word or "wifi" in word or "wlan" in word:
        return Attachment.WIFI
    return Attachment.ETHERNET if "eth" in word else Attachment.OTHER


def line_enabled(text: str) -> bool | None:
    """Enable of a voice line: ``Disabled``, ``Quiescent`` or ``Enabled`` (TR-104)."""
    word = text.strip().casefold()
    return None if not word else word == "enabled"


def object_path(text: str) -> str | None:
    """The first path of a list, with its final dot: with or without one, both are seen."""
    first = text.partition(",")[0].strip()
    return None if not first else first.rstrip(".")[:256] + "."


def link(text: str) -> Oper | None:
    """State of a link; ``None`` where the box cannot tell."""
    word = text.strip().casefold()
    if not word:
        return None
    if word not in _LINK:
        raise MalformedValueError(text)
    return _LINK[word]


def ppp_status(text: str) -> PppStatus | None:
    """ConnectionStatus, in any case, with the misspelling of TR-098."""
    word = text.strip().casefold()
    if not word:
        return None
    if word not in _PPP:
        raise MalformedValueError(text)
    return _PPP[word]


@dataclass(frozen=True, slots=True)
class Kind:
    """A way to read a text, and the Python type it gives."""

    type: type[Any]
    read: Callable[[str], Any]


KINDS: Final[Mapping[str, Kind]] = {
    "text": Kind(str, text_value),
    "unsigned": Kind(int, unsigned),
    "boolean": Kind(bool, boolean),
    "instant": Kind(datetime, instant),
    "mac": Kind(MacAddress, mac),
    "address": Kind(str, address),
    "addresses": Kind(tuple[str, ...], addresses),
    "percent": Kind(int, percent),
    "celsius": Kind(float, celsius),
    "dbm": Kind(float, dbm),
    "dbm1000": Kind(float, dbm1000),
    "link": Kind(Oper, link),
    "rate": Kind(int, rate),
    "duplex": Kind(Duplex, duplex),
    "channel": Kind(int, channel),
    "rssi": Kind(float, rssi),
    "attachment": Kind(Attachment, attachment),
    "line_enabled": Kind(bool, line_enabled),
    "object": Kind(str, object_path),
    "ppp_status": Kind(PppStatus, ppp_status),
}
