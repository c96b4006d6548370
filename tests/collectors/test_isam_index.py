from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.vendors.nokia_isam import index
from collectors.vendors.nokia_isam.index import Level
from domain.errors import InvalidValueError
from domain.identifiers import OntName, PonName

SLOTS, PONS, ONTS = st.integers(1, 16), st.integers(1, 32), st.integers(1, 128)
ONT_NAMES = st.builds(lambda s, p, o: OntName(1, 1, s, p, o), SLOTS, PONS, ONTS)
GOLDEN = OntName.parse("ONT-1-1-5-10-19")


def test_the_golden_ont_has_the_indexes_of_the_facts() -> None:
    assert index.ont_index(GOLDEN) == 231285760
    assert index.pon_index(GOLDEN.pon_name) == 229179392
    assert index.uni_index(GOLDEN, 1, 1) == 201925664
    assert index.board_index(5) == 4359


@given(ONT_NAMES)
def test_an_ont_survives_the_way_there_and_back(name: OntName) -> None:
    assert index.ont_name(index.ont_index(name)) == name


@given(SLOTS, PONS, st.sampled_from([0, index.XGS_LOW_BITS]))
def test_a_pon_port_survives_the_way_there_and_back_whatever_its_low_bits(slot: int, pon: int, low: int) -> None:
    name = PonName(1, 1, slot, pon)
    packed = index.pon_index(name, low)
    assert (index.pon_name(packed), index.low_bits(packed)) == (name, low)


@given(ONT_NAMES, st.integers(0, 15), st.integers(1, 32))
def test_a_user_port_survives_and_lies_within_its_ont_only(name: OntName, card: int, port: int) -> None:
    packed = index.uni_index(name, card, port)
    found = index.unpack(packed)
    assert (found.slot, found.pon, found.ont, found.card, found.port) == (name.slot, name.pon, name.ont, card, port)
    assert found.level == Level.UNI
    scope = index.unis(name)
    assert scope.first <= packed <= scope.last
    assert index.card_port(index.omci_port(card, port)) == (card, port)


@given(ONT_NAMES, ONT_NAMES)
def test_the_range_of_a_pon_holds_its_onts_and_no_others(one: OntName, other: OntName) -> None:
    scope = index.onts(one.pon_name)
    assert (scope.first <= index.ont_index(other) <= scope.last) is (one.pon_name == other.pon_name)


@given(st.integers(0, 0xFFFFFFFF))
def test_any_number_of_32_bits_unpacks_without_error(number: int) -> None:
    index.unpack(number)
    name = index.ont_name(number)
    assert name is None or name.slot > 16 or index.ont_index(name) == number


@pytest.mark.parametrize(
    "text", ["ONT-2-1-5-10-19", "ONT-1-2-5-10-19", "ONT-1-1-0-1-1", "ONT-1-1-5-33-1", "ONT-1-1-5-1-129"]
)
def test_a_name_that_an_isam_cannot_have_is_an_error(text: str) -> None:
    with pytest.raises(InvalidValueError):
        index.ont_index(OntName.parse(text))


def test_linear_slots_of_the_recording_give_the_line_boards() -> None:
    assert [index.board_slot(n) for n in (0, 2, 3, 9, 255)] == [None, 1, 2, 8, None]
    assert index.board_name(4353, None) == "nt-a"
    assert index.board_name(4359, 5) == "lt:1/1/5"
