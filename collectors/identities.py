"""What a periodic walk need not read again: the identity of an ONT, which changes with provisioning only.

Columns say so by their cadence, ``static``. They are read once a day, and when an ONT appears that the last walk did
not know; in between, each walk carries them over from the last one, every reading with its own instant.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cache
from typing import Any

from collectors.columns import Cadence
from collectors.driving.facts import load
from collectors.register import drivers
from domain.identifiers import OntName
from domain.metric import Metric, Readings
from domain.metrics.ont import ONT_SERIAL
from domain.olt import OltWalk, OntRow

Identities = dict[OntName, Readings]


@cache
def identity_metrics(vendor: str) -> frozenset[Metric[Any]]:
    """Metrics of an ONT that only columns of the cadence ``static`` give; none for a vendor without driver."""
    if vendor not in drivers():
        return frozenset()
    columns = load(f"collectors.vendors.{vendor}").table.columns
    of_onts = [column for column in columns if column.target.entity == "ont"]
    moving = {c.target for c in of_onts if c.cadence is not Cadence.STATIC or c.index.partition(".")[0] != "ont"}
    return frozenset(column.target for column in of_onts) - moving


def identities(rows: Iterable[OntRow], metrics: frozenset[Metric[Any]]) -> Identities:
    """What rows tell of ``metrics``, by ONT; nothing of an ONT whose serial number they do not speak of."""
    told = ((row.name, {m: r for m, r in row.readings.values.items() if m in metrics}) for row in rows)
    return {name: Readings(found) for name, found in told if ONT_SERIAL in found}


def strangers(walk: OltWalk, known: Identities) -> list[OntName]:
    """ONTs of a walk whose identity is not known and that it did not read: no serial number, known or missing."""
    return [row.name for row in walk.onts if row.name not in known and ONT_SERIAL not in row.readings]


def carried(walk: OltWalk, known: Identities) -> OltWalk:
    """The walk with what is known of its ONTs; what it read itself stays."""
    nothing = Readings()
    onts = tuple(
        OntRow(row.name, Readings({**known.get(row.name, nothing).values, **row.readings.values})) for row in walk.onts
    )
    return replace(walk, onts=onts)


def whole(walk: OltWalk, metrics: frozenset[Metric[Any]]) -> bool:
    """Whether no column of an identity was cut short."""
    keys = {metric.key for metric in metrics}
    return not any(gap.table in keys or gap.table == "olt" for gap in walk.gaps)
