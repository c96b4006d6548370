"""What else an ACS may write in a box: Wi-Fi, LAN ports, the reset of its PPP connection. `Settings` keeps it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from simulators.cwmp_box.model import (
    Facts,
    InvalidValueError,
    Kind,
    Parameter,
    Read,
    Settings,
    Write,
    constant,
    flag,
    hidden,
)

PPP_RESET = "ppp reset"
"""What a box wants once its session is over, when an ACS wrote Reset."""

_TRUE, _FALSE = frozenset({"1", "true"}), frozenset({"0", "false"})
_CHANNELS = frozenset(map(str, (*range(1, 14), 36, 40, 44, 48, 52, 56, 60, 64, 100, 104, 108, 112, 116)))


def keep(name: str, check: Callable[[str], bool] = lambda _: True) -> Write:
    """Keep a value by name, if it is one that the parameter takes."""

    def write(settings: Settings, value: str) -> None:
        if not check(value.strip()):
            raise InvalidValueError
        settings.extra = {**settings.extra, name: value.strip()}

    return write


def kept(name: str, otherwise: Read) -> Read:
    """The value that was written, or the one as delivered."""

    def read(facts: Facts) -> str:
        found = facts.settings.extra.get(name)
        return otherwise(facts) if found is None else found

    return read


def want(what: str) -> Write:
    """Have the box do something after the session when a true value is written."""

    def write(settings: Settings, value: str) -> None:
        if value.strip().lower() not in _TRUE | _FALSE:
            raise InvalidValueError
        if value.strip().lower() in _TRUE:
            settings.wants = (*settings.wants, what)

    return write


@dataclass(frozen=True, slots=True)
class Radio:
    """Where one Wi-Fi radio and its network are in a data model."""

    radio: str
    ssid: str
    key: str
    auto: str
    network: str
    channel: Read


def _boolean(value: str) -> bool:
    return value.lower() in _TRUE | _FALSE


def _is_true(facts: Facts, name: str, otherwise: str = "1") -> bool:
    return facts.settings.extra.get(name, otherwise).lower() in _TRUE


def radio(place: Radio, up: str, down: str) -> list[Parameter]:
    """A radio: on or off, channel, network name, key."""
    enable, channel = f"{place.radio}Enable", f"{place.radio}Channel"
    auto = f"{place.radio}{place.auto}"

    def write_channel(settings: Settings, value: str) -> None:
        keep(channel, lambda text: text in _CHANNELS)(settings, value)
        settings.extra = {**settings.extra, auto: "0"}

    return [
        Parameter(enable, Kind.BOOLEAN, kept(enable, constant("1")), keep(enable, _boolean)),
        Parameter(f"{place.radio}Status", Kind.STRING, lambda f: up if _is_true(f, enable) else down),
        Parameter(channel, Kind.UNSIGNED_INT, kept(channel, place.channel), write_channel),
        Parameter(auto, Kind.BOOLEAN, kept(auto, constant("1")), keep(auto, _boolean)),
        Parameter(
            place.ssid,
            Kind.STRING,
            kept(place.ssid, constant(place.network)),
            keep(place.ssid, lambda v: 0 < len(v) <= 32),
        ),
        Parameter(place.key, Kind.STRING, hidden, keep(place.key, lambda v: 8 <= len(v) <= 63)),
    ]


def switch(name: str, default: str = "1") -> Parameter:
    """A boolean that an ACS may write."""
    return Parameter(name, Kind.BOOLEAN, kept(name, constant(default)), keep(name, _boolean))


def lan_ports(paths: Iterable[str], plugged: str, up: str, empty: str, off: str) -> list[Parameter]:
    """LAN ports: on or off; a device is plugged in the port ``plugged``."""
    found: list[Parameter] = []
    for path in paths:
        enable = f"{path}Enable"

        def status(facts: Facts, path: str = path, enable: str = enable) -> str:
            if not _is_true(facts, enable):
                return off
            return up if path == plugged else empty

        found += [switch(enable), Parameter(f"{path}Status", Kind.STRING, status)]
    return found


def ppp_reset(path: str) -> Parameter:
    """Reset of the PPP connection: always read as false (TR-098 1.8, TR-181 2)."""
    return Parameter(f"{path}Reset", Kind.BOOLEAN, constant(flag(False)), want(PPP_RESET))
