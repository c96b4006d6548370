"""Trends of what several ONTs share: the module of the port, its fibre, a splitter, a PBO; one entry each."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from diagnostics.thresholds import Thresholds
from diagnostics.trends.drifts import Drift, Drifts, began, drifts_of
from diagnostics.trends.fleet import Around, Numbers, OltDays, last_known
from diagnostics.trends.groups import Moved, members, moved, without
from diagnostics.trends.slopes import Floats, row_medians
from domain.identifiers import PonName
from domain.telemetry import unpack
from domain.trend import Trend, TrendCause, TrendFact, TrendKind
from domain.verdict import Scope


@dataclass(frozen=True, slots=True, eq=False)
class Common:
    """What was found common, and what is left of each ONT's own.

    Attributes:
        trends: The entries.
        down: Level that each ONT receives less its own median and all that is common.
        up: The same of the level that the OLT receives of it.
        down_shared: Rows from which something common was taken off, downstream.
        up_shared: The same, upstream.
    """

    trends: tuple[Trend, ...]
    down: Floats
    up: Floats
    down_shared: frozenset[int]
    up_shared: frozenset[int]


def kind_of(drift: Drift) -> TrendKind:
    """A step where a step explains it best, else a drift."""
    return TrendKind.STEP if drift.is_step else TrendKind.DRIFT


def fact(code: str, drift: Drift) -> TrendFact:
    """How a series moved, in dB turned so that a fall is positive where the code says so."""
    if drift.is_step:
        return TrendFact(f"{code}_step", {"change": round(abs(drift.step), 2)})
    numbers = {"slope": round(abs(drift.slope), 3), "change": round(abs(drift.total), 2), "days": float(drift.days)}
    return TrendFact(code, numbers)


def common(days: OltDays, around: Around, t: Thresholds) -> Common:
    """What the ONTs of one OLT share, the port first, then its splitters, then its PBOs."""
    down, up = (rows - row_medians(rows)[:, None] for rows in (days.rx, days.olt_rx))
    ports = drifts_of(days.port_tx, days.first, t)
    found: list[Trend] = []
    shared: tuple[set[int], set[int]] = (set(), set())
    by_pon = days.keys >> 12
    places = np.unique(by_pon, return_inverse=True)[1].astype(np.int64)
    for scope, groups, least in (
        (Scope.PON, places, t.feeder_min_onts),
        (Scope.SPLITTER, _several_pbos(around), t.feeder_min_onts),
        (Scope.PBO, around.pbo, t.pbo_min_onts),
    ):
        falls, rises = (moved(rows, groups, least, days.first, t) for rows in (down, up))
        work = _Level(days, around, t, scope, ports)
        found += work.entries(falls, rises)
        if scope is Scope.PON:
            found += work.silent_ports(falls, down)
            taken = np.zeros(len(days.keys), dtype=bool)
            taken[[int(row) for move in falls.values() for row in move.rows]] = True
            sent = np.where(taken[:, None], 0.0, _apart(days.port_tx)[days.port_of])
            down, up = down - sent, up - _apart(days.ont_tx)  # below the port, losses are compared and not levels
        down, up = without(down, falls), without(up, rises)
        for told, moves in zip(shared, (falls, rises), strict=True):
            told.update(int(row) for move in moves.values() for row in move.rows)
    return Common(tuple(found), down, up, frozenset(shared[0]), frozenset(shared[1]))


def _apart(sent: Floats) -> Floats:
    """What is sent less what is usual; 0 where it was not read."""
    return np.nan_to_num(sent - row_medians(sent)[:, None])


def _several_pbos(around: Around) -> Numbers:
    """The splitter of each ONT; -1 where it has the ONTs of one PBO only: that one is then the better word."""
    groups = around.splitter.copy()
    for number in range(len(around.splitters)):
        rows = groups == number
        if np.unique(around.pbo[rows]).size < 2:
            groups[rows] = -1
    return groups


@dataclass(frozen=True, slots=True, eq=False)
class _Level:
    """The entries of one level of the tree."""

    days: OltDays
    around: Around
    t: Thresholds
    scope: Scope
    ports: Drifts

    def entries(self, falls: dict[int, Moved], rises: dict[int, Moved]) -> Iterator[Trend]:
        for number in sorted({*falls, *rises}):
            yield self._entry(falls.get(number), rises.get(number))

    def _entry(self, falls: Moved | None, rises: Moved | None) -> Trend:
        move = falls or rises
        assert move is not None  # noqa: S101 - one of them is given
        cause, doubt, facts = self._cause(falls, rises, move)
        head, left = move.drift, self._days_left(falls, rises)
        ceiling = self.t.ceilings["loss_step" if head.is_step else "line_drift"]
        first = unpack(int(self.days.keys[move.rows[0]]))
        return Trend(
            olt=self.days.olt,
            scope=self.scope,
            pon=first.pon_name,
            ont=None,
            place=self._place(move),
            onts=len(move.rows),
            kind=kind_of(head),
            cause=cause,
            since=began(-move.series, head.turned, self.days.first, self.t.trend_noise_db),
            slope_db_day=None if head.is_step else -head.slope,
            change_db=-head.change,
            days_left=left,
            confidence=round(ceiling * doubt, 2),
            facts=facts,
        )

    def _place(self, move: Moved) -> str | None:
        if self.scope is Scope.PBO:
            return self.around.pbos[move.number]
        return self.around.splitters[move.number] if self.scope is Scope.SPLITTER else None

    def _cause(
        self, falls: Moved | None, rises: Moved | None, move: Moved
    ) -> tuple[TrendCause, float, tuple[TrendFact, ...]]:
        """The cause, the doubt that is left of it (a factor), and the facts."""
        facts = [fact("group_rx_falls", falls.drift)] if falls else []
        facts += [fact("group_olt_rx_falls", rises.drift)] if rises else []
        if self.scope is not Scope.PON:
            facts.append(TrendFact("rest_still"))
            cause = TrendCause.PBO if self.scope is Scope.PBO else TrendCause.SPLITTER
            return cause, 1.0 if falls and rises else self.t.doubt_minor, tuple(facts)
        cause, doubt, more = self._of_port(falls, rises, move)
        return cause, doubt, (*facts, *more)

    def _of_port(
        self, falls: Moved | None, rises: Moved | None, move: Moved
    ) -> tuple[TrendCause, float, list[TrendFact]]:
        """What the whole port shares: what it sends explains a fall downstream; alone upstream, it is what it hears."""
        t, row = self.t, int(self.days.port_of[move.rows[0]])
        read = bool((~np.isnan(self.days.port_tx[row])).any())
        sends_less = bool(self.ports.falls(t)[row])
        heard = bool((~np.isnan(self.days.olt_rx[move.rows])).any())
        if falls is None:
            return TrendCause.OLT_RECEIVER, t.doubt_two_hypotheses, [TrendFact("down_still")]
        if sends_less:
            told = [fact("port_sends_less", self.ports.one(row)), *self._current(row)]
            return TrendCause.OLT_SFP, 1.0, told
        if rises is not None:
            return TrendCause.FEEDER, 1.0 if read else t.doubt_missing, [TrendFact("port_sends")] if read else []
        if heard:  # a fibre loses both ways: one way only is what the port sends, whatever it says of it
            return TrendCause.OLT_SFP, t.doubt_two_hypotheses, [TrendFact("up_still"), *self._current(row)]
        return TrendCause.FEEDER, t.doubt_two_hypotheses * t.doubt_missing, [TrendFact("up_unread")]

    def _current(self, row: int) -> list[TrendFact]:
        known = self.days.port_bias[row][~np.isnan(self.days.port_bias[row])]
        if known.size < 2 or not known[0] > 0 or known[-1] / known[0] < self.t.trend_bias_ratio:
            return []
        return [TrendFact("port_current_rises", {"ratio": round(float(known[-1] / known[0]), 2)})]

    def _days_left(self, falls: Moved | None, rises: Moved | None) -> float | None:
        """Days until the first of the members leaves its class; 0 where one has left it."""
        found = []
        for move, rows, which in ((falls, self.days.rx, "ont_rx_dbm"), (rises, self.days.olt_rx, "olt_rx_dbm")):
            if move is None:
                continue
            margins = (last_known(rows) - self.around.lowest(which))[move.rows]
            known = margins[~np.isnan(margins)]
            if known.size and (left := days_until(float(known.min()), move.drift)) is not None:
                found.append(left)
        return min(found, default=None)

    def silent_ports(self, falls: dict[int, Moved], down: Floats) -> Iterator[Trend]:
        """Ports that send less though too few ONTs are there to show it."""
        told = {int(self.days.port_of[move.rows[0]]) for move in falls.values()}
        counted = {int(self.days.port_of[rows[0]]) for _, rows in
                   members(self.days.port_of, down, self.t.feeder_min_onts)}  # fmt: skip
        least = self.around.lowest("olt_tx_dbm")
        for row in np.flatnonzero(self.ports.falls(self.t)):
            rows = np.flatnonzero(self.days.port_of == row)
            if int(row) in told or not rows.size:
                continue
            drift = self.ports.one(int(row))
            sent = last_known(self.days.port_tx[row][None, :])[0]
            doubt = self.t.doubt_contradiction if int(row) in counted else self.t.doubt_missing
            contrary = (TrendFact("onts_receive_as_ever"),) if int(row) in counted else ()
            yield Trend(
                olt=self.days.olt,
                scope=Scope.PON,
                pon=_pon(int(self.days.ports[row])),
                ont=None,
                place=None,
                onts=int(rows.size),
                kind=kind_of(drift),
                cause=TrendCause.OLT_SFP,
                since=began(-self.days.port_tx[row], drift.turned, self.days.first, self.t.trend_noise_db),
                slope_db_day=None if drift.is_step else -drift.slope,
                change_db=-drift.change,
                days_left=days_until(float(sent - least[rows[0]]), drift),
                confidence=round(self.t.ceilings["transmitter_drift"] * doubt, 2),
                facts=(fact("port_sends_less", drift), *self._current(int(row)), *contrary),
            )


def days_until(margin_db: float, falling: Drift) -> float | None:
    """Days until a margin is used up by what falls; 0 where it is already, ``None`` where nothing tells."""
    if math.isnan(margin_db):
        return None
    if margin_db <= 0:
        return 0.0
    if falling.is_step or not falling.slope < 0:
        return None
    return margin_db / -falling.slope


def _pon(key: int) -> PonName:
    return unpack(key).pon_name
