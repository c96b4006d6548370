"""Tests that a box runs by itself: where they are in each data model, their arguments, and what their results mean.

Names: Broadband Forum TR-098 1.8, TR-181 2.15, TR-143. One SetParameterValues asks for the test, the session ends, the
box runs it and comes back with ``8 DIAGNOSTICS COMPLETE``.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from collectors.boxes.values import MalformedValueError, channel, instant, mac, rssi, text_value, unsigned
from domain.box_actions import Diagnose, Diagnostic
from domain.box_tables import WifiNeighbour
from domain.metric import Metric, Readings
from domain.metrics.box import BOX_DNS_OK, BOX_PING_OK, BOX_WIRED_MBPS, BOX_WIRED_UP_MBPS
from domain.metrics.box_tables import BOX_WIFI_NEIGHBOURS
from domain.reading import Source, Via, known

STATE: Final = "DiagnosticsState"
Values = Mapping[str, str | None]
Arguments = dict[str, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Place:
    """Where a test is and what it takes.

    Attributes:
        paths: Objects under the root, the standard's of TR-098 and TR-181 first, then what boxes have instead.
        target: Name of the argument that says what is tested.
        numbers: Names of the numeric arguments, with the field of `Diagnose` that fills each.
    """

    paths: tuple[str, ...]
    target: str = ""
    numbers: Mapping[str, Callable[[Diagnose], int]] | None = None


PLACES: Final[Mapping[Diagnostic, Place]] = {
    Diagnostic.PING: Place(
        ("IPPingDiagnostics.", "IP.Diagnostics.IPPing."),
        "Host",
        {
            "NumberOfRepetitions": lambda d: d.count,
            "Timeout": lambda d: d.timeout_ms,
            "DataBlockSize": lambda d: d.size,
        },
    ),
    Diagnostic.TRACEROUTE: Place(
        ("TraceRouteDiagnostics.", "IP.Diagnostics.TraceRoute."),
        "Host",
        {"NumberOfTries": lambda d: d.count, "Timeout": lambda d: d.timeout_ms, "DataBlockSize": lambda d: d.size},
    ),
    Diagnostic.NSLOOKUP: Place(
        ("NSLookupDiagnostics.", "DNS.Diagnostics.NSLookupDiagnostics."),
        "HostName",
        {"NumberOfRepetitions": lambda d: d.count, "Timeout": lambda d: d.timeout_ms},
    ),
    Diagnostic.DOWNLOAD: Place(("DownloadDiagnostics.", "IP.Diagnostics.DownloadDiagnostics."), "DownloadURL"),
    Diagnostic.UPLOAD: Place(
        ("UploadDiagnostics.", "IP.Diagnostics.UploadDiagnostics."),
        "UploadURL",
        {"TestFileLength": lambda d: d.size},
    ),
    Diagnostic.WIFI_SCAN: Place(("WiFi.NeighboringWiFiDiagnostic.",)),
}


_RESULT: Final = re.compile("Result\\.[1-9][0-9]{0,5}")
_MOST: Final = 256  # C: networks that a scan may bring
_COLUMNS: Final[Mapping[str, tuple[str, Callable[[str], Any]]]] = {
    "SSID": ("ssid", text_value),
    "BSSID": ("bssid", mac),
    "OperatingFrequencyBand": ("band", text_value),
    "Channel": ("channel", channel),
    "SignalStrength": ("rssi_dbm", rssi),
    "OperatingStandards": ("standards", text_value),
}


def arguments(wanted: Diagnose) -> Arguments:
    """Values and types to set, the state last; zeros and empty texts are left to the box."""
    place = PLACES[wanted.test]
    result: Arguments = {}
    if wanted.interface:
        result["Interface"] = (wanted.interface, "string")
    if place.target:
        result[place.target] = (wanted.target, "string")
    if wanted.test is Diagnostic.NSLOOKUP and wanted.dns_server:
        result["DNSServer"] = (wanted.dns_server, "string")
    for name, give in (place.numbers or {}).items():
        if give(wanted) > 0:
            result[name] = (str(give(wanted)), "unsignedInt")
    return result | {STATE: ("Requested", "string")}


def running(values: Values) -> bool:
    """Whether the box has not finished yet."""
    return (values.get(STATE) or "").strip().casefold() in ("requested", "", "none")


def succeeded(values: Values) -> bool:
    """Whether the results may be shown: TR-098 says Completed for transfers, real boxes for others too."""
    return (values.get(STATE) or "").strip().casefold() in ("complete", "completed")


def readings(test: Diagnostic, values: Values, at: datetime) -> Readings:
    """The results in our vocabulary; none of a test that did not succeed.

    A download's rate is TestBytesReceived × 8 / (EOMTime − BOMTime), an upload's the same of what it sent (TR-143).
    """
    found: dict[Metric[Any], Any] = {}
    try:
        if test is Diagnostic.PING:
            found[BOX_PING_OK] = _some(values, "SuccessCount")
        elif test is Diagnostic.NSLOOKUP:
            found[BOX_DNS_OK] = _some(values, "SuccessCount")
        elif test is Diagnostic.DOWNLOAD:
            found[BOX_WIRED_MBPS] = _mbps(values, "TestBytesReceived")
        elif test is Diagnostic.UPLOAD:
            sent = "TestBytesSent" if values.get("TestBytesSent") else "TestFileLength"
            found[BOX_WIRED_UP_MBPS] = _mbps(values, sent)
        elif test is Diagnostic.WIFI_SCAN:
            found[BOX_WIFI_NEIGHBOURS] = _neighbours(values)
    except MalformedValueError:
        found.clear()
    source = Source(Via.CWMP, PLACES[test].paths[-1])
    return Readings({metric: known(value, at, source) for metric, value in found.items() if value is not None})


def _neighbours(values: Values) -> tuple[WifiNeighbour, ...]:
    """The rows of a scan; a column that makes no sense costs that column, a row that names no network is none."""
    rows: defaultdict[str, dict[str, Any]] = defaultdict(dict)
    for name, text in values.items():
        row, _, leaf = name.rpartition(".")
        if _RESULT.fullmatch(row) and leaf in _COLUMNS:
            field, read = _COLUMNS[leaf]
            with suppress(MalformedValueError):
                rows[row][field] = read(text or "")
    path = PLACES[Diagnostic.WIFI_SCAN].paths[-1]
    return tuple(
        WifiNeighbour(f"{path}{row}.", **cells)
        for row, cells in list(rows.items())[:_MOST]
        if cells.get("ssid") is not None or cells.get("bssid") is not None
    )


def _some(values: Values, name: str) -> bool | None:
    count = unsigned(values.get(name) or "")
    return None if count is None else count > 0


def _mbps(values: Values, name: str) -> float | None:
    size = unsigned(values.get(name) or "")
    began, ended = instant(values.get("BOMTime") or ""), instant(values.get("EOMTime") or "")
    if size is None or began is None or ended is None or ended <= began:
        return None
    return size * 8 / (ended - began).total_seconds() / 1e6
