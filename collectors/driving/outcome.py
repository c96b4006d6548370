"""How a live read ended, as the record of a diagnosis keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from collectors.snmp.values import Kind, VarBind
from domain.metric import Metric
from domain.reading import Quality, Reading, Reason, Source, Via, known, missing
from domain.snapshot import Outcome

SILENCE = frozenset({Reason.TIMEOUT, Reason.UNREACHABLE})
"""Reasons by which nothing was heard of the equipment."""

_TROUBLE = SILENCE | {Reason.ERROR, Reason.MALFORMED}


def judged(rows: Mapping[Metric[Any], Reading[Any]]) -> tuple[Outcome, Reason | None]:
    """How the read ended: what an OLT lacks or cannot measure is no failure of the read."""
    troubles = [reading.reason for reading in rows.values() if reading.reason in _TROUBLE]
    if not troubles:
        return Outcome.OK, None
    whole = all(reading.reason in SILENCE for reading in rows.values())
    return Outcome.FAILED if whole else Outcome.PARTIAL, troubles[0]


def reachable(asked: Mapping[Metric[Any], Reading[Any]], now: datetime) -> Reading[bool]:
    """Whether the OLT answered anything: unknown when nothing was asked of it, for what was not asked is no answer."""
    source = Source(Via.SNMP, "any answer")
    if not asked:
        return missing(Reason.NOT_READ, now, source)
    return known(any(reading.reason not in SILENCE for reading in asked.values()), now, source, Quality.DERIVED)


def silent(varbinds: list[VarBind]) -> bool:
    """Whether not one variable was answered."""
    return all(varbind.kind is Kind.FAILED and varbind.value in SILENCE for varbind in varbinds)
