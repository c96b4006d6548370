"""A TR-181 tree in the manner of recent Sagemcom boxes (vendor names without prefix under DeviceInfo).

Ethernet.Interface.5 is the WAN, told by ``Upstream`` and not by its index; IP.Interface.2 runs over PPP.Interface.1,
IP.Interface.3 is the management VLAN.
"""

from __future__ import annotations

from domain.states import EthernetRate, PppStatus
from simulators.cwmp_box import nat, runs, writable
from simulators.cwmp_box.added import tables_181
from simulators.cwmp_box.model import Facts, Kind, Parameter, Read, common, constant, flag, hidden
from simulators.cwmp_box.tables import Tree

ROOT = "Device."
PPP = f"{ROOT}PPP.Interface.1."
_INTERNET = f"{ROOT}IP.Interface.2."
_WAN_PORT = 5
_RATES_MBPS = {
    EthernetRate.TEN_HALF: 10,
    EthernetRate.TEN: 10,
    EthernetRate.HUNDRED_HALF: 100,
    EthernetRate.HUNDRED: 100,
    EthernetRate.GIGABIT_HALF: 1000,
    EthernetRate.GIGABIT: 1000,
    EthernetRate.TEN_GIGABIT: 10000,
}


def _connected(facts: Facts) -> bool:
    return facts.box.ppp_status is PppStatus.CONNECTED


def _wan_status(facts: Facts) -> str:
    return "Up" if facts.wan_link_up else "Down"


def _wan_rate(facts: Facts) -> str:
    if facts.ont is None or not facts.wan_link_up:
        return "0"  # TR-181 2: current bit rate of a link that is down
    return str(_RATES_MBPS.get(facts.ont.uni_rate, 0))


def _port(index: int) -> list[Parameter]:
    path, wan = f"{ROOT}Ethernet.Interface.{index}.", index == _WAN_PORT
    status: Read = _wan_status if wan else constant("Up" if index == 1 else "Down")
    rate: Read = _wan_rate if wan else constant("1000" if index == 1 else "0")
    return [
        Parameter(f"{path}Enable", Kind.BOOLEAN, constant("1")),
        Parameter(f"{path}Status", Kind.STRING, status),
        Parameter(f"{path}Name", Kind.STRING, constant(f"eth{index - 1}")),
        Parameter(f"{path}Upstream", Kind.BOOLEAN, constant(flag(wan))),
        Parameter(f"{path}MACAddress", Kind.STRING, lambda f: f.mac() if wan else f.mac(2)),
        Parameter(f"{path}MaxBitRate", Kind.INT, constant("-1")),
        Parameter(f"{path}CurrentBitRate", Kind.UNSIGNED_INT, rate),
        Parameter(f"{path}DuplexMode", Kind.STRING, constant("Auto")),
    ]


def _ppp() -> list[Parameter]:
    values: list[tuple[str, Kind, Read]] = [
        ("Enable", Kind.BOOLEAN, constant("1")),
        ("Status", Kind.STRING, lambda f: "Up" if _connected(f) else "Down"),
        ("Name", Kind.STRING, constant("ppp0")),
        ("LastChange", Kind.UNSIGNED_INT, lambda f: str(f.session_s)),
        ("LowerLayers", Kind.STRING, constant(f"{ROOT}Ethernet.Link.1")),
        ("ConnectionStatus", Kind.STRING, lambda f: f.box.ppp_status.value),
        ("LastConnectionError", Kind.STRING, lambda f: f.box.ppp_last_error),
        ("Username", Kind.STRING, lambda f: f.box.ppp_username),
        ("Password", Kind.STRING, hidden),
        ("IPCP.DNSServers", Kind.STRING, lambda f: f.platform_dns),
        ("IPCP.LocalIPAddress", Kind.STRING, lambda f: (f.box.wan_ip if _connected(f) else None) or ""),
    ]
    return [Parameter(f"{PPP}{name}", kind, read) for name, kind, read in values]


def _ip(index: int, name: str, lower: str, status: Read, address: Read) -> list[Parameter]:
    path = f"{ROOT}IP.Interface.{index}."
    return [
        Parameter(f"{path}Enable", Kind.BOOLEAN, constant("1")),
        Parameter(f"{path}Status", Kind.STRING, status),
        Parameter(f"{path}Name", Kind.STRING, constant(name)),
        Parameter(f"{path}LowerLayers", Kind.STRING, constant(lower)),
        Parameter(f"{path}IPv4AddressNumberOfEntries", Kind.UNSIGNED_INT, constant("1")),
        Parameter(f"{path}IPv4Address.1.Enable", Kind.BOOLEAN, constant("1")),
        Parameter(f"{path}IPv4Address.1.Status", Kind.STRING, lambda f: "Enabled" if address(f) else "Disabled"),
        Parameter(f"{path}IPv4Address.1.IPAddress", Kind.STRING, address),
    ]


