from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from domain.identifiers import Id1, OntName
from simulators.inventory import inventory
from simulators.plant.description import load, parse
from simulators.plant.errors import DescriptionError
from simulators.plant.layout import build
from simulators.run import DEMO_PLANT
from tests.simulators.plant_kit import GOLDEN, demo_description

TEXT = DEMO_PLANT.read_text()


def problems(old: str, new: str) -> str:
    assert old in TEXT
    with pytest.raises(DescriptionError) as caught:
        build(parse(TEXT.replace(old, new, 1), "demo.yaml"))
    return str(caught.value)


def test_the_demo_plant_has_16_pon_ports_on_two_boards_and_about_600_onts_with_gaps_in_their_numbers() -> None:
    layout = build(demo_description())
    assert [name.slot for name in layout.pons] == [5] * 12 + [6] * 4
    assert 580 <= len(layout.onts) <= 640
    for pon in layout.pons.values():
        numbers = {ont.name.ont for ont in pon.onts}
        assert max(numbers) > len(numbers)
    assert list(layout.onts) == sorted(layout.onts)


def test_about_one_box_in_ten_speaks_tr_181() -> None:
    boxes = [ont.box.model.data_model for ont in build(demo_description()).onts.values()]
    assert 0.08 < boxes.count("tr181") / len(boxes) < 0.12


def test_the_three_accesses_hang_from_three_ports_of_two_boards_and_one_has_a_tr_181_box() -> None:
    layout = build(demo_description())
    onts = [layout.onts[layout.accesses[Id1(f"F0000001{digit}")]] for digit in "567"]
    assert len({ont.name.pon_name for ont in onts}) == 3
    assert {ont.name.slot for ont in onts} == {5, 6}
    assert [ont.box.model.data_model for ont in onts].count("tr181") == 1
    assert all(len(layout.pbos[ont.pbo]) >= 4 for ont in onts)


def test_the_same_description_always_gives_the_same_plant() -> None:
    assert build(demo_description()) == build(demo_description())


def test_a_plant_moved_to_another_day_keeps_its_ages() -> None:
    description = demo_description()
    origin = datetime(2026, 3, 1, 12, tzinfo=UTC)
    old, new = build(description), build(description.moved_to(origin))
    for name in old.onts:
        assert origin - new.onts[name].last_change == description.clock.origin - old.onts[name].last_change
    assert new.description.olt.booted_at == origin - (description.clock.origin - description.olt.booted_at)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("feeder_m: 1250", "feeder_m: -1", "pons[0].feeder_m: Input should be greater than or equal to 0"),
        ("feeder_m: 1250", "feeder_m: .nan", "pons[0].feeder_m: Input should be a finite number"),
        ("feeder_m: 1250", "feeder_km: 1.25", "pons[0].feeder_km: Extra inputs are not permitted"),
        ("PON-1-1-5-1,", "PON-1-1-5,", "pons[0].pon: pon: 'PON-1-1-5' is not a PON port"),
        ("PON-1-1-5-1,", "PON-1-1-4-1,", "pons[0].pon: no card is in slot 4"),
        ("PON-1-1-5-2,", "PON-1-1-5-1,", "pons[1].pon: PON-1-1-5-1 twice"),
        ('"0848525835"', "0712345670", "pons[9].onts[0].password: Input should be a valid string"),
        ("F00000016\n", "F0000016\n", "pons[2].onts[0].access.id1: id1: 'F0000016' is not an ID1"),
        ("F00000016\n", "F00000015\n", "ID1 F00000015 twice"),
        ("HWTC1A40B83E", "HWTC0172629D", "ONT serial HWTC0172629D twice"),
        ("ONT-1-1-5-3-26", "ONT-1-1-5-4-26", "pons[2].onts[0].ont: ONT-1-1-5-4-26 does not hang from PON-1-1-5-3"),
        ("ONT-1-1-5-3-26", "ONT-1-1-5-3-129", "ONT-1-1-5-3-129 has a number beyond 128"),
        ("model: alcl", "model: alcatel", "pons[13].onts[0].model: 'alcatel' is not declared (declared: hwtc, alcl)"),
        ("branch: 5", "branch: 9", "pons[2].branches: branch 9 does not exist on a 1:8"),
        ("drops: [[5], ", "drops: [[9], ", "pons[0].branches.1: 9 drops on a 1:8"),
        ("last_change: 2019-03-18", "last_change: 2019-06-18", "last_change of ONT-1-1-5-3-26"),
        ("last_change: 2019-03-18T09:41:22Z", "last_change: 2019-03-18", "pons[2].onts[0].last_change"),
        ("198.18.0.0/16", "198.18.0.0/24", "pattern.wan_network: too small for"),
        ("198.18.0.0/16", "nowhere", "pattern.wan_network: "),
        ('"09{n:08d}"', '"0900000001"', "pattern.ont_password: '0900000001' must hold {n}"),
        ("LK18{n:05d}DP535", "LK18{m}", "box_models.f5350.serial: 'LK18{m}' must hold {n}"),
        ("  rate: 1\n", "  rate: 1\n  rate: 2\n", "key 'rate' twice"),
        ("olt:\n", "olt: [\n", "demo.yaml"),
    ],
)
def test_a_mistake_in_the_description_is_named_with_its_place(old: str, new: str, said: str) -> None:
    assert said in problems(old, new)


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(DescriptionError) as caught:
        parse(TEXT.replace("feeder_m: 1250", "feeder_m: far").replace("slot: 5,", "slot: five,"))
    assert len(caught.value.problems) == 3


