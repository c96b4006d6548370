"""A walk is written column by column, and read back equal; so is one that was kept in one piece before."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import codec
from domain.identifiers import OntName
from domain.metric import Metric, Readings
from domain.metrics import ont
from domain.olt import OltWalk, OntRow
from domain.reading import Quality, Reading, Reason, Source, Via, known, missing
from domain.states import Oper
from storage.walk_columns import text_of, walk_of
from tests.storage.samples import NOW, walk

SOURCES = [Source(Via.SNMP, f"1.3.6.{number}") for number in range(3)] + [Source(Via.CLI, "show « ont »\n")]
INSTANTS = st.sampled_from([NOW, NOW + timedelta(microseconds=1), NOW - timedelta(days=400)])
VALUES: dict[Metric[Any], st.SearchStrategy[Any]] = {
    ont.ONT_RX_DBM: st.floats(-40, 10),
    ont.ONT_OPER: st.sampled_from(Oper),
    ont.ONT_DESCRIPTION: st.text(max_size=8),
    ont.ONT_PASSWORD: st.text(max_size=8),
    ont.ONT_LAST_CHANGE: INSTANTS,
    ont.ONT_BYTES_UP: st.integers(0, 2**64 - 1),
}


def readings_of(metric: Metric[Any]) -> st.SearchStrategy[Reading[Any]]:
    """Of one metric: a value, or a reason, in any of a few ways."""
    values = st.builds(known, VALUES[metric], INSTANTS, st.sampled_from(SOURCES), st.sampled_from([*Quality]))
    raw = st.none() | st.text(max_size=4)
    return values | st.builds(missing, st.sampled_from(Reason), st.none() | INSTANTS, st.sampled_from(SOURCES), raw)


BAGS = st.fixed_dictionaries({}, optional={metric: readings_of(metric) for metric in VALUES}).map(Readings)


@given(st.lists(BAGS, max_size=70))
def test_what_was_written_is_read_back_equal(bags: list[Readings]) -> None:
    onts = tuple(OntRow(OntName(1, 1, 1, 1, number), bag) for number, bag in enumerate(bags))
    of = replace(walk(), onts=onts)

    async def there_and_back() -> OltWalk:
        return await walk_of(await text_of(of))

    assert asyncio.run(there_and_back()) == of


@pytest.mark.parametrize(
    "of",
    [walk(), replace(walk(), onts=()), replace(walk(), onts=walk().onts * 3), replace(walk(), onts=(), pon_ports=())],
    ids=["some", "no ONT", "several of one name", "no rows"],
)
async def test_a_walk_is_read_as_it_was_whichever_way_it_was_kept(of: OltWalk) -> None:
    assert await walk_of(await text_of(of)) == of
    assert await walk_of(codec.dump(of)) == of


async def test_what_thousands_share_is_written_once() -> None:
    at = known(-19.5, NOW, SOURCES[0])
    onts = tuple(OntRow(OntName(1, 1, 1, 1, number), Readings({ont.ONT_RX_DBM: at})) for number in range(1000))
    text = await text_of(replace(walk(), onts=onts))
    assert text.count(SOURCES[0].locator + '"') == 1
    assert len(text) < len(codec.dump(replace(walk(), onts=onts))) / 4
