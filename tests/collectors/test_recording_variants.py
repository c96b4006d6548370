"""Recordings as other OLTs would give them: rows in any order, columns that the firmware has not, other slots."""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from collectors import register
from collectors.columns import ColumnTable
from collectors.snmp.values import Oid, dotted
from domain.identifiers import OntName, PonName
from domain.metric import Readings
from domain.metrics import olt, ont
from domain.olt import CardRow, OltWalk, OntRow, PonRow
from domain.reading import Quality, Reason
from simulators.snmp.replay import serve
from tests.collectors.conformance.suite import open_driver, target_of
from tests.shared import shared_dir

RECORDINGS = {
    "nokia__nokia-isam": "nokia_isam",
    "huawei__smartax": "huawei_smartax",
    "zte__zxa10_c320": "zte_zxan",
    "zte__zxa10_c320v2": "zte_zxan",
}
DEDUCED = frozenset({olt.CARD_KIND.key, olt.PON_LASER_ON.key, ont.ONT_PROVISIONED.key})
IF_NAME = "1.3.6.1.2.1.31.1.1.1.1."


def lines_of(name: str) -> list[str]:
    path: Path = shared_dir() / "recordings" / f"{name}.snmprec"
    return [line for line in path.read_text("utf-8").splitlines() if line.strip()]


async def walked(vendor: str, lines: list[str], folder: Path) -> OltWalk:
    path = folder / f"{abs(hash(tuple(lines)))}.snmprec"
    path.write_text("\n".join(lines) + "\n", "utf-8")
    async with serve(path, "127.0.0.1", 0) as replay, open_driver(vendor) as driver:
        return await driver.walk(target_of(vendor, replay.port), 30)


def seen(walk: OltWalk) -> dict[tuple[str, str], object]:
    """Every value read, by what it is of; not instants, which follow from the clock of the test."""
    bags: list[tuple[str, Readings]] = [("olt", walk.readings)]
    rows: list[CardRow | PonRow | OntRow] = [*walk.cards, *walk.pon_ports, *walk.onts]
    bags += [(str(row.name), row.readings) for row in rows]
    return {
        (name, metric.key): bag[metric].value if bag[metric].known else bag[metric].reason
        for name, bag in bags
        for metric in bag
        if "last_" not in metric.key and bag[metric].quality is not Quality.DERIVED
    }


@pytest.mark.parametrize(("name", "vendor"), RECORDINGS.items(), ids=RECORDINGS)
async def test_rows_in_any_order_are_the_same_olt(name: str, vendor: str, tmp_path: Path) -> None:
    lines = lines_of(name)
    mixed = random.Random(1).sample(lines, len(lines))  # noqa: S311 - the same order at each run
    plain, other = await asyncio.gather(walked(vendor, lines, tmp_path), walked(vendor, mixed, tmp_path))
    assert seen(plain) == seen(other)