@pytest.mark.parametrize("text", ["", "[]", "nothing", "\0", "a: &a [*a]"])
def test_a_text_that_is_no_description_is_a_clear_error(text: str) -> None:
    with pytest.raises(DescriptionError):
        parse(text)


def test_a_missing_file_is_a_clear_error() -> None:
    with pytest.raises(DescriptionError, match=r"absent\.yaml"):
        load(DEMO_PLANT.with_name("absent.yaml"))


def test_the_inventory_gives_what_an_operator_would_provision_and_no_state() -> None:
    told = inventory(demo_description())
    layout = build(demo_description())
    assert set(told) == {"olt", "radius_secret", "outside_plant", "accesses"}
    assert told["olt"]["vendor"] == "nokia_isam"
    assert set(told["olt"]) == {"name", "vendor", "snmp", "cli"}
    assert [row["ont"] for row in told["outside_plant"]] == [str(name) for name in layout.onts]
    golden = next(access for access in told["accesses"] if access["id1"] == "F00000015")
    assert golden == {
        "id1": "F00000015",
        "id2": "VIA00000002136",
        "offer_label": "MB FTTH Internet profil 07",
        "service_type": "FTTHMB1P",
        "ont": "ONT-1-1-5-10-19",
        "box": {"oui": "D8D775", "serial": "LK1809417DP535"},
        "ppp_username": "jf-f00000015@mb-ftth.example",
        "optical_class": "B+",
    }
    row = next(row for row in told["outside_plant"] if row["ont"] == str(GOLDEN))
    assert row == {
        "ont": "ONT-1-1-5-10-19",
        "pm": "PM-69003-06",
        "splitters": ["CPL-5-10", "CPL-5-10-3"],
        "pbo": "PBO-5-10-3-1",
        "length_m": 2200.0,
        "splitter_ratio": 64,
        "ratios": [8, 8],
        "feeder_m": 1600.0,
        "branch_m": 420.0,
        "drop_m": 180.0,
        "serial": "HWTC0172629D",
    }


def test_history_is_older_than_the_origin_and_younger_than_the_olt() -> None:
    description = demo_description()
    for ont in build(description).onts.values():
        assert description.olt.booted_at < ont.last_change < ont.box.booted_at
        assert ont.box.booted_at < description.clock.origin - timedelta(minutes=1)
    assert build(description).onts[OntName.parse("ONT-1-1-5-10-19")].last_change == datetime(
        2019, 4, 29, 14, 34, 56, tzinfo=UTC
    )
