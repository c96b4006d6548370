"""An OLT of the fleet as a ZTE C320 of V2.1 firmware: trees 3902.1012 and 3902.1082 beside each other."""

from __future__ import annotations

from simulators.fleet.model import Olt
from simulators.fleet.shapes import specs
from simulators.fleet.tables import Family, VendorTables, Words
from simulators.fleet.vendors import zte_zxan as newer
from simulators.fleet.vendors import zte_zxan_c320 as older

MODELS = newer.MODELS
DESCR = b"ZXA10 C320, ZTE ZXA10 Software Version: V2.1.0 (simulated fleet)"
GPON_BOARD, XGS_BOARD, CONTROL_BOARD = older.GPON_BOARD, older.XGS_BOARD, older.CONTROL_BOARD
BOARDS = (GPON_BOARD.decode(), XGS_BOARD.decode(), CONTROL_BOARD.decode())


def _families(olt: Olt) -> dict[str, Family]:
    ports = newer.ports_1082(olt)
    return (
        newer.chassis_families(olt, ports)
        | newer.onu_families(olt, ports, "_1082")
        | newer.onu_families(olt, older.ports_1012(olt), "_1012")
    )


TABLES = VendorTables(
    _families,
    specs(
        newer.together(
            newer.interfaces(DESCR, (*newer.ZTE, 1082, 1001, 320, 2, 1)),
            newer.chassis_1082((GPON_BOARD, XGS_BOARD, CONTROL_BOARD)),
            newer.onus_1082(newer.serials),
            older.onus_1012(),
        ),
        slow=(newer.OPTICS, newer.MODULE, newer.OLT_RX, older.OPTICS, older.OLT_RX),
        writes=newer.WRITES | older.WRITES,
    ),
    words=Words("zte_zxan", DESCR.decode(), newer.MODELS, *BOARDS, "c320_v2"),
)
