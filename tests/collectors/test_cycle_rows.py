"""Names of rows, on arrays, against the scalar index of each vendor; and where PON ports stand in a table."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.cycle.names import BITS
from collectors.cycle.plan import NOT_A_NAME, Rows, plan
from collectors.cycle.sampling import scopes_of
from collectors.driving.layout import Layout
from collectors.snmp.column_types import Index
from collectors.snmp.values import Oid
from collectors.vendors.fiberhome_an.cycle import PLAN as FIBERHOME
from collectors.vendors.fiberhome_an.index import FiberhomeLayout
from collectors.vendors.huawei_smartax.cycle import PLAN as HUAWEI
from collectors.vendors.huawei_smartax.index import SmartaxLayout
from collectors.vendors.nokia_isam import index
from collectors.vendors.nokia_isam.cycle import PLAN as ISAM
from collectors.vendors.zte_zxan import IF_NAME, PON_1012
from collectors.vendors.zte_zxan.cycle import PLAN as ZTE
from collectors.vendors.zte_zxan.index import ZxanLayout, layout_of
from domain.identifiers import OntName, PonName
from domain.telemetry import pack, pack_pon
from tests.collectors.cycle_kit import result

NAMED = {0x11010203: b"gpon_1/2/3", 0x11010204: b"gpon_1/2/4", 0x10010100: b"gpon-olt_1/3/1", 7: b"vlan 7"}
NUMBERED = [0x10010100, 0x10020000]


def zte() -> tuple[ZxanLayout, Mapping[str, Rows]]:
    learnt = {
        IF_NAME: result({(number,): text for number, text in NAMED.items()}),
        PON_1012: result({(number,): b"OLT-1" for number in NUMBERED}),
    }
    return layout_of(NAMED.items(), NUMBERED), ZTE.rows(learnt)


VENDORS: Mapping[str, tuple[Layout, Mapping[str, Rows], tuple[int, ...]]] = {
    "huawei": (SmartaxLayout(), HUAWEI.rows({}), (0xFA000000, 0xFA004100, 0xFA03FF00)),
    "fiberhome": (FiberhomeLayout(), FIBERHOME.rows({}), (2 << 25 | 3 << 19, 2 << 25 | 3 << 19 | 5 << 8, 63 << 25)),
    "zte": (*zte(), (*NAMED, *NUMBERED, 0x11010301)),
}
CASES = [(vendor, kind) for vendor, (_, rows, _) in VENDORS.items() for kind in rows]


def scalar(layout: Layout, kind: str, row: Oid) -> int:
    """What the driver calls the row, packed."""
    if kind.partition(".")[0] == "pon":
        port = layout.pon(kind, row)
        return NOT_A_NAME if port is None else pack_pon(port)
    name = layout.ont(kind, row)
    return NOT_A_NAME if name is None else pack(name)


@given(case=st.sampled_from(CASES), data=st.data())
def test_rows_are_named_as_one_by_one(case: tuple[str, str], data: st.DataObject) -> None:
    vendor, kind = case
    layout, rows, near = VENDORS[vendor]
    arity = rows[kind].arity
    numbers = st.one_of(
        st.integers(0, (1 << 32) - 1),
        st.tuples(st.sampled_from(near), st.integers(0, 0x1FF)).map(lambda pair: pair[0] + pair[1]),
        st.sampled_from(near),
    )
    others = [st.one_of(st.integers(0, 300), st.integers(0, (1 << 32) - 1), st.just(1))] * (arity - 1)
    listed = data.draw(st.lists(st.tuples(numbers, *others), max_size=30))
    found = rows[kind].keys(np.array(listed, dtype=np.int64).reshape(-1, arity))
    assert found.tolist() == [scalar(layout, kind, row) for row in listed]


@pytest.mark.parametrize(("vendor", "kind"), CASES)
def test_a_name_leads_to_its_row(vendor: str, kind: str) -> None:
    layout, rows, _ = VENDORS[vendor]
    rack, shelf = (0, 0) if vendor == "huawei" else (1, 1)
    names = [OntName(rack, shelf, slot, pon, ont) for slot, pon in ((2, 3), (2, 4)) for ont in (1, 5, 128)]
    expected = [layout.row(kind, name) for name in names]
    firsts = rows[kind].first(np.array([pack(name) for name in names], dtype=np.int64))
    assert firsts.tolist() == [row[0] for row in expected if row is not None]


def test_a_port_of_two_numbers_on_an_isam_and_rows_of_none() -> None:
    rows, name, ont = ISAM.rows({})["pon"], PonName(1, 1, 5, 10), OntName(1, 1, 5, 10, 1)
    listed = [index.pon_index(name), index.pon_index(name, index.XGS_LOW_BITS), index.ont_index(ont)]
    assert rows.keys(np.array([[row] for row in listed])).tolist() == [pack_pon(name), pack_pon(name), NOT_A_NAME]
    assert rows.first(np.array([pack_pon(name)])).tolist() == listed[:1]


@given(st.lists(st.integers(0, (1 << 32) - 1), max_size=50))
def test_ports_of_an_isam_are_named_as_one_by_one(numbers: list[int]) -> None:
    names = [index.pon_name(number) for number in numbers]
    keys = ISAM.rows({})["pon"].keys(np.array(numbers, dtype=np.int64).reshape(-1, 1))
    assert keys.tolist() == [NOT_A_NAME if name is None else pack_pon(name) for name in names]


def test_every_kind_of_index_that_a_plan_reads_has_rows() -> None:
    for vendor in ("nokia_isam", "huawei_smartax", "zte_zxan", "fiberhome_an"):
        found = plan(vendor)
        assert found is not None
        named = found.rows({IF_NAME: result({}), PON_1012: result({})})
        assert {column.index for column in found.columns} == set(named)


@dataclasses.dataclass
class Shuffled:
    """Rows whose numbers do not follow the order of the names."""

    places: Mapping[int, int]
    arity: int = 2

    def keys(self, index: Index) -> Index:
        raise AssertionError("scopes need the numbers of rows, not their names")

    def first(self, keys: Index) -> Index:
        return np.array([self.places[pon] for pon in (keys >> BITS).tolist()])


def test_neighbours_are_read_in_one_range_whatever_the_order_of_numbers() -> None:
    rows = Shuffled({10: 400, 11: 100, 12: 200, 13: 300})
    scopes = scopes_of(rows, np.array([10, 11, 12, 13]), np.array([11, 12, 10]), (1, 128))
    assert [(scope.first, scope.last) for scope in scopes] == [(100, 200), (400, 400)]
