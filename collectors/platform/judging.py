"""From what probes found to what is known of the platform. Pure.

A silence says nothing by itself: the prober may be cut off, the target never have been there, or not answer us. It
counts against a target that has answered before, and only while another target works for the same prober. A closed port
is no more than a silence: a firewall of our own says the same.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from domain.metric import Metric, Readings
from domain.metrics.platform import (
    PLATFORM_DNS_OK,
    PLATFORM_INTERNET_OK,
    PLATFORM_LNS_OK,
    PLATFORM_RADIUS_OK,
    RADIUS_REJECT_PERCENT,
    RADIUS_TIMEOUT_PERCENT,
)
from domain.platform import Answer, AuthWindow, Losses, Probed, ProbeKind
from domain.reading import Quality, Reading, Reason, Source, Via, known, missing

_METRICS: Mapping[ProbeKind, Metric[bool]] = {
    ProbeKind.RADIUS: PLATFORM_RADIUS_OK,
    ProbeKind.LNS: PLATFORM_LNS_OK,
    ProbeKind.RESOLVER: PLATFORM_DNS_OK,
    ProbeKind.FLOW: PLATFORM_INTERNET_OK,
}
_THERE = frozenset({ProbeKind.LNS, ProbeKind.FLOW})
"""Kinds for which a refusal proves what is asked: that the other end is reached."""
_LOCATORS: Mapping[ProbeKind, str] = {
    ProbeKind.RADIUS: "Status-Server",
    ProbeKind.LNS: "TCP",
    ProbeKind.RESOLVER: "DNS",
    ProbeKind.FLOW: "TCP",
}


def works(one: Probed, others: Iterable[Probed]) -> bool | None:
    """Whether a target works; ``None``: nobody can tell."""
    if one.answer is Answer.WORKS:
        return True
    if one.answer is Answer.REFUSES:
        return True if one.kind in _THERE else None
    if one.answer is Answer.FAILS:
        return False
    if one.answer is Answer.UNSENT or one.heard_at is None:
        return None
    return False if any(other.answer is Answer.WORKS for other in others if other.name != one.name) else None


def readings(found: Iterable[Probed]) -> Readings:
    """What the platform's metrics are, out of the last probe of each target.

    Of several servers of a kind one that works is enough for the customers; all that can be judged must fail for a
    ``False``, and where any cannot be judged nothing is said.
    """
    probed = tuple(found)
    values: dict[Metric[Any], Reading[Any]] = {}
    for kind, metric in _METRICS.items():
        mine = [one for one in probed if one.kind is kind]
        if mine:
            values[metric] = _reading(kind, mine, [works(one, probed) for one in mine])
    radius = [one for one in probed if one.kind is ProbeKind.RADIUS and one.heard_at is not None]
    asked = sum(one.asked for one in radius)
    if asked:
        share = round(100.0 * sum(one.unheard for one in radius) / asked, 1)
        values[RADIUS_TIMEOUT_PERCENT] = known(
            share, max(one.at for one in radius), Source(Via.PROBE, "Status-Server"), Quality.DERIVED
        )
    return Readings(values)


def answered(window: AuthWindow, probed: Readings, at: datetime) -> Readings:
    """Shares of subscribers refused and left without answer, out of the authentication log.

    A log tells a refusal always, and a request without answer only where a proxy before the server writes it: none told
    is not none. Of two shares without answer, the probes' and the log's, the worse one stands, with its source.
    """
    if not window.subscribers:
        return Readings()
    values: dict[Metric[Any], Reading[Any]] = {RADIUS_REJECT_PERCENT: _share(window.refused, window, at)}
    silent = _share(window.unanswered, window, at)
    if window.unanswered and (silent.value or 0.0) > (probed.value(RADIUS_TIMEOUT_PERCENT) or 0.0):
        values[RADIUS_TIMEOUT_PERCENT] = silent
    return Readings(values)


def _share(count: int, window: AuthWindow, at: datetime) -> Reading[float]:
    source = Source(Via.SYSLOG, "authentication")
    return known(round(100.0 * count / window.subscribers, 1), at, source, Quality.DERIVED)


_LEAST_LOST = 3
"""Accesses (C): two that fall together by chance say nothing of the platform."""
_LEAST_PORTS = 2
"""PON ports (C): what is lost behind one port alone is that port's."""
_ABOVE_USUAL = 3.0
"""Standard deviations of a Poisson count (C): one window in a thousand is beyond them by chance."""


def affected(losses: Losses, at: datetime) -> Reading[int]:
    """How many accesses the platform touches: those that lost their session for a cause that is not their line's.

    Losses that open incidents of the network explain must be left out before. Too few, behind one port alone, or no
    more than any window loses: nobody can tell them from what boxes and lines do by themselves.
    """
    source, count = Source(Via.RADIUS, "sessions lost"), len(losses.lost)
    if not count:
        return known(0, at, source, Quality.DERIVED)
    ports = {(one.olt, one.ont.pon_name) for one in losses.lost if one.ont is not None}
    most = losses.usual + _ABOVE_USUAL * math.sqrt(losses.usual)
    if count >= _LEAST_LOST and len(ports) >= _LEAST_PORTS and count > most:
        return known(count, at, source, Quality.DERIVED)
    return missing(Reason.NO_READING, at, source, f"{count} lost, {losses.usual:.1f} usual")


def _reading(kind: ProbeKind, mine: list[Probed], verdicts: list[bool | None]) -> Reading[bool]:
    at, names = max(one.at for one in mine), ", ".join(sorted(one.name for one in mine))
    source = Source(Via.PROBE, f"{_LOCATORS[kind]} {names}"[:200])
    if True in verdicts:
        return known(True, at, source, Quality.STORED)
    if None in verdicts:
        return missing(_why(mine, verdicts), at, source)
    return known(False, at, source, Quality.STORED)


def _why(mine: list[Probed], verdicts: list[bool | None]) -> Reason:
    one = next(one for one, verdict in zip(mine, verdicts, strict=True) if verdict is None)
    if one.answer is Answer.SILENT:
        return Reason.NEVER_SEEN if one.heard_at is None else Reason.TIMEOUT
    return Reason.ERROR if one.answer is Answer.REFUSES else Reason.UNREACHABLE
