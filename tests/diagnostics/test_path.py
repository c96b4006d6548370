"""The path as it is drawn: parts that add up to the expected loss, and an excess placed by what the neighbours lose."""

from __future__ import annotations

import re
from dataclasses import fields, replace

import pytest

from diagnostics.engine import diagnose
from diagnostics.pages import COMMON
from diagnostics.replay.difference import Part, compare
from diagnostics.replay.telling import Language, tell
from diagnostics.ruleset import build
from domain import codec
from domain.access import OpticalClass, OutsidePlant, TestName
from domain.metrics.olt import PON_TX_DBM
from domain.metrics.ont import OLT_RX_DBM, ONT_DISTANCE_M, ONT_RX_DBM, ONT_TX_DBM
from domain.metrics.platform import FLOWS
from domain.metrics.reference import REFERENCE_OLT_RX_DBM, REFERENCE_ONT_RX_DBM, REFERENCE_ONT_TX_DBM
from domain.optical_path import Basis, Direction, ExcessPlace, OpticalPath, PartKind
from domain.optical_path import Part as DrawnPart
from domain.snapshot import Neighbour, Snapshot
from domain.verdict import Diagnosis
from tests.diagnostics.build import rules, snapshot, without

T = rules().thresholds
WHOLE = OutsidePlant("PM-1", ("S-1", "S-1-3"), "PBO-A", 2200.0, 64, (8, 8), 1600.0, 420.0, 180.0)
NONE, DROP, PBO = ExcessPlace.NOWHERE, ExcessPlace.DROP, ExcessPlace.PBO
REFERENCE = {REFERENCE_ONT_RX_DBM: -19.36, REFERENCE_OLT_RX_DBM: -20.7}


def path(snap: Snapshot) -> OpticalPath:
    found = diagnose(snap, rules()).path
    assert found is not None
    return found


def lossy(rise: float, **near: float | None) -> Snapshot:
    """A line that loses ``rise`` dB more than its reference, with neighbours of its PBO, its splitter and its PON.

    ``near``: what those of each receive, less their references; a group that is not given has no neighbour.
    """
    snap = snapshot({ONT_RX_DBM: -19.36 - rise, OLT_RX_DBM: -20.7 - rise, **REFERENCE})
    first = snap.neighbours.onts[0]
    place = {"pbo": ("PBO-A", "S-1-3"), "splitter": ("PBO-B", "S-1-3"), "pon": ("PBO-C", "S-1-4")}
    onts: list[Neighbour] = []
    for name, delta in near.items():
        pbo, splitter = place[name]
        for _ in range(3):
            ont = replace(first.ont, ont=100 + len(onts))
            onts.append(replace(first, ont=ont, pbo=pbo, splitter=splitter, rx_delta_db=delta, olt_rx_delta_db=delta))
    return replace(snap, outside=WHOLE, neighbours=replace(snap.neighbours, onts=tuple(onts)))


def suspects(found: OpticalPath) -> list[PartKind]:
    return [part.kind for part in found.parts if part.suspect]


def test_the_parts_stand_in_order_and_add_up_to_the_expected_loss() -> None:
    found = path(replace(snapshot(), outside=WHOLE))
    assert [part.kind.value for part in found.parts] == [
        "olt_port", "feeder", "splitter", "branch", "splitter", "pbo", "drop", "pto", "ont",
    ]  # fmt: skip
    fibres = {PartKind.FEEDER, PartKind.BRANCH, PartKind.DROP}
    assert [part.length_m for part in found.parts if part.kind in fibres] == [1600.0, 420.0, 180.0]
    down = sum(part.expected_down_db or 0.0 for part in found.parts)
    up = sum(part.expected_up_db or 0.0 for part in found.parts)
    assert down == pytest.approx(0.25 * 2.2 + 2 * 10.3 + 1.5 + 0.6, abs=0.03)
    assert up - down == pytest.approx(0.1 * 2.2, abs=0.02)
    joints = T.path_joints.values()
    assert (sum(c for c, _ in joints), sum(s for _, s in joints)) == (T.connectors, T.splices)


