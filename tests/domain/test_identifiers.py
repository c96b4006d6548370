"""Identifiers: what the screens print is read, anything else is a clear error."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter

from domain.errors import InvalidValueError
from domain.identifiers import DiagnosisNumber, Firmware, Id1, Id2, MacAddress, OntName, PonName, SerialNumber

PARSERS = [Id1, Id2, OntName, PonName, SerialNumber, MacAddress, DiagnosisNumber]


def test_the_seed_s_identifiers_are_read_and_printed_unchanged() -> None:
    assert str(Id1.parse("F00000015")) == "F00000015"
    assert str(Id2.parse("VIA00000002136")) == "VIA00000002136"
    assert OntName.parse("ONT-1-1-5-10-19") == OntName(1, 1, 5, 10, 19)
    assert str(OntName(1, 1, 5, 10, 19).pon_name) == "PON-1-1-5-10"
    assert str(DiagnosisNumber.parse("190509-1029-2879560")) == "190509-1029-2879560"


@pytest.mark.parametrize(
    "text",
    ["", "f00000015", "F0000015", "F000000150", " F00000015", "F00000015\n", "F0000001٥", "ONT-1-1-5-10-19"],
)
def test_a_wrong_id1_is_a_clear_error(text: str) -> None:
    with pytest.raises(InvalidValueError) as raised:
        Id1.parse(text)
    assert raised.value.field == "id1"
    assert "F00000015" in raised.value.expected


@pytest.mark.parametrize(
    "text", ["ONT-1-1-5-10", "ONT-1-1-5-10-19-1", "ONT-1-1-05-10-19", "ont-1-1-5-10-19", "ONT-1-1--5-19"]
)
def test_a_wrong_ont_name_is_a_clear_error(text: str) -> None:
    with pytest.raises(InvalidValueError):
        OntName.parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "HWTC0172629D",
        "hwtc0172629d",
        "HWTC:0172629D",
        "485754430172629D",
        "48:57:54:43:01:72:62:9d",
        "48-57-54-43-01-72-62-9D",
    ],
)
def test_a_serial_number_is_the_same_in_any_notation(text: str) -> None:
    serial = SerialNumber.parse(text)
    assert str(serial) == "HWTC0172629D"
    assert serial.hex == "485754430172629D"
    assert serial.vendor_id == "HWTC"


@given(st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=4, max_size=4), st.binary(min_size=4, max_size=4))
def test_a_serial_number_survives_octets_text_and_hexadecimal(vendor: str, specific: bytes) -> None:
    serial = SerialNumber.from_octets(vendor.encode() + specific)
    assert SerialNumber.parse(serial.hex) == SerialNumber.parse(str(serial)) == serial
    assert SerialNumber.from_octets(serial.octets) == serial


@given(st.binary(max_size=12).filter(lambda octets: len(octets) != 8))
def test_octets_of_another_length_are_no_serial_number(octets: bytes) -> None:
    with pytest.raises(InvalidValueError):
        SerialNumber.from_octets(octets)


@pytest.mark.parametrize("text", ["D8D775557E90", "d8:d7:75:55:7e:90", "D8-D7-75-55-7E-90"])
def test_a_mac_address_is_shown_without_separators(text: str) -> None:
    assert str(MacAddress.parse(text)) == "D8D775557E90"


@pytest.mark.parametrize("text", ["D8D775557E9", "D8:D7-75:55:7E:90", "D8:D7:75:55:7E", "G8D775557E90"])
def test_a_wrong_mac_address_is_a_clear_error(text: str) -> None:
    with pytest.raises(InvalidValueError):
        MacAddress.parse(text)


def test_the_planned_firmware_of_the_seed_is_the_active_one_in_another_notation() -> None:
    planned = Firmware.parse("48:57:54:43:41:33:31:36:31:30:31:31:35:00")
    active = Firmware.parse("HWTCA31610115")
    assert planned.text == "HWTCA31610115"
    assert str(planned) == "48:57:54:43:41:33:31:36:31:30:31:31:35:00"
    assert str(active) == "HWTCA31610115"
    assert planned.same_version(active)


@pytest.mark.parametrize(
    "text",
    [
        "48-57-54-43-41-33-31-36-31-30-31-31-35-00",
        "48 57 54 43 41 33 31 36 31 30 31 31 35 00",
        "485754434133313631303131350000",
        "0X48575443413331363130313135",
    ],
)
def test_a_firmware_version_is_the_same_in_any_notation(text: str) -> None:
    assert Firmware.parse(text).same_version(Firmware.parse("HWTCA31610115"))


@pytest.mark.parametrize("text", ["202103040506", "10-20-30-40-50", "V300R015C00", "abcdef"])
def test_a_version_that_looks_like_octets_stays_a_text(text: str) -> None:
    assert Firmware.parse(text).text == text


@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=14), st.integers(0, 6))
def test_padding_case_and_notation_never_make_two_versions_of_one(version: str, padding: int) -> None:
    padded = Firmware(version.encode() + b"\x00" * padding)
    assert padded.same_version(Firmware(version.swapcase().encode()))
    assert padded.text == version


@given(st.binary(min_size=1, max_size=14))
def test_a_stored_firmware_reads_back_octet_for_octet(octets: bytes) -> None:
    adapter = TypeAdapter(Firmware)
    assert adapter.validate_json(adapter.dump_json(Firmware(octets))) == Firmware(octets)


@given(
    st.integers(0, 99999), st.integers(0, 99999), st.integers(0, 99999), st.integers(0, 99999), st.integers(0, 99999)
)
def test_an_ont_name_is_read_back_as_printed(rack: int, shelf: int, slot: int, pon: int, ont: int) -> None:
    name = OntName(rack, shelf, slot, pon, ont)
    assert OntName.parse(str(name)) == name
    assert PonName.parse(str(name.pon_name)) == name.pon_name


@given(st.text(max_size=40), st.sampled_from(PARSERS))
def test_any_text_is_either_an_identifier_that_reads_back_or_a_clear_error(text: str, kind: type[Id1]) -> None:
    try:
        value = kind.parse(text)
    except InvalidValueError as error:
        assert error.expected  # noqa: PT017 - either outcome is fine, nothing else is
        return
    assert kind.parse(str(value)) == value
