"""The TR-098 tree of a F@st 5350.

That firmware line is a Broadcom CMS with an InternetGatewayDevice tree: WANDevice.1 is ADSL, 2 VDSL, 3 Ethernet. The
Internet connection is the PPP one of WANDevice.3, found by its state or by DefaultConnectionService, not by its index:
the management VLAN and unused connections stand beside it.
"""

from __future__ import annotations

from domain.states import PppStatus
from simulators.cwmp_box import nat, runs, writable
from simulators.cwmp_box.added import tables_098
from simulators.cwmp_box.model import Facts, Kind, Parameter, Read, common, constant, flag, hidden
from simulators.cwmp_box.tables import Tree

ROOT = "InternetGatewayDevice."
_WAN = f"{ROOT}WANDevice.3."
INTERNET = f"{_WAN}WANConnectionDevice.1.WANPPPConnection.1."
_LAN_PORTS = 4
_LINES = ((1, "ADSL"), (2, "VDSL"))  # WAN devices that a fibre access leaves unused


def _connected(facts: Facts) -> bool:
    return facts.box.ppp_status is PppStatus.CONNECTED


def _management(facts: Facts) -> str:
    return "Connected" if facts.box.management_up else "Disconnected"


def _internet() -> list[Parameter]:
    text = Kind.STRING
    values: list[tuple[str, Kind, Read]] = [
        ("Enable", Kind.BOOLEAN, constant("1")),
        ("ConnectionStatus", text, lambda f: f.box.ppp_status.value),
        ("PossibleConnectionTypes", text, constant("IP_Routed")),
        ("ConnectionType", text, constant("IP_Routed")),
        ("Name", text, constant("INTERNET")),
        ("Uptime", Kind.UNSIGNED_INT, lambda f: str(f.session_s) if _connected(f) else "0"),
        ("LastConnectionError", text, lambda f: f.box.ppp_last_error),
        ("NATEnabled", Kind.BOOLEAN, constant("1")),
        ("Username", text, lambda f: f.box.ppp_username),
        ("Password", text, hidden),
        ("ExternalIPAddress", text, lambda f: (f.box.wan_ip if _connected(f) else None) or "0.0.0.0"),
        ("MACAddress", text, lambda f: f.mac()),
        ("DNSEnabled", Kind.BOOLEAN, constant("1")),
        ("DNSOverrideAllowed", Kind.BOOLEAN, lambda f: flag(bool(f.box.dns_servers))),
        ("DNSServers", text, lambda f: f.dns_servers),
        ("ConnectionTrigger", text, constant("AlwaysOn")),
        ("TransportType", text, constant("PPPoE")),
    ]
    return [Parameter(f"{INTERNET}{name}", kind, read) for name, kind, read in values]


def _ip_connection(path: str, name: str, status: Read, address: Read) -> list[Parameter]:
    return [
        Parameter(f"{path}Enable", Kind.BOOLEAN, lambda f: flag(status(f) == "Connected")),
        Parameter(f"{path}ConnectionStatus", Kind.STRING, status),
        Parameter(f"{path}ConnectionType", Kind.STRING, constant("IP_Routed")),
        Parameter(f"{path}Name", Kind.STRING, constant(name)),
        Parameter(f"{path}LastConnectionError", Kind.STRING, constant("ERROR_NONE")),
        Parameter(f"{path}AddressingType", Kind.STRING, constant("DHCP")),
        Parameter(f"{path}ExternalIPAddress", Kind.STRING, address),
        Parameter(f"{path}MACAddress", Kind.STRING, lambda f: f.mac(1)),
    ]


def _unused_line(index: int, access: str) -> list[Parameter]:
    device = f"{ROOT}WANDevice.{index}."
    ppp = f"{device}WANConnectionDevice.1.WANPPPConnection.1."
    return [
        Parameter(f"{device}WANCommonInterfaceConfig.WANAccessType", Kind.STRING, constant("DSL")),
        Parameter(f"{device}WANCommonInterfaceConfig.PhysicalLinkStatus", Kind.STRING, constant("Down")),
        Parameter(f"{device}WANConnectionNumberOfEntries", Kind.UNSIGNED_INT, constant("1")),
        Parameter(f"{ppp}Enable", Kind.BOOLEAN, constant("0")),
        Parameter(f"{ppp}ConnectionStatus", Kind.STRING, constant("Unconfigured")),
        Parameter(f"{ppp}Name", Kind.STRING, constant(f"INTERNET_{access}")),
        Parameter(f"{ppp}LastConnectionError", Kind.STRING, constant("ERROR_NOT_ENABLED_FOR_INTERNET")),
        Parameter(f"{ppp}ExternalIPAddress", Kind.STRING, constant("")),
        Parameter(f"{ppp}MACAddress", Kind.STRING, constant("")),
    ]


def _ethernet_wan() -> list[Parameter]:
    common_config, ethernet = f"{_WAN}WANCommonInterfaceConfig.", f"{_WAN}WANEthernetInterfaceConfig."
    return [
        Parameter(f"{common_config}EnabledForInternet", Kind.BOOLEAN, constant("1")),
        Parameter(f"{common_config}WANAccessType", Kind.STRING, constant("Ethernet")),
        Parameter(f"{common_config}PhysicalLinkStatus", Kind.STRING, lambda f: "Up" if f.wan_link_up else "Down"),
        Parameter(f"{ethernet}Enable", Kind.BOOLEAN, constant("1")),
        Parameter(f"{ethernet}Status", Kind.STRING, lambda f: "Up" if f.wan_link_up else "NoLink"),
        Parameter(f"{ethernet}MACAddress", Kind.STRING, lambda f: f.mac()),
        Parameter(f"{ethernet}MaxBitRate", Kind.STRING, constant("Auto")),
        Parameter(f"{ethernet}DuplexMode", Kind.STRING, constant("Auto")),
        Parameter(f"{_WAN}WANConnectionNumberOfEntries", Kind.UNSIGNED_INT, constant("3")),
    ]


