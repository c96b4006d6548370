"""Edges met exactly by what looks at many at once: the scan of an OLT, the incidents of a fleet, the path, ports."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import numpy as np

from diagnostics.incidents.fleet import DARK, GASP
from diagnostics.ruleset import Ruleset
from diagnostics.trends.access import Trends
from diagnostics.trends.closer import cycle
from diagnostics.trends.drifts import Drifts, drifts_of
from diagnostics.trends.fleet import days_of
from diagnostics.trends.scan import dipping
from domain.identifiers import OntName
from domain.incident import Ancestor
from domain.metrics import olt, ont
from domain.metrics import reference as ref
from domain.states import Oper
from domain.telemetry import pack
from tests.diagnostics.build import ALL_DARK, FELL, NOTHING, crowd, over, port
from tests.diagnostics.edges.making import Edge, Look, case, line, neighbours, risen, said
from tests.diagnostics.incident_kit import World
from tests.diagnostics.trend_kit import DAY, DAYS, FIRST, Olt

_ONT = OntName(1, 1, 5, 10, 1)


def scans() -> Iterator[Edge]:
    """All of them."""
    yield from _paths()
    yield from _incidents()
    yield from _moves()
    yield from _cycles()
    yield from _rows()
    yield Edge("together_s", _board, {5.0: "card", 5.5: "pon"})


def _paths() -> Iterator[Edge]:
    def where(ruleset: Ruleset, snap: object) -> object:
        path = said(ruleset, snap).path  # type: ignore[arg-type]  # a snapshot
        return None if path is None else path.where.value

    weak = lambda v: line({ref.REFERENCE_ONT_TX_DBM: 2.0, ont.ONT_TX_DBM: 2.0 - v, ont.OLT_RX_DBM: -21.0 - v})  # noqa: E731
    yield Edge("tx_fall_db", lambda r, v: where(r, weak(v)), {1.95: "nowhere", 2.0: "ont"})
    near = lambda v: risen(3.0, neighbours=crowd(*neighbours(4, rx_delta_db=-v)))  # noqa: E731
    yield Edge("shared_drift_db", lambda r, v: where(r, near(v)), {1.45: "drop", 1.5: "feeder"})
    port_ = lambda v: risen(3.0, v, neighbours=crowd(*neighbours(4, rx_delta_db=-3.0)))  # noqa: E731
    yield Edge("shared_drift_db", lambda r, v: where(r, port_(v)), {0.7: "olt_port", 0.75: "feeder"})


def _board(ruleset: Ruleset, late_s: float) -> object:
    """What a board that says nothing is thought of, whose other ports fell so long after the subject's."""
    ports = tuple(port(n, Oper.DOWN, FELL + timedelta(seconds=late_s)) for n in range(1, 9))
    snap = over("feeder_cut", {olt.CARD_OPER: NOTHING}, neighbours=replace(ALL_DARK, ports=ports))
    posterior = case(ruleset, snap).ancestry.posterior
    return max(posterior, key=posterior.__getitem__).value


def _incidents() -> Iterator[Edge]:
    def gasping(ruleset: Ruleset, number: int) -> object:
        world = World()
        world.hide(world.under(Ancestor.PON, 0))
        world.fall(world.under(Ancestor.PON, 0)[:number], state=GASP, spread_s=20)
        return len(world.look(ruleset.thresholds).open)

    yield Edge("area_min_gasps", gasping, {2: 0, 3: 1})
    for state in (DARK, GASP):
        repaired: Look = lambda r, back, state=state: _repaired(r, back, state)  # type: ignore[misc]  # mypy infers no lambda with a default  # noqa: E731
        yield Edge("correlation.close_share", repaired, {11: 1, 12: 0})


def _repaired(ruleset: Ruleset, back: int, state: int) -> object:
    """Incidents of a port of fifteen ONTs that fell, of which so many are back when it is first looked at."""
    world = World()
    rows = world.under(Ancestor.PON, 0)
    fallen = rows[::4][:15]
    world.hide(np.setdiff1d(rows, fallen))
    world.fall(fallen, ago_s=600, state=state, spread_s=20)
    apart = (1, 2, 3, 5, 6, 7, 9, 10, 11, 13, 14, 12)  # those that stay dark hang from as many splitters
    world.rise(fallen[list(apart[:back])])
    return len(world.look(ruleset.thresholds).open)