def test_what_the_records_do_not_say_is_unknown_and_the_total_stays_known() -> None:
    found = path(replace(snapshot(), outside=OutsidePlant("PM-1", ("S-1", "S-1-3"), "PBO-A", 2200.0, 64)))
    assert [part.expected_down_db for part in found.parts if part.kind is PartKind.FEEDER] == [None]
    assert [(p.ratio, p.expected_down_db) for p in found.parts if p.kind is PartKind.SPLITTER] == [(None, None)] * 2
    assert found.down.expected_db == pytest.approx(22.75)
    one = path(replace(snapshot(), outside=OutsidePlant(splitters=("S",), splitter_ratio=64)))
    assert [(p.name, p.ratio) for p in one.parts if p.kind is PartKind.SPLITTER] == [("S", 64)]
    bare = path(replace(snapshot({ONT_DISTANCE_M: 4100.0}), outside=OutsidePlant()))
    assert (bare.length_m, bare.down.expected_db) == (4100.0, None)
    odd = path(replace(snapshot(), outside=replace(WHOLE, ratios=(3, 8))))
    assert next(p for p in odd.parts if p.kind is PartKind.SPLITTER).expected_down_db is None


def test_both_ways_are_told_with_their_margins_to_sensitivity_and_overload() -> None:
    found = path(snapshot())
    assert (found.down.sent_dbm, found.down.received_dbm) == (3.4, -19.36)
    assert (found.down.loss_db, found.down.margin_db, found.down.overload_margin_db) == (22.76, 7.64, 11.36)
    assert (found.up.loss_db, found.up.margin_db, found.up.overload_margin_db) == (22.98, 7.3, 12.7)
    assert found.class_loss_db == (13.0, 28.0)
    unsourced = path(replace(snapshot(), optical_class=OpticalClass.D))
    assert (unsourced.up.margin_db, unsourced.up.overload_margin_db) == (None, None)
    dark = path(without(snapshot(), ONT_RX_DBM))
    assert (dark.down.loss_db, dark.down.margin_db, dark.down.excess_db) == (None, None, None)


@pytest.mark.parametrize(
    ("rise", "where"), [(1.9, ExcessPlace.NOWHERE), (2.0, ExcessPlace.DROP), (2.1, ExcessPlace.DROP)]
)
def test_an_excess_counts_from_two_decibels_above_the_reference(rise: float, where: ExcessPlace) -> None:
    found = path(lossy(rise, pbo=0.0, pon=0.0))
    assert (found.where, found.basis) == (where, Basis.REFERENCE)
    assert found.down.excess_db == pytest.approx(rise)
    assert found.reference_source is not None


@pytest.mark.parametrize(
    ("near", "where", "kinds"),
    [
        ({"pbo": -3.0, "splitter": -3.0, "pon": -3.0}, ExcessPlace.FEEDER, [PartKind.FEEDER]),
        ({"pbo": -3.0, "splitter": -3.0, "pon": 0.0}, ExcessPlace.SPLITTER, [PartKind.SPLITTER]),
        ({"pbo": -3.0, "splitter": 0.0, "pon": 0.0}, ExcessPlace.PBO, [PartKind.BRANCH, PartKind.PBO]),
        ({"pbo": 0.0, "splitter": 0.0, "pon": 0.0}, ExcessPlace.DROP, [PartKind.DROP, PartKind.PTO]),
        ({"pon": 0.0}, ExcessPlace.BEHIND_SPLITTER, [PartKind.BRANCH, PartKind.PBO, PartKind.DROP, PartKind.PTO]),
        ({"pbo": None, "pon": None}, ExcessPlace.UNKNOWN, []),
        ({}, ExcessPlace.UNKNOWN, []),
    ],
)
def test_the_excess_is_placed_by_what_the_neighbours_lose(
    near: dict[str, float | None], where: ExcessPlace, kinds: list[PartKind]
) -> None:
    found = path(lossy(3.0, **near))
    assert (found.where, suspects(found)) == (where, kinds)


@pytest.mark.parametrize(
    ("delta", "where"), [(-1.4, ExcessPlace.DROP), (-1.5, ExcessPlace.PBO), (-1.6, ExcessPlace.PBO)]
)
def test_a_pbo_counts_as_moved_from_a_decibel_and_a_half(delta: float, where: ExcessPlace) -> None:
    assert path(lossy(3.0, pbo=delta, pon=0.0)).where is where


def test_of_two_splitters_the_last_one_is_suspect() -> None:
    found = path(lossy(3.0, pbo=-3.0, splitter=-3.0, pon=0.0))
    assert [part.name for part in found.parts if part.suspect] == ["S-1-3"]