def _lan() -> list[Parameter]:
    result = []
    for port in range(1, _LAN_PORTS + 1):
        path = f"{ROOT}LANDevice.1.LANEthernetInterfaceConfig.{port}."
        result += [
            Parameter(f"{path}Enable", Kind.BOOLEAN, constant("1")),
            Parameter(f"{path}Status", Kind.STRING, constant("Up" if port == 1 else "NoLink")),
            Parameter(f"{path}MACAddress", Kind.STRING, lambda f: f.mac(2)),
            Parameter(f"{path}MaxBitRate", Kind.STRING, constant("Auto")),
            Parameter(f"{path}DuplexMode", Kind.STRING, constant("Auto")),
        ]
    return result


def _wifi() -> list[Parameter]:
    """Its 2.4 GHz radio with one device of the customer; TR-098 has no level nor load: names of the vendor (C)."""
    path = f"{ROOT}LANDevice.1.WLANConfiguration.1."
    values: list[tuple[str, Kind, Read]] = [
        ("Enable", Kind.BOOLEAN, constant("1")),
        ("Status", Kind.STRING, constant("Up")),
        ("Channel", Kind.UNSIGNED_INT, lambda f: str(f.box.wifi.channel)),
        ("AutoChannelEnable", Kind.BOOLEAN, constant("1")),
        ("Standard", Kind.STRING, constant("n")),
        ("X_BROADCOM_COM_ChannelUtilization", Kind.UNSIGNED_INT, lambda f: str(f.box.wifi.channel_busy_percent)),
        ("TotalAssociations", Kind.UNSIGNED_INT, constant("1")),
        ("AssociatedDevice.1.AssociatedDeviceMACAddress", Kind.STRING, lambda f: f.mac(9)),
        ("AssociatedDevice.1.X_BROADCOM_COM_RSSI", Kind.INT, lambda f: str(f.box.wifi.signal_dbm)),
    ]
    return [Parameter(f"{path}{name}", kind, read) for name, kind, read in values]


def _orders() -> list[Parameter]:
    """What an ACS may change."""
    wifi = f"{ROOT}LANDevice.1.WLANConfiguration.1."
    place = writable.Radio(
        wifi, f"{wifi}SSID", f"{wifi}KeyPassphrase", "AutoChannelEnable", "Box-F5350", lambda f: str(f.box.wifi.channel)
    )
    ports = [f"{ROOT}LANDevice.1.LANEthernetInterfaceConfig.{port}." for port in range(1, _LAN_PORTS + 1)]
    return [
        *writable.radio(place, "Up", "Disabled"),
        *writable.lan_ports(ports, ports[0], "Up", "NoLink", "Disabled"),
        writable.switch(f"{ROOT}LANDevice.1.X_BROADCOM_COM_BandSteering.Enable", "0"),
        writable.ppp_reset(INTERNET),
        *runs.parameters(runs.places_098(ROOT)),
    ]


def build() -> Tree:
    """The tree and the parameters that each Inform carries (TR-098 1.8, forced Inform parameters)."""
    summary = "InternetGatewayDevice:1.4[](Baseline:1, EthernetLAN:4, EthernetWAN:1, Time:1, IPPing:1)"
    parameters = [
        Parameter(f"{ROOT}DeviceSummary", Kind.STRING, constant(summary)),
        Parameter(f"{ROOT}LANDeviceNumberOfEntries", Kind.UNSIGNED_INT, constant("1")),
        Parameter(f"{ROOT}WANDeviceNumberOfEntries", Kind.UNSIGNED_INT, constant("3")),
        *common(ROOT),
        *nat.parameters(ROOT),
        Parameter(f"{ROOT}DeviceInfo.SpecVersion", Kind.STRING, constant("1.0")),
        Parameter(f"{ROOT}Layer3Forwarding.DefaultConnectionService", Kind.STRING, constant(INTERNET.rstrip("."))),
    ]
    for index, access in _LINES:
        parameters += _unused_line(index, access)
    device = f"{_WAN}WANConnectionDevice"
    parameters += _ethernet_wan() + _internet()
    parameters += _ip_connection(f"{device}.2.WANIPConnection.1.", "MANAGEMENT", _management, lambda f: f.management_ip)
    parameters += _ip_connection(f"{device}.3.WANIPConnection.1.", "TV", constant("Disconnected"), constant("0.0.0.0"))
    parameters += _lan() + _wifi() + _orders()
    inform = (
        f"{ROOT}DeviceSummary",
        f"{ROOT}DeviceInfo.SpecVersion",
        f"{ROOT}DeviceInfo.HardwareVersion",
        f"{ROOT}DeviceInfo.SoftwareVersion",
        f"{ROOT}DeviceInfo.ProvisioningCode",
        f"{ROOT}ManagementServer.ConnectionRequestURL",
        f"{ROOT}ManagementServer.ParameterKey",
        f"{INTERNET}ExternalIPAddress",
    )
    return Tree(parameters, inform, tables_098(ROOT, INTERNET))
