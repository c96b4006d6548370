"""An OLT's latest state in columns: what telemetry, the records, the last walk and the traps make of it together."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from api.services.fleet import METRICS, Block, block_of, fleet_of, micros, records_of, with_alarms, with_events
from diagnostics.incidents.fleet import DARK, GASP, NOWHERE, UNKNOWN, UP
from diagnostics.incidents.follow import advance
from domain.events import EventKind, EventObservation, EventScope
from domain.identifiers import OntName
from domain.incident import Ancestor
from domain.metric import Metric, Readings
from domain.metrics import olt as olt_metrics
from domain.metrics import ont
from domain.olt import OltWalk, OntRow
from domain.reading import Reason, Source, Via, known
from domain.states import Admin, DownCause, OntAlarm, Oper
from domain.telemetry import REASON_CODES, Latest, encode, pack, pack_pon
from tests.diagnostics.build import rules

NOW = datetime(2019, 5, 9, 8, 29, tzinfo=UTC)
ONTS = [OntName(1, 1, 5, pon, number) for pon in (9, 10) for number in range(1, 5)]
SNMP = Source(Via.SNMP, "trap")
MAX_AGE_S = 600.0


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def latest(
    states: dict[OntName, dict[Metric[Any], Any]], *, age_s: float = 30.0, lasers: dict[OntName, float] | None = None
) -> Latest:
    """Telemetry of these ONTs, read so long ago; what is not given has no value."""
    rows: dict[int, dict[Metric[Any], Any]] = {pack(name): values for name, values in states.items()}
    for name, level in (lasers or {}).items():
        rows[pack_pon(name.pon_name)] = {olt_metrics.PON_TX_DBM: level}
    keys = sorted(rows)
    values = {m: np.array([encode(m, rows[k][m]) if m in rows[k] else np.nan for k in keys]) for m in METRICS}
    lacking = REASON_CODES[Reason.NO_READING]
    reasons = {m: np.where(np.isnan(column), lacking, 0).astype(np.uint8) for m, column in values.items()}
    at = {m: np.full(len(keys), micros(ago(age_s))) for m in METRICS}
    return Latest("OLT-1", np.array(keys, dtype=np.int64), values, reasons, at)


def up() -> dict[Metric[Any], Any]:
    return {ont.ONT_OPER: Oper.UP, ont.ONT_LAST_CHANGE: ago(86_400)}


def down(fell_s: float = 300.0, **values: Any) -> dict[Metric[Any], Any]:
    return {
        ont.ONT_OPER: Oper.DOWN,
        ont.ONT_LAST_CHANGE: ago(fell_s),
        **{getattr(ont, k): v for k, v in values.items()},
    }


RECORDS = records_of((name, f"PBO-{name.pon}", "S-1", None, "POSTE-1" if name.ont < 3 else None) for name in ONTS)


def block(states: dict[OntName, dict[Metric[Any], Any]], before: Block | None = None, **how: Any) -> Block:
    return block_of(latest(states, **how), RECORDS, micros(NOW), MAX_AGE_S, before)


def test_states_are_told_apart() -> None:
    found = block(
        {
            ONTS[0]: up(),
            ONTS[1]: down(),
            ONTS[2]: down(ONT_DOWN_CAUSE=DownCause.DYING_GASP),
            ONTS[3]: {},
            ONTS[4]: {**down(), ont.ONT_ADMIN: Admin.LOCKED},
            ONTS[5]: down(ONT_LAST_DYING_GASP=ago(310)),
            ONTS[6]: down(ONT_LAST_DYING_GASP=ago(3_000)),
        }
    )
    assert found.state.tolist() == [UP, DARK, GASP, UNKNOWN, UNKNOWN, GASP, DARK]
    assert found.changed[1] == micros(ago(300))


def test_a_cause_of_an_earlier_fall_is_not_of_this_one() -> None:
    stale = down(ONT_DOWN_CAUSE=DownCause.DYING_GASP, ONT_LAST_DOWN=ago(9_000), ONT_LAST_UP=ago(8_000))
    assert block({ONTS[0]: stale}).state.tolist() == [DARK]


@pytest.mark.parametrize(("age_s", "state"), [(600, DARK), (601, UNKNOWN)])
def test_what_is_older_than_two_periods_says_nothing(age_s: float, state: int) -> None:
    assert block({ONTS[0]: down()}, age_s=age_s).state.tolist() == [state]


def test_an_olt_that_does_not_date_is_dated_by_what_was_first_seen() -> None:
    undated = {ont.ONT_OPER: Oper.DOWN}
    before = block({ONTS[0]: {ont.ONT_OPER: Oper.UP}, ONTS[1]: undated})
    first = block({ONTS[0]: undated, ONTS[1]: undated}, before)
    assert first.changed.tolist() == [micros(ago(30)), 0]
    again = block({ONTS[0]: undated, ONTS[1]: undated}, first)
    assert again.changed.tolist() == first.changed.tolist()


def event(kind: EventKind, name: OntName, seconds: float) -> EventObservation:
    return EventObservation("OLT-1", kind, EventScope.ONT, ago(seconds), SNMP, name, name.pon_name)


def test_traps_bring_the_state_up_to_date_and_never_back() -> None:
    found = with_events(
        block({ONTS[0]: up(), ONTS[1]: up(), ONTS[2]: down(), ONTS[3]: up()}),
        [
            event(EventKind.LOS, ONTS[0], 10),
            event(EventKind.DYING_GASP, ONTS[1], 9),
            event(EventKind.LOS, ONTS[1], 8),
            event(EventKind.ONT_UP, ONTS[2], 5),
            event(EventKind.LOS, ONTS[3], 400),  # read up since
            event(EventKind.OTHER, ONTS[3], 5),
            event(EventKind.LOS, OntName(1, 1, 7, 1, 1), 5),
        ],
    )
    assert found.state.tolist() == [DARK, GASP, UP, UP]
    assert found.changed[:3].tolist() == [micros(ago(10)), micros(ago(9)), micros(ago(5))]


def test_a_gasp_that_was_announced_names_a_fall_that_was_read_since() -> None:
    found = with_events(block({ONTS[0]: down(300)}), [event(EventKind.DYING_GASP, ONTS[0], 301)])
    assert found.state.tolist() == [GASP]
    assert found.changed.tolist() == [micros(ago(300))]


def test_alarms_of_a_walk_tell_the_gasps_of_falls_before_it() -> None:
    gasp = known((OntAlarm.DG, OntAlarm.LOS), ago(60), Source(Via.SNMP))
    rows = tuple(OntRow(name, Readings({ont.ONT_ALARMS: gasp})) for name in ONTS[:2])
    walk = OltWalk("OLT-1", ago(60), Readings({}), onts=rows)
    found = with_alarms(block({ONTS[0]: down(300), ONTS[1]: down(20), ONTS[2]: down(300)}), walk)
    assert found.state.tolist() == [GASP, DARK, DARK]
    assert with_alarms(found, None) is found


def test_olts_are_joined_with_their_own_records_and_areas_reach_over_them() -> None:
    first = block({name: up() for name in ONTS}, lasers={ONTS[0]: 3.2})
    other = Block("OLT-2", first.keys, first.state, first.changed, first.read, first.records)
    fleet = fleet_of([first, other], micros(NOW), ["OLT-2", "OLT-3"])
    assert fleet.silent == {1}
    assert fleet.known_state().tolist() == [UP] * 8 + [UNKNOWN] * 8
    assert len(set(fleet.nodes[Ancestor.PBO].tolist())) == 4
    assert len(set(fleet.nodes[Ancestor.PON].tolist())) == 4
    assert set(fleet.nodes[Ancestor.AREA].tolist()) == {NOWHERE, 0}  # one name, one area
    assert set(fleet.nodes[Ancestor.STREET].tolist()) == {NOWHERE}
    assert next(iter(fleet.names[Ancestor.PON])) == "PON-1-1-5-9"
    assert next(iter(fleet.names[Ancestor.CARD])) == "1-1-5"
    assert fleet.lasers == {0: True}


def test_a_cut_pbo_of_the_records_is_an_incident_of_that_name() -> None:
    states = {name: down() if name.pon == 10 else up() for name in ONTS}
    run = advance((), fleet_of([block(states)], micros(NOW), []), rules().thresholds)
    assert [(one.place, one.accesses) for one in run.open] == [("PBO-10", 4)]


def test_onts_that_the_records_do_not_have_hang_from_their_port_alone() -> None:
    bare = block_of(latest({name: down() for name in ONTS[:4]}), records_of(()), micros(NOW), MAX_AGE_S)
    run = advance((), fleet_of([bare], micros(NOW), []), rules().thresholds)
    assert [(one.ancestor, one.place) for one in run.open] == [(Ancestor.PON, "PON-1-1-5-9")]


def test_nothing_at_all_is_an_empty_fleet() -> None:
    assert advance((), fleet_of([], micros(NOW), []), rules().thresholds).open == ()
