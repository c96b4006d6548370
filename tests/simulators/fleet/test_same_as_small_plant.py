"""An OLT of the fleet answers, octet for octet, what the small plant's window would answer for the same state."""

from __future__ import annotations

import pytest

from simulators.fleet.responder import Counts, Limits, Responder
from simulators.fleet.tables import Encoded
from simulators.fleet.vendors import discover
from simulators.snmp import fiberhome, huawei, isam, zte
from simulators.snmp.ber import encode_oid, tlv
from simulators.snmp.mib import Mib
from simulators.snmp.writes import with_writes
from tests.simulators.fleet.kit import StatePlant, as_plant, fleet_of, ont_name
from tests.simulators.snmp_client import encode

WINDOWS = {"nokia_isam": isam, "huawei_smartax": huawei, "zte_zxan": zte, "fiberhome_an": fiberhome}
# What every ONT or port is struck by: its row, or a target.
FAULTS: list[tuple[str, str | int]] = [
    ("pbo-cut", "PBO-1-1-1-1"),
    ("uni-unplugged", 11),
    ("area-power-cut", "PON-1-1-1-2"),
    ("pon-laser-off", "PON-1-1-1-3"),
    ("dirty-connector", "PON-1-1-1-1"),
    ("card-down", "LT2"),
    ("admin-down", 200),
    ("not-provisioned", 201),
    ("password-mismatch", 202),
    ("omci-lost", 203),
    ("ont-laser-degraded", 204),
    ("olt-tx-weak", "PON-1-1-1-7"),
    ("serial-mismatch", 205),
    ("crossed-patch", 206),
    ("firmware-not-planned", 207),
    ("firmware-not-planned", 208),
    ("bad-negotiation", 209),
    ("bad-negotiation", 210),
    ("rogue-ont", 211),
    ("errors-up", 240),
    ("errors-down", 241),
    ("high-attenuation", 242),
]
MORE: dict[int, dict[str, object]] = {
    208: {"version": "V9.9"},
    210: {"rate": "10_full", "forced": 1.0},
    211: {"rate": 1e-4},
    240: {"rate": 1e-7},
    241: {"rate": 1e-4},
    242: {"loss_db": 6.0},
}


def whole_view(mib: Mib) -> list[bytes]:
    walk = mib.after((1, 0), tlv(6, encode_oid((1, 0))))
    rows = []
    while (row := walk.advance()) is not None:
        rows.append(row)
    return rows


@pytest.mark.parametrize("xgs", [0.0, 1.0])
@pytest.mark.parametrize("vendor", [*discover()])
def test_every_variable_of_a_fleet_olt_is_the_one_of_the_small_plants_window(vendor: str, xgs: float) -> None:
    fleet, hand = fleet_of(onts=600, xgs=xgs, seed=4, vendors={vendor: 1.0})
    olt = fleet.olt(1)
    fleet.fault("drop-cut", 1, ont_name(olt, 7))
    fleet.fault("errors-up", 1, ont_name(olt, 9), rate=1e-6)
    hand.move(90_061.5)
    before = Encoded(olt, fleet.tables(1))
    assert len(before.family(len(before.tables.columns) - 1))
    for kind, target in FAULTS:
        named = ont_name(olt, target) if isinstance(target, int) else target
        fleet.fault(kind, 1, named, **(MORE.get(target, {}) if isinstance(target, int) else {}))
    standing = olt.standing
    standing.onts |= {212: False, 200: True}  # one is deactivated, another that was is activated
    standing.unis[213], standing.pons[7] = False, False
    standing.rates[214] = 2
    standing.restart(215, olt.now_us)
    standing.restart(203, olt.now_us)
    olt.obeyed()
    for encoded in (before, Encoded(olt, fleet.tables(1))):
        same(encoded, as_plant(fleet))
    hand.move(3_600.25)
    for encoded in (before, Encoded(olt, fleet.tables(1))):
        same(encoded, as_plant(fleet))


def same(encoded: Encoded, plant: StatePlant) -> None:
    tables = encoded.tables
    ours = []
    for place in range(len(tables.columns)):
        blob = encoded.blob(place)
        ours += [blob.data[blob.start(row) : blob.start(row + 1)] for row in range(len(encoded.family(place)))]
    assert len(ours) > 9_900
    window = WINDOWS[tables.vendor]
    theirs = whole_view(Mib(with_writes(plant, window.columns(plant))))
    assert [row.hex() for row in set(ours) ^ set(theirs)] == []
    assert ours == theirs


def test_the_short_and_the_long_way_of_a_getbulk_give_the_same_rows() -> None:
    fleet, _ = fleet_of(onts=40)
    responder = Responder(Encoded(fleet.olt(1), discover()["nokia_isam"]), b"public", Limits(), Counts())
    for root in ("1.3.6.1.2.1.2.2.1.8", "1.3.6.1.4.1.637.61.1.35.10.14.1", "1.3.6.1.4.1.637.61.1.35.13.6.1.3", "1.3"):
        data = encode("GetBulkRequestPDU", [root], a=0, b=60)
        short = responder._one_column(data)
        long = responder._long_way(data)
        assert short is not None
        assert long is not None
        assert short.partition(b"\x02\x01\x00\x02\x01\x00")[2][4:] == long.partition(b"\x02\x01\x00\x02\x01\x00")[2][4:]
