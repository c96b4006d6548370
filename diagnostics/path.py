"""The path of an access as it is drawn: each part's expected loss, and where the excess sits by the neighbours.

An excess that all the port shares is the port's or the feeder's; that all the PBO shares, the PBO's; the access's
alone, the drop's. Neighbours of which nothing is known leave it unknown.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from diagnostics.budget import Budget
from diagnostics.correlation import Crowd, Group
from diagnostics.logic import Tri
from diagnostics.thresholds import OpticalLimits, Span, Thresholds
from domain.access import OutsidePlant
from domain.metric import Metric, Readings
from domain.metrics.olt import PON_TX_DBM
from domain.metrics.ont import OLT_RX_DBM, ONT_DISTANCE_M, ONT_RX_DBM, ONT_TX_DBM
from domain.metrics.reference import REFERENCE_OLT_RX_DBM, REFERENCE_ONT_RX_DBM
from domain.optical_path import Basis, Direction, ExcessPlace, OpticalPath, Part, PartKind
from domain.snapshot import Snapshot

_SUSPECTS: dict[ExcessPlace, frozenset[PartKind]] = {
    ExcessPlace.OLT_PORT: frozenset({PartKind.OLT_PORT}),
    ExcessPlace.FEEDER: frozenset({PartKind.FEEDER}),
    ExcessPlace.SPLITTER: frozenset({PartKind.SPLITTER}),
    ExcessPlace.PBO: frozenset({PartKind.BRANCH, PartKind.PBO}),
    ExcessPlace.DROP: frozenset({PartKind.DROP, PartKind.PTO}),
    ExcessPlace.BEHIND_SPLITTER: frozenset({PartKind.BRANCH, PartKind.PBO, PartKind.DROP, PartKind.PTO}),
    ExcessPlace.ONT: frozenset({PartKind.ONT}),
}


def path_of(snapshot: Snapshot, readings: Readings, budget: Budget, crowd: Crowd, t: Thresholds) -> OpticalPath | None:
    """The path; ``None`` for a test that reads no network, and under a rule-set that does not tell its joints."""
    if not t.path_joints or not snapshot.test.reads_network or snapshot.place is None:
        return None
    limits, outside = t.limits(snapshot.optical_class), snapshot.outside
    where = _where(budget, crowd, t)
    suspects = _SUSPECTS.get(where, frozenset())
    length = outside.length_m if outside.length_m is not None else readings.value(ONT_DISTANCE_M)
    parts = list(_parts(snapshot, limits, suspects, t))
    if where is ExcessPlace.SPLITTER:
        parts = list(_last_splitter(parts))
    basis = _basis(budget)
    references = (readings[metric] for metric in _REFERENCES if basis is Basis.REFERENCE)
    reference = next((reading for reading in references if reading.known), None)
    return OpticalPath(
        parts=tuple(parts),
        length_m=length,
        down=_direction(readings, (PON_TX_DBM, ONT_RX_DBM), budget.down_db, budget.expected_down_db,
                        _excess(basis, budget.rise_down_db, budget.excess_down_db), limits.ont_rx_dbm),
        up=_direction(readings, (ONT_TX_DBM, OLT_RX_DBM), budget.up_db, budget.expected_up_db,
                      _excess(basis, budget.rise_up_db, budget.excess_up_db), limits.olt_rx_dbm),
        class_loss_db=limits.path_loss_db,
        basis=basis,
        reference_at=None if reference is None else reference.at,
        reference_source=None if reference is None else reference.source.locator,
        where=where,
    )  # fmt: skip


_REFERENCES: tuple[Metric[float], ...] = (REFERENCE_ONT_RX_DBM, REFERENCE_OLT_RX_DBM)


def _basis(budget: Budget) -> Basis | None:
    if budget.worst_rise_db is not None:
        return Basis.REFERENCE
    return None if budget.worst_excess_db is None else Basis.EXPECTED


def _excess(basis: Basis | None, rise: float | None, excess: float | None) -> float | None:
    return rise if basis is Basis.REFERENCE else excess


def _direction(
    readings: Readings,
    ends: tuple[Metric[float], Metric[float]],
    loss: float | None,
    expected: float | None,
    excess: float | None,
    span: Span | None,
) -> Direction:
    sent, received = (readings.value(metric) for metric in ends)
    return Direction(
        sent_dbm=sent,
        received_dbm=received,
        loss_db=_rounded(loss),
        expected_db=_rounded(expected),
        excess_db=_rounded(excess),
        margin_db=None if received is None or span is None else _rounded(received - span[0]),
        overload_margin_db=None if received is None or span is None else _rounded(span[1] - received),
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def _where(budget: Budget, crowd: Crowd, t: Thresholds) -> ExcessPlace:
    """Where the excess sits; what a weak sender explains is not the line's."""
    if budget.olt_sent_ok is False:
        return ExcessPlace.OLT_PORT
    if budget.ont_sent_ok is False and (budget.ont_tx_fall_db or 0.0) >= t.tx_fall_db:
        return ExcessPlace.ONT
    basis = _basis(budget)
    if basis is None:
        return ExcessPlace.NOT_MEASURED
    worst = budget.worst_rise_db if basis is Basis.REFERENCE else budget.worst_excess_db
    limit = t.loss_warning_db if basis is Basis.REFERENCE else t.excess_warning_db
    if worst is None or worst < limit:
        return ExcessPlace.NOWHERE
    return _shared_by(budget, crowd, t)