@pytest.mark.parametrize(("name", "vendor"), RECORDINGS.items(), ids=RECORDINGS)
@pytest.mark.parametrize("seed", range(4))
async def test_columns_that_a_firmware_has_not_cost_their_own_metrics_only(
    name: str, vendor: str, seed: int, tmp_path: Path
) -> None:
    folder = Path(str(register.drivers()[vendor].__file__)).parent  # type: ignore[attr-defined]  # a vendor is a module
    columns = ColumnTable.load((folder / "columns.yaml").read_text("utf-8")).columns
    dice = random.Random(seed)  # noqa: S311 - the same columns for the same seed
    gone = dice.sample([c for c in columns if c.index != "scalar"], len(columns) // 4)
    prefixes = tuple(f"{dotted(column.oid)}." for column in gone)
    lost = {column.metric for column in columns if f"{dotted(column.oid)}." in prefixes}
    lines = lines_of(name)
    plain = seen(await walked(vendor, lines, tmp_path))
    fewer = seen(await walked(vendor, [line for line in lines if not line.startswith(prefixes)], tmp_path))
    for key, value in fewer.items():
        if key[1] not in lost | DEDUCED:
            assert plain[key] == value, key
        elif key[1] in lost - DEDUCED and plain.get(key) != value:
            assert value is Reason.NOT_SUPPORTED, key


@pytest.mark.parametrize(("name", "vendor"), RECORDINGS.items(), ids=RECORDINGS)
async def test_an_agent_with_its_system_only_has_empty_tables_and_no_gap(
    name: str, vendor: str, tmp_path: Path
) -> None:
    lines = [line for line in lines_of(name) if line.startswith("1.3.6.1.2.1.1.")]
    walk = await walked(vendor, lines, tmp_path)
    assert walk.readings.value(olt.OLT_REACHABLE) is True
    assert (walk.onts, walk.pon_ports, walk.gaps) == ((), (), ())


async def test_if_names_spelt_otherwise_are_the_same_ports(tmp_path: Path) -> None:
    lines = lines_of("zte__zxa10_c320v2")
    plain = await walked("zte_zxan", lines, tmp_path)
    spellings: list[Callable[[str], str]] = [
        lambda text: text.replace("gpon_1/", "gpon-olt_1/"),
        lambda text: text.replace("gpon_1/", "gpon_olt-1/"),
        lambda text: text.replace("gpon_1/", "GPON-OLT_1/"),
        lambda text: text.replace("gpon_1/", "xgspon_olt-1/"),
    ]
    for spelt in spellings:
        renamed = [spelt(line) if line.startswith(IF_NAME) else line for line in lines]
        assert renamed != lines
        assert seen(await walked("zte_zxan", renamed, tmp_path)) == seen(plain)


def moved(line: str, of: Callable[[int], int]) -> str:
    """A line with the first number of its index moved, where ``of`` moves it."""
    return re.sub(r"\.([0-9]{7,10})(?=[.|])", lambda found: f".{of(int(found[1]))}", line, count=1)


async def test_the_ports_of_a_huawei_olt_are_where_its_numbers_say(tmp_path: Path) -> None:
    def two_slots_on(number: int) -> int:
        return number + 2 * 0x2000 if 0xFA000000 <= number < 0xFA000000 + 32 * 0x2000 else number

    lines = lines_of("huawei__smartax")
    plain = await walked("huawei_smartax", lines, tmp_path)
    other = await walked("huawei_smartax", [moved(line, two_slots_on) for line in lines], tmp_path)
    assert [PonName(0, 0, row.name.slot + 2, row.name.pon) for row in plain.pon_ports] == [
        row.name for row in other.pon_ports
    ]
    for before, after in zip(plain.pon_ports, other.pon_ports, strict=True):
        assert before.readings.value(olt.PON_TX_DBM) == after.readings.value(olt.PON_TX_DBM)


@pytest.mark.parametrize("boards", [True, False], ids=["boards told", "no board table"])
async def test_the_onts_of_a_nokia_olt_are_where_their_numbers_say(tmp_path: Path, *, boards: bool) -> None:
    def next_slot(number: int) -> int:
        return number + (1 << 25) if number >> 25 == 2 else number

    linear = "1.3.6.1.4.1.637.61.1.23.3.1."
    lines = lines_of("nokia__nokia-isam")
    plain = await walked("nokia_isam", lines, tmp_path)
    kept = [moved(line, next_slot) for line in lines if boards or not line.startswith(linear)]
    if boards:  # the line board that was in slot 1 is in slot 2 now
        kept = [re.sub(rf"^({re.escape(linear)}32\.\d+\|2)\|2$", r"\1|3", line) for line in kept]
    other = await walked("nokia_isam", kept, tmp_path)
    states = {row.name: row.readings.value(ont.ONT_OPER) for row in other.onts}
    assert states == {
        OntName(1, 1, 2, row.name.pon, row.name.ont): row.readings.value(ont.ONT_OPER) for row in plain.onts
    }
    assert len(states) == 30


def test_each_vendor_is_recognised_by_its_words_and_its_arcs() -> None:
    said: dict[str, list[tuple[Oid, str]]] = {
        "huawei_smartax": [((2011, 2, 123), ""), ((2011, 2, 248), "Huawei Integrated Access Software")],
        "zte_zxan": [((3902, 1082, 1001, 600), ""), ((3902, 1012, 3), ""), ((3902, 9), "ZXA10 C320")],
        "fiberhome_an": [((5875, 800, 1001, 11), "")],
        "nokia_isam": [((637, 61, 1), ""), ((637, 61, 2), ""), ((6527, 3), "NOKIA ISAM 7360 FX-8")],
    }
    said["huawei_smartax"] += [((2011, 2, 80), "MA5800-X7"), ((2011, 2, 80), "SmartAX EA5801")]
    others = [
        ((2011, 2, 23, 419), "Huawei Versatile Routing Platform"),
        ((6527, 1, 3), "TiMOS-B"),
        ((3902, 3), "ZXR10"),
    ]
    for vendor, names in said.items():
        for arcs, words in names:
            assert [k for k, v in register.drivers().items() if v.recognises((1, 3, 6, 1, 4, 1, *arcs), words)] == [
                vendor
            ], (arcs, words)
    for arcs, words in others:
        assert not [k for k, v in register.drivers().items() if v.recognises((1, 3, 6, 1, 4, 1, *arcs), words)]


def test_every_recording_has_its_variants() -> None:
    held = {path.stem for path in (shared_dir() / "recordings").glob("*.snmprec")}
    assert held == set(RECORDINGS)