def _drifts(slope: float = 0.1, total: float = 9.0, days: int = 20, step: float | None = None) -> Drifts:
    one = lambda value: np.array([value])  # noqa: E731
    cut, stepped = (np.nan, False) if step is None else (3.0, True)
    return Drifts(
        FIRST, one(slope), one(total), one(days), one(np.nan if step is None else step), one(cut), one(stepped)
    )


def _moves() -> Iterator[Edge]:
    for number, name, seen in (
        ("drift_db_per_day", "slope", {-0.05: True, 0.05: True, 0.049: False}),
        ("drift_total_db", "total", {1.5: True, 1.49: False}),
        ("drift_min_days", "days", {14: True, 13: False}),
    ):
        look: Look = lambda r, v, name=name: bool(_drifts(**{name: v}).drifts(r.thresholds)[0])  # type: ignore[misc]  # mypy infers no lambda with a default  # noqa: E731
        yield Edge(number, look, seen)
    steps: Look = lambda r, v: bool(_drifts(step=v).steps(r.thresholds)[0])  # noqa: E731
    yield Edge("step_db", steps, {1.5: True, 1.49: False})

    def looked(ruleset: Ruleset, spread: float) -> object:
        rows = np.where(DAY < DAYS / 2, 0.0, spread)[None, :]
        return bool(~np.isnan(drifts_of(rows, FIRST, ruleset.thresholds).step[0]))

    yield Edge("step_db", looked, {0.7: False, 0.75: True})

    def bent(ruleset: Ruleset, step: float) -> object:
        fleet = Olt()
        fleet.rx[7] = np.where(DAY < DAYS / 2, -16.0, -16.0 - step)
        found = [one for one in fleet.trends(ruleset.thresholds) if one.ont is not None]
        return any(fact.code == "more_downstream" for one in found for fact in one.facts)

    yield Edge("bend_db", bent, {1.75: False, 2.0: True})


def _cycles() -> Iterator[Edge]:
    still = {"swing_down_db": 0.0, "swing_up_db": 0.0, "with_rain": 0.0, "with_heat": 0.0, "range_db": 0.0}

    def facts(**moves: float | str) -> Look:
        """What is told of a loss that moves so; one of the numbers is the value."""

        def look(ruleset: Ruleset, value: float) -> object:
            numbers: dict[str, Any] = {name: value if one == "v" else one for name, one in moves.items()}
            found = Trends(**{**still, **numbers})
            told = [fact.code for one in cycle("OLT", _ONT, found, ruleset.thresholds) for fact in one.facts]
            return "+".join(told)

        return look

    v: float = "v"  # type: ignore[assignment]  # stands for the value
    yield Edge(
        "cycle_db",
        facts(swing_down_db=v, swing_up_db=1.0),
        {0.95: "daily_swing", 1.5: "daily_swing+more_downstream_daily", 1.45: "daily_swing"},
    )
    yield Edge("cycle_db", facts(swing_down_db=v, swing_up_db=v), {0.95: "", 1.0: "daily_swing"})
    yield Edge("cycle_db", facts(with_rain=0.9, range_db=v), {0.95: "", 1.0: "moves_with_rain"})
    yield Edge("cycle_correlation", facts(with_rain=v, range_db=2.0), {0.45: "", 0.5: "moves_with_rain"})
    hot = facts(with_heat=v, swing_down_db=1.0, swing_up_db=1.0)
    yield Edge("cycle_correlation", hot, {0.45: "daily_swing", 0.5: "daily_swing+moves_with_heat"})


def _rows() -> Iterator[Edge]:
    def kept(ruleset: Ruleset, level: float) -> object:
        days = days_of(
            "OLT", FIRST, np.array([pack(_ONT)]), {ont.ONT_RX_DBM: np.full((1, DAYS), level)}, ruleset.thresholds
        )
        return not days.refused[0]

    yield Edge("rx_plausible_dbm[0]", kept, {-36.0: True, -36.1: False})
    yield Edge("rx_plausible_dbm[1]", kept, {0.0: True, 0.1: False})

    def unread(ruleset: Ruleset, days: int) -> object:
        fleet = Olt()
        fleet.rx[7, days:] = np.nan
        return len(fleet.scan(ruleset.thresholds).unknown)

    yield Edge("drift_min_days", unread, {13: 1, 14: 0})

    def dips(ruleset: Ruleset, depth: float) -> object:
        medians = np.full((1, DAYS), -19.0)
        return bool(dipping(medians, medians - depth, ruleset.thresholds)[0])

    yield Edge("cycle_db", dips, {0.45: False, 0.5: True})