def _shared_by(budget: Budget, crowd: Crowd, t: Thresholds) -> ExcessPlace:
    pon, beyond_pbo = _moved(crowd.pon, t), _moved(crowd.beyond_pbo, t)
    if pon and beyond_pbo is not False and _moved(crowd.beyond_splitter, t) is not False:
        up = budget.rise_up_db  # a fibre loses both ways: downstream alone, it is what the port sends
        return ExcessPlace.OLT_PORT if up is not None and up < t.shared_drift_db / 2 else ExcessPlace.FEEDER
    if _moved(crowd.splitter, t) and beyond_pbo and _moved(crowd.beyond_splitter, t) is False:
        return ExcessPlace.SPLITTER
    near = _moved(crowd.pbo, t)
    if near:
        return ExcessPlace.PBO
    if near is False:
        return ExcessPlace.DROP
    return ExcessPlace.BEHIND_SPLITTER if pon is False else ExcessPlace.UNKNOWN


def _moved(group: Group, t: Thresholds) -> Tri:
    """Whether a group loses more than at its references, in either direction; unknown where nothing was read."""
    deltas = [delta for delta in (group.rx_delta_db, group.olt_rx_delta_db) if delta is not None]
    return min(deltas) <= -t.shared_drift_db if deltas else None


class _Drawing(NamedTuple):
    """What every part is drawn from."""

    rates: tuple[float, float]
    suspects: frozenset[PartKind]
    t: Thresholds

    def joint(self, kind: PartKind, name: str | None) -> Part:
        """A part that has no length."""
        loss = _rounded(_joints(kind, self.t))
        return Part(kind, name, None, None, loss, loss, kind in self.suspects)

    def fibre(self, kind: PartKind, length_m: float | None) -> Part:
        """A length of fibre, its splices included."""
        suspect = kind in self.suspects
        if length_m is None:
            return Part(kind, None, None, None, None, None, suspect)
        joints, km = _joints(kind, self.t), length_m / 1000
        down, up = (round(rate * km + joints, 2) for rate in self.rates)
        return Part(kind, None, length_m, None, down, up, suspect)

    def splitters(self, outside: OutsidePlant) -> Iterator[Part]:
        """Each splitter with its own ratio; an only one has the whole ratio. The joints are those of the first."""
        names: tuple[str | None, ...] = outside.splitters or (None,)
        ratios: tuple[int | None, ...] = outside.ratios
        if len(ratios) != len(names):
            ratios = (outside.splitter_ratio,) if len(names) == 1 else (None,) * len(names)
        joints, suspect = _joints(PartKind.SPLITTER, self.t), PartKind.SPLITTER in self.suspects
        for name, ratio in zip(names, ratios, strict=True):
            loss = None if ratio is None else self.t.splitter_loss_db.get(ratio)
            expected = None if loss is None else round(loss + joints, 2)
            yield Part(PartKind.SPLITTER, name, None, ratio, expected, expected, suspect)
            joints = 0.0


def _parts(snapshot: Snapshot, limits: OpticalLimits, suspects: frozenset[PartKind], t: Thresholds) -> Iterator[Part]:
    """The parts in order: the first splitter ends the feeder, any other stands at the end of the branch."""
    outside, place = snapshot.outside, snapshot.place
    draw = _Drawing((limits.attenuation_down_db_km, limits.attenuation_up_db_km), suspects, t)
    ont, port = (None, None) if place is None else (str(place.ont), str(place.ont.pon_name))
    first, *others = draw.splitters(outside)
    yield draw.joint(PartKind.OLT_PORT, port)
    yield draw.fibre(PartKind.FEEDER, outside.feeder_m)
    yield first
    yield draw.fibre(PartKind.BRANCH, outside.branch_m)
    yield from others
    yield draw.joint(PartKind.PBO, outside.pbo)
    yield draw.fibre(PartKind.DROP, outside.drop_m)
    yield draw.joint(PartKind.PTO, None)
    yield draw.joint(PartKind.ONT, ont)


def _joints(kind: PartKind, t: Thresholds) -> float:
    connectors, splices = t.path_joints.get(kind, (0, 0))
    return connectors * t.connector_loss_db + splices * t.splice_loss_db


def _last_splitter(parts: list[Part]) -> Iterator[Part]:
    """Only the last splitter is suspect: the neighbours of that one alone lose."""
    last = max(place for place, part in enumerate(parts) if part.kind is PartKind.SPLITTER)
    for place, part in enumerate(parts):
        yield replace(part, suspect=place == last)
