"""Tests that a box runs by itself (TR-098 1.8, TR-181 2, TR-143): arguments, state, results as the plant is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from simulators.agenda import stable_hash
from simulators.cwmp_box.model import Facts, InvalidValueError, Kind, Parameter, Settings, Write, constant
from simulators.cwmp_box.writable import keep, kept
from simulators.plant.state import BoxState

RUN = "run "
"""Begins what a box wants after its session: the object of a test to run."""

_STATE = "DiagnosticsState"
_WIRED_MBPS = 912.0  # C: what a gigabit access gives to a wired device, frames and headers taken off
_HOPS = ("192.168.1.1", "198.51.100.1", "203.0.113.7")
_SIZE = 100_000_000  # C: octets of a transfer test


@dataclass(frozen=True, slots=True)
class Place:
    """Where a test is: its object, what it is, its arguments as delivered, the names of its results."""

    path: str
    kind: str
    arguments: Mapping[str, str]
    results: tuple[str, ...]


_PING_RESULTS = ("SuccessCount", "FailureCount", "AverageResponseTime", "MinimumResponseTime", "MaximumResponseTime")
_PING = {"Interface": "", "Host": "", "NumberOfRepetitions": "3", "Timeout": "1000", "DataBlockSize": "32"}
_LOOKUP_RESULTS = ("SuccessCount", "Result.1.Status", "Result.1.HostNameReturned", "Result.1.IPAddresses")
_LOOKUP = {"Interface": "", "HostName": "", "DNSServer": "", "NumberOfRepetitions": "1", "Timeout": "1000"}
_NEIGHBOURS = 5  # C: networks that a box hears at most
_CELLS = ("SSID", "BSSID", "Channel", "SignalStrength", "OperatingFrequencyBand")
_SCAN_RESULTS = (
    "ResultNumberOfEntries",
    *(f"Result.{number}.{name}" for number in range(1, _NEIGHBOURS + 1) for name in _CELLS),
)
_TIMES = ("ROMTime", "BOMTime", "EOMTime")


def _trace(path: str, host: str) -> Place:
    results = ("ResponseTime", *(f"RouteHops.{hop}.{host}" for hop in range(1, len(_HOPS) + 1)))
    return Place(path, "trace", {"Interface": "", "Host": "", "NumberOfTries": "3", "Timeout": "5000"}, results)


def places_098(root: str) -> tuple[Place, ...]:
    """The tests of a TR-098 box."""
    return (
        Place(f"{root}IPPingDiagnostics.", "ping", _PING, _PING_RESULTS),
        _trace(f"{root}TraceRouteDiagnostics.", "HopHostAddress"),
        Place(f"{root}NSLookupDiagnostics.", "lookup", _LOOKUP, _LOOKUP_RESULTS),
        Place(f"{root}DownloadDiagnostics.", "down", {"DownloadURL": ""}, (*_TIMES, "TestBytesReceived")),
        Place(f"{root}UploadDiagnostics.", "up", {"UploadURL": "", "TestFileLength": "0"}, (*_TIMES, "TotalBytesSent")),
    )


def places_181(root: str) -> tuple[Place, ...]:
    """The tests of a TR-181 box."""
    ip, dns = f"{root}IP.Diagnostics.", f"{root}DNS.Diagnostics."
    return (
        Place(f"{ip}IPPing.", "ping", _PING, _PING_RESULTS),
        _trace(f"{ip}TraceRoute.", "HostAddress"),
        Place(f"{root}WiFi.NeighboringWiFiDiagnostic.", "scan", {}, _SCAN_RESULTS),
        Place(f"{dns}NSLookupDiagnostics.", "lookup", _LOOKUP, _LOOKUP_RESULTS),
        Place(f"{ip}DownloadDiagnostics.", "down", {"DownloadURL": ""}, (*_TIMES, "TestBytesReceived")),
        Place(f"{ip}UploadDiagnostics.", "up", {"UploadURL": "", "TestFileLength": "0"}, (*_TIMES, "TestBytesSent")),
    )


def parameters(places: Iterable[Place]) -> list[Parameter]:
    """Their parameters. Changing an argument forgets the results (TR-098 1.8)."""
    found: list[Parameter] = []
    for place in places:
        state = place.path + _STATE
        found.append(Parameter(state, Kind.STRING, kept(state, constant("None")), _request(place)))
        for name, default in place.arguments.items():
            full = place.path + name
            kind = Kind.UNSIGNED_INT if default.isdigit() else Kind.STRING
            found.append(Parameter(full, kind, kept(full, constant(default)), keep(full)))
        for name in place.results:
            full = place.path + name
            found.append(Parameter(full, Kind.STRING, kept(full, constant(""))))
    return found


def _request(place: Place) -> Write:
    def write(settings: Settings, value: str) -> None:
        if value.strip() != "Requested":
            raise InvalidValueError
        settings.extra = {**settings.extra, place.path + _STATE: "Requested"}
        settings.wants = (*settings.wants, RUN + place.path)

    return write


def run(place: Place, facts: Facts) -> dict[str, str]:
    """The parameters that a test leaves behind, full names."""
    box, now = facts.box, facts.now
    asked = {name: facts.settings.extra.get(place.path + name, value) for name, value in place.arguments.items()}
    found = _RUNS[place.kind](box, now, asked)
    return {place.path + name: value for name, value in found.items()}


def _ping(box: BoxState, _now: datetime, asked: Mapping[str, str]) -> dict[str, str]:
    count = int(asked["NumberOfRepetitions"] or 1)
    if not asked["Host"].replace(".", "").isdigit() and not box.dns_up:
        return {_STATE: "Error_CannotResolveHostName"}
    good = count if box.internet_up else 0
    times = {"AverageResponseTime": "9", "MinimumResponseTime": "7", "MaximumResponseTime": "14"} if good else {}
    return {_STATE: "Complete", "SuccessCount": str(good), "FailureCount": str(count - good), **times}


def _traced(box: BoxState, _now: datetime, _asked: Mapping[str, str]) -> dict[str, str]:
    if not box.internet_up:
        return {_STATE: "Error_MaxHopCountExceeded"}
    hops: dict[str, str] = {}
    for hop, address in enumerate(_HOPS, 1):
        hops |= {f"RouteHops.{hop}.HopHostAddress": address, f"RouteHops.{hop}.HostAddress": address}
    return {_STATE: "Complete", "ResponseTime": "9", **hops}


def _looked_up(box: BoxState, _now: datetime, asked: Mapping[str, str]) -> dict[str, str]:
    good = box.internet_up and (box.dns_up or bool(asked["DNSServer"]))
    status = "Success" if good else "Error_DNSServerNotAvailable"
    answer = {"Result.1.HostNameReturned": asked["HostName"], "Result.1.IPAddresses": "203.0.113.80"} if good else {}
    return {_STATE: "Complete", "SuccessCount": str(int(good)), "Result.1.Status": status, **answer}


def _transferred(box: BoxState, now: datetime, asked: Mapping[str, str]) -> dict[str, str]:
    if not box.internet_up:
        return {_STATE: "Error_InitConnectionFailed"}
    size = int(asked.get("TestFileLength", "0")) or _SIZE
    began = now - timedelta(seconds=size * 8 / (_WIRED_MBPS * 1e6))
    times = {"ROMTime": began, "BOMTime": began, "EOMTime": now}
    counted = dict.fromkeys(("TestBytesReceived", "TestBytesSent", "TotalBytesSent"), str(size))
    return {_STATE: "Completed", **{name: f"{at:%Y-%m-%dT%H:%M:%S.%f}" for name, at in times.items()}, **counted}


def _scanned(box: BoxState, _now: datetime, _asked: Mapping[str, str]) -> dict[str, str]:
    """The busier the channel, the more neighbours are on it."""
    count = min(1 + box.wifi.channel_busy_percent // 20, _NEIGHBOURS)
    rows: dict[str, str] = {}
    for number in range(1, count + 1):
        near = stable_hash(f"neighbour {number} {box.device}")
        cells = ("Box-" + f"{near:016X}"[:4], f"02:00:5E:10:{near & 0xFF:02X}:{number:02X}", str(box.wifi.channel))
        rows |= dict(
            zip((f"Result.{number}.{name}" for name in _CELLS), (*cells, str(-55 - near % 35), "2.4GHz"), strict=True)
        )
    return {_STATE: "Complete", "ResultNumberOfEntries": str(count), **rows}


_RUNS = {
    "scan": _scanned,
    "ping": _ping,
    "trace": _traced,
    "lookup": _looked_up,
    "down": _transferred,
    "up": _transferred,
}
