"""The objects that an ACS adds to a box, as each data model names them (TR-098 1.8, TR-181 2)."""

from __future__ import annotations

from typing import Final

from simulators.cwmp_box.model import Kind
from simulators.cwmp_box.tables import Column, Table, boolean, ipv4, longest, mac, number, one_of

_PORT, _LEASE_S = number(65_535), number(0xFFFFFFFF)
_PROTOCOL: Final = one_of("TCP", "UDP", "")
_TEXT, _BOOLEAN, _NUMBER = Kind.STRING, Kind.BOOLEAN, Kind.UNSIGNED_INT

_STATIC_HOST: Final = (
    Column("Enable", _BOOLEAN, "0", boolean),
    Column("Chaddr", _TEXT, "", mac),
    Column("Yiaddr", _TEXT, "", ipv4),
)


def tables_098(root: str, internet: str) -> tuple[Table, ...]:
    """Port mappings of the Internet connection, and addresses kept for devices of the customer."""
    mapping = (
        Column("PortMappingEnabled", _BOOLEAN, "0", boolean),
        Column("PortMappingLeaseDuration", _NUMBER, "0", _LEASE_S),
        Column("RemoteHost", _TEXT, "", ipv4),
        Column("ExternalPort", _NUMBER, "0", _PORT),
        Column("ExternalPortEndRange", _NUMBER, "0", _PORT),
        Column("InternalPort", _NUMBER, "0", _PORT),
        Column("PortMappingProtocol", _TEXT, "", _PROTOCOL),
        Column("InternalClient", _TEXT, "", ipv4),
        Column("PortMappingDescription", _TEXT, "", longest(256)),
    )
    hosts = f"{root}LANDevice.1.LANHostConfigManagement."
    return (
        Table(f"{internet}PortMapping.", mapping, f"{internet}PortMappingNumberOfEntries"),
        Table(f"{hosts}DHCPStaticAddress.", _STATIC_HOST, f"{hosts}DHCPStaticAddressNumberOfEntries", most=8),
    )


def tables_181(root: str, interface: str) -> tuple[Table, ...]:
    """The same, and Wi-Fi networks beside the one as delivered."""
    mapping = (
        Column("Enable", _BOOLEAN, "0", boolean),
        Column("Status", _TEXT, check=None, follows="Enable", shows=("Enabled", "Disabled")),
        Column("Interface", _TEXT, interface, longest(256)),
        Column("AllInterfaces", _BOOLEAN, "0", boolean),
        Column("LeaseDuration", _NUMBER, "0", _LEASE_S),
        Column("RemoteHost", _TEXT, "", ipv4),
        Column("ExternalPort", _NUMBER, "0", _PORT),
        Column("ExternalPortEndRange", _NUMBER, "0", _PORT),
        Column("InternalPort", _NUMBER, "0", _PORT),
        Column("Protocol", _TEXT, "", _PROTOCOL),
        Column("InternalClient", _TEXT, "", ipv4),
        Column("Description", _TEXT, "", longest(256)),
    )
    network = (
        Column("Enable", _BOOLEAN, "0", boolean),
        Column("Status", _TEXT, check=None, follows="Enable", shows=("Up", "Down")),
        Column("LowerLayers", _TEXT, "", longest(1024)),
        Column("SSID", _TEXT, "", longest(32)),
    )
    pool = f"{root}DHCPv4.Server.Pool.1."
    wifi = f"{root}WiFi."
    return (
        Table(f"{root}NAT.PortMapping.", mapping, f"{root}NAT.PortMappingNumberOfEntries"),
        Table(f"{pool}StaticAddress.", _STATIC_HOST, f"{pool}StaticAddressNumberOfEntries", most=8),
        Table(f"{wifi}SSID.", network, f"{wifi}SSIDNumberOfEntries", most=4, fixed=frozenset({1})),
    )
