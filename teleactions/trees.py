"""Where boxes keep what téléactions set: TR-098 1.8 and TR-181 2 names, found in what the box shows.

Both models are asked for at once: a box answers with the one that it speaks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from teleactions.spec import Tree, UnfitError

WIFI = ("InternetGatewayDevice.LANDevice.1.WLANConfiguration.", "Device.WiFi.")
LAN = ("InternetGatewayDevice.LANDevice.1.LANEthernetInterfaceConfig.", "Device.Ethernet.Interface.")
PPP = ("InternetGatewayDevice.WANDevice.", "Device.PPP.Interface.")
STEERING = ("InternetGatewayDevice.LANDevice.1.", "Device.WiFi.")

_RADIO = re.compile(r"(InternetGatewayDevice\.LANDevice\.1\.WLANConfiguration\.|Device\.WiFi\.Radio\.)(\d+)\.Channel")
_SSID = re.compile(r"(InternetGatewayDevice\.LANDevice\.1\.WLANConfiguration\.|Device\.WiFi\.SSID\.)(\d+)\.SSID")
_KEY = re.compile(
    r"InternetGatewayDevice\.LANDevice\.1\.WLANConfiguration\.(\d+)\.(KeyPassphrase|PreSharedKey\.1\.KeyPassphrase)"
    r"|Device\.WiFi\.AccessPoint\.(\d+)\.Security\.KeyPassphrase"
)
_STEERING = re.compile(r".*\bX_\w*BandSteering\w*\.Enable|.*\bBandSteering\w*\.Enable|.*X_\w*BandSteeringEnable")
_UP = frozenset({"connected", "up"})


def radios(tree: Tree) -> list[str]:
    """Paths of the radios, by number."""
    found = {int(match[2]): f"{match[1]}{match[2]}." for name in tree if (match := _RADIO.fullmatch(name))}
    return [found[number] for number in sorted(found)]


def radio(tree: Tree, number: int) -> str:
    """Path of one radio, counted from 1."""
    found = radios(tree)
    if not 1 <= number <= len(found):
        raise UnfitError("The box has no such Wi-Fi radio")
    return found[number - 1]


def ssid(tree: Tree, number: int) -> str:
    """Full name of the parameter of a network's name."""
    found = {int(match[2]): name for name in tree if (match := _SSID.fullmatch(name))}
    ordered = [found[one] for one in sorted(found)]
    if not 1 <= number <= len(ordered):
        raise UnfitError("The box has no such Wi-Fi network")
    return ordered[number - 1]


def wifi_key(tree: Tree, number: int) -> str:
    """Full name of the parameter of a network's key."""
    found = {int(match[1] or match[3]): name for name in tree if (match := _KEY.fullmatch(name))}
    ordered = [found[one] for one in sorted(found)]
    if not 1 <= number <= len(ordered):
        raise UnfitError("The box has no such Wi-Fi network")
    return ordered[number - 1]


def steering(tree: Tree) -> str:
    """Full name of the switch of band steering, which the standard does not name."""
    found = next((name for name in sorted(tree) if _STEERING.fullmatch(name)), None)
    if found is None:
        raise UnfitError("The box has no band steering")
    return found


def lan_port(tree: Tree, number: int) -> str:
    """Path of one LAN port, counted from 1; the port towards the network is none."""
    paths = {name.rpartition(".")[0] + "." for name in tree if name.endswith(".Enable")}
    paths = {path for path in paths if path.startswith(LAN) and _depth(path)}
    lan = sorted((path for path in paths if not _true(tree.get(f"{path}Upstream"))), key=_index)
    if not 1 <= number <= len(lan):
        raise UnfitError("The box has no such LAN port")
    return lan[number - 1]


def internet(tree: Tree) -> str:
    """Path of the PPP connection in service, else of the one that is enabled; by state, never by index."""
    states = {name.removesuffix("ConnectionStatus"): value or "" for name, value in tree.items() if _is_ppp(name)}
    up = [path for path, state in states.items() if state.strip().lower() in _UP]
    enabled = [path for path in states if _true(tree.get(f"{path}Enable"))]
    found = next(iter(up or enabled or ()), None)
    if found is None:
        raise UnfitError("The box has no PPP connection in use")
    return found


def _is_ppp(name: str) -> bool:
    return name.endswith(".ConnectionStatus") and ("WANPPPConnection." in name or name.startswith("Device.PPP."))


def _true(value: str | None) -> bool:
    return (value or "").strip().lower() in {"1", "true"}


def _index(path: str) -> int:
    return int(path.rstrip(".").rpartition(".")[2])


def _depth(path: str) -> bool:
    return path.rstrip(".").rpartition(".")[2].isdigit()


def flag(tree: Mapping[str, str | None], name: str, value: bool) -> str:
    """A boolean in the words that the box uses: ``1``/``0`` or ``true``/``false``."""
    words = (tree.get(name) or "").strip().lower() in {"true", "false"}
    return ("true" if value else "false") if words else ("1" if value else "0")
