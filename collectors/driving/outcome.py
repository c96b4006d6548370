"""How a live read ended, as the record of a diagnosis keeps it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from collectors.snmp.values import Kind, VarBind
from domain.metric import Metric
from domain.reading import Quality, Reading, Reason, Source, Via, known, missing
from domain.snapshot import Outcome

SILENCE = frozenset({Reason.TIMEOUT, Reason.UNREACHABLE})
"""Reasons by which nothing was heard of the equipment."""

UNHEARD = SILENCE | {Reason.NOT_READ}
"""Reasons that say nothing of the equipment: it kept silent, or nobody asked it (quiet hours, a spent budget)."""

_TROUBLE = SILENCE | {Reason.ERROR, Reason.MALFORMED}


def judged(rows: Mapping[Metric[Any], Reading[Any]]) -> tuple[Outcome, Reason | None]:
    """How the read ended: what an OLT lacks or cannot measure is no failure of the read."""
    troubles = [reading.reason for reading in rows.values() if reading.reason in _TROUBLE]
    if not troubles and rows and all(reading.reason is Reason.NOT_READ for reading in rows.values()):
        return Outcome.FAILED, Reason.NOT_READ
    if not troubles:
        return Outcome.OK, None
    whole = all(reading.reason in SILENCE for reading in rows.values())
    return Outcome.FAILED if whole else Outcome.PARTIAL, troubles[0]


def reachable(asked: Mapping[Metric[Any], Reading[Any]], now: datetime) -> Reading[bool]:
    """Whether the OLT answered anything: unknown when nothing was asked of it, for what was not asked is no answer."""
    source = Source(Via.SNMP, "any answer")
    reasons = [reading.reason for reading in asked.values()]
    if all(reason is Reason.NOT_READ for reason in reasons):
        return missing(Reason.NOT_READ, now, source)
    return known(any(reason not in UNHEARD for reason in reasons), now, source, Quality.DERIVED)


def silent(varbinds: Sequence[VarBind]) -> bool:
    """Whether not one variable was answered."""
    return all(varbind.kind is Kind.FAILED and varbind.value in UNHEARD for varbind in varbinds)


def heard(varbinds: Sequence[VarBind], at: datetime, source: Source) -> Reading[bool]:
    """Whether the OLT answered a question of a walk: unknown where the question never left."""
    if all(varbind.kind is Kind.FAILED and varbind.value is Reason.NOT_READ for varbind in varbinds):
        return missing(Reason.NOT_READ, at, source)
    return known(not silent(varbinds), at, source, Quality.DERIVED)