def _services() -> list[Parameter]:
    """Name servers, and the 2.4 GHz radio with one device of the customer."""
    station = f"{ROOT}WiFi.AccessPoint.1.AssociatedDevice.1."
    values: list[tuple[str, Kind, Read]] = [
        ("DNS.Client.Server.1.Enable", Kind.BOOLEAN, constant("1")),
        ("DNS.Client.Server.1.Type", Kind.STRING, lambda f: "Static" if f.box.dns_servers else "IPCP"),
        ("DNS.Client.Server.1.DNSServer", Kind.STRING, lambda f: f.dns_servers.partition(",")[0]),
        ("WiFi.Radio.1.Enable", Kind.BOOLEAN, constant("1")),
        ("WiFi.Radio.1.Status", Kind.STRING, constant("Up")),
        ("WiFi.Radio.1.Channel", Kind.UNSIGNED_INT, lambda f: str(f.box.wifi.channel)),
        ("WiFi.Radio.1.OperatingFrequencyBand", Kind.STRING, constant("2.4GHz")),
        (
            "WiFi.Radio.1.X_SAGEMCOM_COM_ChannelUtilization",
            Kind.UNSIGNED_INT,
            lambda f: str(f.box.wifi.channel_busy_percent),
        ),
    ]
    return [
        *(Parameter(f"{ROOT}{name}", kind, read) for name, kind, read in values),
        Parameter(f"{station}MACAddress", Kind.STRING, lambda f: f.mac(9)),
        Parameter(f"{station}SignalStrength", Kind.INT, lambda f: str(f.box.wifi.signal_dbm)),
    ]


def _management_status(facts: Facts) -> str:
    return "Up" if facts.box.management_up else "Down"


def _orders() -> list[Parameter]:
    """What an ACS may change."""
    wifi = f"{ROOT}WiFi."
    place = writable.Radio(
        f"{wifi}Radio.1.",
        f"{wifi}SSID.1.SSID",
        f"{wifi}AccessPoint.1.Security.KeyPassphrase",
        "AutoChannelEnable",
        "Box-SG4K",
        lambda f: str(f.box.wifi.channel),
    )
    ports = [f"{ROOT}Ethernet.Interface.{port}." for port in range(1, _WAN_PORT)]
    return [
        *writable.radio(place, "Up", "Down"),
        *writable.lan_ports(ports, ports[0], "Up", "Down", "Down"),
        writable.switch(f"{wifi}X_SAGEMCOM_COM_BandSteering.Enable", "0"),
        writable.ppp_reset(PPP),
        *runs.parameters(runs.places_181(ROOT)),
    ]


def build() -> Tree:
    """The tree and the parameters that each Inform carries (TR-181 2, forced Inform parameters)."""
    info, server = f"{ROOT}DeviceInfo.", f"{ROOT}ManagementServer."
    parameters = [
        *common(ROOT),
        *nat.parameters(ROOT),
        Parameter(f"{ROOT}RootDataModelVersion", Kind.STRING, constant("2.11")),
        Parameter(f"{info}ExternalFirmwareVersion", Kind.STRING, lambda f: f.box.firmware),
        Parameter(f"{info}MACAddress", Kind.STRING, lambda f: f.mac()),
        Parameter(f"{ROOT}Ethernet.InterfaceNumberOfEntries", Kind.UNSIGNED_INT, constant(str(_WAN_PORT))),
    ]
    for index in range(1, _WAN_PORT + 1):
        parameters += _port(index)
    parameters += [
        Parameter(f"{ROOT}Ethernet.LinkNumberOfEntries", Kind.UNSIGNED_INT, constant("1")),
        Parameter(f"{ROOT}Ethernet.Link.1.Enable", Kind.BOOLEAN, constant("1")),
        Parameter(f"{ROOT}Ethernet.Link.1.Status", Kind.STRING, _wan_status),
        Parameter(f"{ROOT}Ethernet.Link.1.MACAddress", Kind.STRING, lambda f: f.mac()),
        Parameter(f"{ROOT}PPP.InterfaceNumberOfEntries", Kind.UNSIGNED_INT, constant("1")),
        *_ppp(),
        Parameter(f"{ROOT}IP.InterfaceNumberOfEntries", Kind.UNSIGNED_INT, constant("3")),
        *_ip(1, "br0", f"{ROOT}Bridging.Bridge.1", constant("Up"), constant("192.168.1.1")),
        *_ip(
            2,
            "ppp0",
            PPP.rstrip("."),
            lambda f: "Up" if _connected(f) else "Down",
            lambda f: (f.box.wan_ip if _connected(f) else None) or "",
        ),
        *_services(),
        *_ip(3, "mgmt", f"{ROOT}Ethernet.VLANTermination.1", _management_status, lambda f: f.management_ip),
    ]
    parameters += _orders()
    inform = (
        f"{ROOT}RootDataModelVersion",
        f"{info}HardwareVersion",
        f"{info}SoftwareVersion",
        f"{info}ProvisioningCode",
        f"{server}ConnectionRequestURL",
        f"{server}ParameterKey",
        f"{_INTERNET}IPv4Address.1.IPAddress",
    )
    return Tree(parameters, inform, tables_181(ROOT, _INTERNET.rstrip(".")))