@pytest.mark.parametrize(("excess", "where"), [(2.9, ExcessPlace.NOWHERE), (3.1, ExcessPlace.BEHIND_SPLITTER)])
def test_without_a_reference_it_counts_from_three_decibels_above_what_parts_should_lose(
    excess: float, where: ExcessPlace
) -> None:
    snap = lossy(0.0, pon=0.0)
    snap = without(snap, REFERENCE_ONT_RX_DBM, REFERENCE_OLT_RX_DBM, OLT_RX_DBM, ONT_TX_DBM)
    expected = path(snap).down.expected_db
    assert expected is not None
    level = {ONT_RX_DBM: 3.4 - expected - excess}
    found = path(replace(snap, readings=snap.readings.merged(snapshot(level).readings.__class__(
        {ONT_RX_DBM: snapshot(level).readings[ONT_RX_DBM]}))))  # fmt: skip
    assert (found.where, found.basis) == (where, Basis.EXPECTED)
    assert found.reference_at is None


def test_a_port_that_sends_too_little_is_the_port_and_not_the_line() -> None:
    assert path(snapshot({PON_TX_DBM: 0.9})).where is ExcessPlace.OLT_PORT
    one_way = lossy(3.0, pbo=-3.0, pon=-3.0)
    readings = one_way.readings.merged(snapshot({OLT_RX_DBM: -20.7, **REFERENCE}).readings)
    low = snapshot({ONT_RX_DBM: -22.36, OLT_RX_DBM: -20.7, **REFERENCE}).readings
    assert path(replace(one_way, readings=readings.merged(low))).where is ExcessPlace.OLT_PORT


def test_a_laser_that_weakens_is_the_ont() -> None:
    weak = snapshot({ONT_TX_DBM: 0.2, OLT_RX_DBM: -22.78, REFERENCE_ONT_TX_DBM: 2.28, **REFERENCE})
    found = path(weak)
    assert (found.where, suspects(found)) == (ExcessPlace.ONT, [PartKind.ONT])


def test_nothing_measured_is_said_so() -> None:
    dark = without(snapshot(), ONT_RX_DBM, OLT_RX_DBM, PON_TX_DBM, ONT_TX_DBM)
    assert path(dark).where is ExcessPlace.NOT_MEASURED


def test_a_test_of_the_box_draws_no_path() -> None:
    assert diagnose(replace(snapshot(), test=TestName.BOX), rules()).path is None
    assert diagnose(replace(snapshot(), place=None), rules()).path is None


def test_rules_from_before_the_drawing_give_the_same_bytes_as_then() -> None:
    texts = rules().texts
    older = re.sub(
        r"^(path_joints|trend_share|trend_noise_db|trend_bias_ratio) = .*\n", "", texts.toml, flags=re.MULTILINE
    )
    older = older.replace('version = "2.3.0"', 'version = "2.1.9"').replace('version = "2.2.0"', 'version = "2.1.8"')
    common = re.sub(r"^flows_unread = .*\n", "", texts.pages[COMMON], flags=re.MULTILINE)
    before = build(older, {**texts.pages, COMMON: common})
    assert FLOWS.label_fr not in {item.what for item in diagnose(without(snapshot(), FLOWS), before).not_measured}
    text = codec.dump(diagnose(snapshot(), before))
    assert '"path"' not in text
    assert codec.dump(codec.load(Diagnosis, text)) == text
    now = codec.dump(diagnose(snapshot(), rules()))
    assert codec.dump(codec.load(Diagnosis, now)) == now
    assert '"path":{' in now


@pytest.mark.parametrize("language", ["fr", "en"])
def test_two_paths_that_differ_are_told_apart_in_words(language: Language) -> None:
    before, after = (diagnose(lossy(3.0, pbo=delta, pon=0.0), rules()) for delta in (0.0, -3.0))
    found = [change for change in compare(codec.dump(before), after) if change.part is Part.PATH]
    assert {(change.of, change.field) for change in found} >= {("", "where"), ("7 drop", "suspect")}
    every = [replace(found[0], field=field.name) for field in (*fields(Direction), *fields(DrawnPart))]
    told = list(tell([one for one in every if one.field != "kind"], language))
    assert len(told) == len(every)  # a heading, and all but the kind


def test_a_verdict_that_gains_a_path_tells_it() -> None:
    drawn = diagnose(lossy(3.0, pbo=0.0), rules())
    found = compare(codec.dump(replace(drawn, path=None)), drawn)
    assert {change.part for change in found} == {Part.PATH}
    assert all(change.before is None for change in found)
