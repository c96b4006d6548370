"""Recordings of real devices, served over UDP and read back."""

from __future__ import annotations

from pathlib import Path

import pytest

from simulators.__main__ import main
from simulators.snmp.replay import serve
from simulators.snmp.snmprec import BadLine, parse_recording
from tests.shared import shared_dir
from tests.simulators.snmp_client import Client, plain

RECORDINGS = [
    "huawei__smartax.snmprec",
    "nokia__nokia-isam.snmprec",
    "zte__zxa10_c320.snmprec",
    "zte__zxa10_c320v2.snmprec",
]


def recording(name: str) -> Path:
    path = shared_dir() / "recordings" / name
    if not path.is_file():
        pytest.skip(f"the recording {name} is not here")
    return path


@pytest.mark.parametrize("name", RECORDINGS)
async def test_every_row_of_a_recording_walks_back_in_order(name: str) -> None:
    path = recording(name)
    lines = [line.split("|", 2) for line in path.read_text(encoding="latin-1").splitlines()]
    wanted = sorted({tuple(int(arc) for arc in oid.split(".")) for oid, _, _ in lines})
    async with serve(path, "127.0.0.1", 0) as replay:
        with Client(replay.port) as client:
            rows = await client.walk("1", repetitions=60)
        assert replay.stats.malformed == 0
        assert all("earlier line" in bad.reason for bad in replay.recording.bad)
    assert [tuple(int(arc) for arc in oid.split(".")) for oid, _ in rows] == wanted


@pytest.mark.parametrize("name", RECORDINGS)
async def test_values_come_back_as_they_are_written(name: str) -> None:
    path = recording(name)
    wanted: dict[str, object] = {}
    for line in path.read_text(encoding="latin-1").splitlines():
        oid, tag, text = line.split("|", 2)
        if tag in ("2", "65", "66", "67", "70"):
            wanted.setdefault(oid, int(text))
        elif tag == "4x":
            wanted.setdefault(oid, bytes.fromhex(text))
        elif tag == "4":
            wanted.setdefault(oid, text.encode("latin-1"))
        elif tag == "6":
            wanted.setdefault(oid, text.removeprefix("."))
        elif tag == "64":
            wanted.setdefault(oid, bytes(int(part) for part in text.split(".")))
    async with serve(path, "127.0.0.1", 0) as replay:
        with Client(replay.port) as client:
            found = {oid: plain(value) for oid, value in await client.walk("1", repetitions=60)}
    assert {oid: found[oid] for oid in wanted} == wanted


async def test_the_recorded_isam_has_30_onts_of_which_20_are_up() -> None:
    async with serve(recording("nokia__nokia-isam.snmprec"), "127.0.0.1", 0) as replay:
        with Client(replay.port) as client:
            types = await client.walk("1.3.6.1.2.1.2.2.1.3")
            onts = [oid.rpartition(".")[2] for oid, value in types if int(value) == 270]
            states = await client.get(*(f"1.3.6.1.2.1.2.2.1.8.{index}" for index in onts))
    assert len(onts) == 30
    assert [int(value) for _, value in states.varbinds].count(1) == 20


def test_each_type_and_form_of_value_is_read() -> None:
    text = rb"""1.3.6.1.1|2|-9680
1.3.6.1.2|4|caf\e9
1.3.6.1.3|4x|00ff10
1.3.6.1.4|4e|a\x00\\b\"c\n\101
1.3.6.1.5|5|
1.3.6.1.6|6|1.3.6.1.4.1.637.61.1
1.3.6.1.7|64|10.0.0.255
1.3.6.1.8|65|4294967295
1.3.6.1.9|66|128
1.3.6.1.10|67|2228856158
1.3.6.1.11|70|18446744073709551615
1.3.6.1.12|2x|da30
1.3.6.1.13|64x|0a0000ff
1.3.6.1.14|4|a|b
"""
    found = {oid[-1]: value for oid, value in parse_recording(text).rows}
    assert found == {
        1: b"\x02\x02\xda\x30",
        2: b"\x04\x06caf\\e9",
        3: b"\x04\x03\x00\xff\x10",
        4: b'\x04\x08a\x00\\b"c\nA',
        5: b"\x05\x00",
        6: b"\x06\x09\x2b\x06\x01\x04\x01\x84\x7d\x3d\x01",
        7: b"\x40\x04\x0a\x00\x00\xff",
        8: b"\x41\x05\x00\xff\xff\xff\xff",
        9: b"\x42\x02\x00\x80",
        10: b"\x43\x05\x00\x84\xd9\xa5\x5e",
        11: b"\x46\x09\x00\xff\xff\xff\xff\xff\xff\xff\xff",
        12: b"\x02\x02\xda\x30",
        13: b"\x40\x04\x0a\x00\x00\xff",
        14: b"\x04\x03a|b",
    }


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"1.3.6.1",
        b"1.3.6.1|2",
        b"1.3.x.1|2|1",
        b"1.99.1|2|1",
        b"1.3.6.4294967296|2|1",
        b"1.3.6.1|3|1",
        b"1.3.6.1|2y|1",
        b"1.3.6.1|2|one",
        b"1.3.6.1|2|2147483648",
        b"1.3.6.1|65|-1",
        b"1.3.6.1|65|4294967296",
        b"1.3.6.1|4x|abc",
        b"1.3.6.1|5|x",
        b"1.3.6.1|6|x",
        b"1.3.6.1|6x|80",
        b"1.3.6.1|64|1.2.3",
        b"1.3.6.1|64|1.2.3.256",
        b"1.3.6.1|64x|0a",
        b"\xff\xfe|2|1",
    ],
)
def test_a_malformed_line_is_reported_and_the_others_are_served(line: bytes) -> None:
    found = parse_recording(b"1.3.6.1.1.0|2|1\n" + line + b"\n1.3.6.1.2.0|2|2\r\n")
    assert [oid for oid, _ in found.rows] == [(1, 3, 6, 1, 1, 0), (1, 3, 6, 1, 2, 0)]
    assert [bad.number for bad in found.bad] == ([2] if line else [])


def test_of_two_lines_with_one_oid_the_first_counts() -> None:
    found = parse_recording(b"1.3.6.1|2|1\n1.3.6.1|2|2\n")
    assert found.rows == (((1, 3, 6, 1), b"\x02\x01\x01"),)
    assert found.bad == (BadLine(2, "an OID that an earlier line has"),)


async def test_a_recording_that_is_all_garbage_still_serves(tmp_path: Path) -> None:
    path = tmp_path / "garbage.snmprec"
    path.write_bytes(bytes(range(256)) * 20)
    async with serve(path, "127.0.0.1", 0) as replay:
        assert replay.recording.bad
        with Client(replay.port) as client:
            answer = await client.get("1.3.6.1.2.1.1.1.0")
    assert type(answer.varbinds[0][1]).__name__ == "NoSuchObject"


async def test_a_missing_file_is_an_error_at_once(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        async with serve(tmp_path / "absent.snmprec", "127.0.0.1", 0):
            pass


def test_the_command_refuses_a_file_without_a_single_row(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "not-a-recording.txt"
    file.write_text("root:x:0:0::/:/bin/sh\n", "utf-8")
    assert main(["replay", str(file), "--port", "0"]) == 1
    assert "no row of a recording" in capsys.readouterr().err
