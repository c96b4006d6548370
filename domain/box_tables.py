"""What a box has several of: ports, radios, networks, their clients, hosts, voice lines. Values only.

``path`` is the object as the box names it, with its final dot. Whatever the box does not tell is ``None``.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from domain.identifiers import MacAddress
from domain.states import Oper


class Duplex(StrEnum):
    """Negotiated mode of an Ethernet port."""

    FULL = "full"
    HALF = "half"


class Attachment(StrEnum):
    """How a host is attached to the box."""

    ETHERNET = "ethernet"
    WIFI = "wifi"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class LanPort:
    """A LAN port; ``speed_mbps`` and ``duplex`` are those negotiated, known where the box tells them."""

    path: str
    name: str | None = None
    enabled: bool | None = None
    link: Oper | None = None
    speed_mbps: int | None = None
    duplex: Duplex | None = None


@dataclass(frozen=True, slots=True)
class WifiRadio:
    """A radio; ``busy_percent`` is the load of its channel, ``noise_dbm`` its noise floor."""

    path: str
    enabled: bool | None = None
    link: Oper | None = None
    band: str | None = None
    channel: int | None = None
    auto_channel: bool | None = None
    standards: str | None = None
    width: str | None = None
    busy_percent: int | None = None
    noise_dbm: float | None = None


@dataclass(frozen=True, slots=True)
class WifiNetwork:
    """An SSID; ``radio`` is the path of its radio, ``clients`` how many are associated."""

    path: str
    ssid: str | None = None
    enabled: bool | None = None
    link: Oper | None = None
    bssid: MacAddress | None = None
    radio: str | None = None
    clients: int | None = None


@dataclass(frozen=True, slots=True)
class WifiClient:
    """A device associated to an SSID; ``network`` is the path of that SSID."""

    path: str
    network: str | None = None
    mac: MacAddress | None = None
    rssi_dbm: float | None = None
    rate_down_kbps: int | None = None
    standard: str | None = None


@dataclass(frozen=True, slots=True)
class WifiNeighbour:
    """A network of somebody else, as a scan of the box heard it."""

    path: str
    ssid: str | None = None
    bssid: MacAddress | None = None
    band: str | None = None
    channel: int | None = None
    rssi_dbm: float | None = None
    standards: str | None = None


@dataclass(frozen=True, slots=True)
class Host:
    """A device of the customer that the box knows."""

    path: str
    mac: MacAddress | None = None
    ip: str | None = None
    name: str | None = None
    attachment: Attachment | None = None
    active: bool | None = None


@dataclass(frozen=True, slots=True)
class VoiceLine:
    """A telephone line of the box; its number is not read."""

    path: str
    enabled: bool | None = None
    status: str | None = None
