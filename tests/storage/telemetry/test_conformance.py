"""What every telemetry store does, whatever it is made of."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from domain.errors import InvalidValueError
from domain.identifiers import OntName, PonName
from domain.metric import Metric
from domain.metrics.olt import PON_TX_DBM
from domain.metrics.ont import OLT_RX_DBM, ONT_DISTANCE_M, ONT_RX_DBM, ONT_TX_DBM
from domain.reading import Reason
from domain.telemetry import DAY_S, PON_ROW, REASON_CODES, REASONS, Batch, Sample, Summary, Where, pack_pon, unpack
from tests.storage.telemetry.backends import Backend
from tests.storage.telemetry.samples import OPERATOR, START, Cell, Cells, Oracle, batch, cycles, ont

Step = tuple[datetime, float, float, float, int]

FLEET = Where(OPERATOR)
FAR = START + timedelta(days=30)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


async def _filled(backend: Backend, batches: list[Batch]) -> Oracle:
    await backend.store.append(batches)
    await backend.settle()
    return Oracle(batches)


async def test_an_empty_store_answers_nothing(backend: Backend) -> None:
    store = backend.store
    assert await store.last(FLEET, [ONT_RX_DBM]) == {ONT_RX_DBM: []}
    assert await store.series(FLEET, ONT_RX_DBM, START, FAR) == []
    assert await store.worst(FLEET, ONT_RX_DBM, 10) == []
    assert await store.as_of(FLEET, ONT_RX_DBM, FAR) == []
    assert await store.downsampled(FLEET, ONT_RX_DBM, START, FAR, 3600) == []
    assert await store.latest(FLEET, [ONT_RX_DBM]) == []
    assert [track async for track in store.tracks(FLEET, ONT_RX_DBM, START, FAR)] == []
    assert [one async for one in store.summaries(FLEET, [ONT_RX_DBM], START, FAR)] == []


async def test_a_value_comes_back_exactly_and_a_reason_as_a_reason(backend: Backend) -> None:
    cells: Cells = {ONT_RX_DBM: {ont(1, 1): -18.27, ont(1, 2): Reason.OFFLINE, ont(1, 3): 0.1 + 0.2, ont(1, 4): 0.0}}
    await _filled(backend, [batch("OLT-A", START, cells)])
    assert await backend.store.series(FLEET, ONT_RX_DBM, START, FAR) == [
        Sample("OLT-A", ont(1, 1), START, -18.27, None),
        Sample("OLT-A", ont(1, 2), START, None, Reason.OFFLINE),
        Sample("OLT-A", ont(1, 3), START, 0.1 + 0.2, None),
        Sample("OLT-A", ont(1, 4), START, 0.0, None),
    ]


async def test_every_reason_comes_back(backend: Backend) -> None:
    cells = {ONT_RX_DBM: {ont(1, number): reason for number, reason in enumerate(Reason)}}
    await _filled(backend, [batch("OLT-A", START, cells)])
    found = await backend.store.series(FLEET, ONT_RX_DBM, START, FAR)
    assert [sample.reason for sample in found] == list(Reason)


async def test_a_bare_nan_or_infinity_is_malformed_never_a_value(backend: Backend) -> None:
    cells = {ONT_RX_DBM: {ont(1, 1): math.nan, ont(1, 2): math.inf, ont(1, 3): -math.inf}}
    await _filled(backend, [batch("OLT-A", START, cells)])
    found = (await backend.store.last(FLEET, [ONT_RX_DBM]))[ONT_RX_DBM]
    assert [(sample.value, sample.reason) for sample in found] == [(None, Reason.MALFORMED)] * 3


@pytest.mark.parametrize(
    "where",
    [
        FLEET,
        Where(OPERATOR, "OLT-B"),
        Where(OPERATOR, "OLT-A", pon=PonName(1, 1, 1, 1)),
        Where(OPERATOR, "OLT-A", ont=ont(2, 1)),
        Where(OPERATOR, ont=ont(1, 2)),
        Where(OPERATOR, "absent"),
    ],
    ids=["fleet", "one OLT", "one PON", "one ONT", "one ONT name on every OLT", "an OLT unknown"],
)
async def test_every_question_is_answered_for_every_filter(backend: Backend, where: Where) -> None:
    oracle = await _filled(backend, [*cycles(14), *cycles(9, "OLT-B")])
    store, since, until = backend.store, START + timedelta(minutes=10), START + timedelta(minutes=50)
    assert (await store.last(where, [ONT_RX_DBM, ONT_TX_DBM])) == {
        ONT_RX_DBM: oracle.last(where, ONT_RX_DBM),
        ONT_TX_DBM: oracle.last(where, ONT_TX_DBM),
    }
    assert await store.series(where, ONT_RX_DBM, since, until) == oracle.series(where, ONT_RX_DBM, since, until)
    assert await store.as_of(where, ONT_RX_DBM, since) == oracle.as_of(where, ONT_RX_DBM, since)
    for lowest in (True, False):
        found = await store.worst(where, ONT_RX_DBM, 3, lowest=lowest)
        assert found == oracle.worst(where, ONT_RX_DBM, 3, lowest=lowest)
    await assert_columns(backend, oracle, where, since, until)
    await assert_summaries(backend, oracle, where, since, until)
    assert_steps(
        await store.downsampled(where, ONT_RX_DBM, since, until, 900),
        oracle.downsampled(where, ONT_RX_DBM, since, until, 900),
    )


async def assert_columns(backend: Backend, oracle: Oracle, where: Where, since: datetime, until: datetime) -> None:
    """Columns hold what objects hold."""
    latest = await backend.store.latest(where, [ONT_RX_DBM, ONT_TX_DBM])
    assert [one.olt for one in latest] == sorted({one.olt for one in latest})
    for metric in (ONT_RX_DBM, ONT_TX_DBM):
        found = [
            sample(one.olt, *cell)
            for one in latest
            for cell in zip(one.keys, one.at[metric], one.values[metric], one.reasons[metric], strict=True)
            if REASONS.get(int(cell[3])) is not Reason.NEVER_SEEN
        ]
        assert found == oracle.last(where, metric)
    tracks = [track async for track in backend.store.tracks(where, ONT_RX_DBM, since, until)]
    assert [track.olt for track in tracks] == sorted({track.olt for track in tracks})
    assert [
        sample(track.olt, *cell)
        for track in tracks
        for cell in zip(track.keys, track.at, track.values, track.reasons, strict=True)
    ] == oracle.series(where, ONT_RX_DBM, since, until)


async def assert_summaries(backend: Backend, oracle: Oracle, where: Where, since: datetime, until: datetime) -> None:
    """Each ONT and step has the figures of its own values, whatever the step."""
    metrics = (ONT_RX_DBM, ONT_TX_DBM)
    for step_s in (600, 3600, DAY_S):
        found = [one async for one in backend.store.summaries(where, metrics, since, until, step_s)]
        assert [one.olt for one in found] == sorted({one.olt for one in found})
        for metric in metrics:
            assert figures(found, metric) == oracle.summaries(where, metric, since, until, step_s)
        for one in found:
            assert one.starts.tolist() == whole_steps(since, until, step_s)
            assert all((one.counts[m].sum(axis=1) >= 0).all() for m in metrics)
            assert sum(one.counts[m].sum(axis=1) for m in metrics).all(), "every ONT answered has a value"


def whole_steps(since: datetime, until: datetime, step_s: int) -> list[int]:
    """Starts, in microseconds, of the whole steps that touch a time."""
    first, last = int(since.timestamp()) // step_s, -(-int(until.timestamp()) // step_s)
    return [step * step_s * 1_000_000 for step in range(first, last)]


def figures(found: list[Summary], metric: Metric[float]) -> dict[tuple[str, OntName, int], tuple[float, ...]]:
    """Summaries as the oracle tells them; a step without value has no figure at all."""
    told = {}
    for one in found:
        counts = one.counts[metric]
        assert counts.shape == (len(one.keys), len(one.starts))
        for line, step in zip(*np.nonzero(counts), strict=True):
            place = (one.olt, unpack(one.keys[line]), int(one.starts[step]) // 1_000_000)
            figure = (one.medians[metric], one.lows[metric], one.highs[metric])
            told[place] = (*(float(table[line, step]) for table in figure), int(counts[line, step]))
        for table in (one.medians[metric], one.lows[metric], one.highs[metric]):
            assert np.isnan(table[counts == 0]).all()
    return told


def sample(olt: str, key: int, at: int, value: float, code: int) -> Sample:
    """One element of columns as an object: exactly one of value and reason."""
    assert math.isnan(value) == bool(code)
    return Sample(olt, unpack(key), EPOCH + timedelta(microseconds=int(at)), None if code else value, REASONS.get(code))


def assert_steps(found: list[Step], expected: list[Step]) -> None:
    """Steps are equal, their means to the last bits of a float."""
    assert [(at, low, high, count) for at, low, _, high, count in found] == [
        (at, low, high, count) for at, low, _, high, count in expected
    ]
    assert [row[2] for row in found] == pytest.approx([row[2] for row in expected], rel=1e-12)


async def test_the_same_batch_twice_is_kept_once(backend: Backend) -> None:
    oracle = await _filled(backend, cycles(4))
    await _filled(backend, cycles(4)[1:3])
    found = await backend.store.series(FLEET, ONT_RX_DBM, START, FAR)
    assert found == oracle.series(FLEET, ONT_RX_DBM, START, FAR)
    (step,) = await backend.store.downsampled(FLEET, ONT_TX_DBM, START, FAR, 86_400)
    assert step[4] == 12


async def test_batches_out_of_order_do_not_hide_newer_ones(backend: Backend) -> None:
    batches = cycles(6)
    oracle = await _filled(backend, batches[3:])
    await _filled(backend, batches[:3][::-1])
    oracle = Oracle(batches)
    assert (await backend.store.last(FLEET, [ONT_RX_DBM]))[ONT_RX_DBM] == oracle.last(FLEET, ONT_RX_DBM)
    assert await backend.store.series(FLEET, ONT_RX_DBM, START, FAR) == oracle.series(FLEET, ONT_RX_DBM, START, FAR)


async def test_columns_of_one_instant_may_come_in_several_batches(backend: Backend) -> None:
    first = batch("OLT-A", START, {ONT_RX_DBM: {ont(1, 1): -18.0, ont(1, 2): -19.0}})
    second = batch("OLT-A", START, {ONT_TX_DBM: {ont(1, 2): 2.0, ont(1, 3): 3.0}})
    oracle = await _filled(backend, [first])
    await _filled(backend, [second])
    oracle = Oracle([first, second])
    for metric in (ONT_RX_DBM, ONT_TX_DBM):
        assert await backend.store.series(FLEET, metric, START, FAR) == oracle.series(FLEET, metric, START, FAR)
        assert (await backend.store.last(FLEET, [metric]))[metric] == oracle.last(FLEET, metric)


async def test_a_value_is_never_hidden_by_a_reason_of_the_same_instant(backend: Backend) -> None:
    valued = batch("OLT-A", START, {ONT_RX_DBM: {ont(1, 1): -18.0, ont(1, 2): Reason.TIMEOUT}})
    failed = batch("OLT-A", START, {ONT_RX_DBM: {ont(1, 1): Reason.TIMEOUT, ont(1, 2): -20.0}})
    await _filled(backend, [valued])
    await _filled(backend, [failed])
    found = await backend.store.series(FLEET, ONT_RX_DBM, START, FAR)
    assert [(sample.value, sample.reason) for sample in found] == [(-18.0, None), (-20.0, None)]
    assert (await backend.store.last(FLEET, [ONT_RX_DBM]))[ONT_RX_DBM] == found


async def test_an_ont_off_line_is_not_among_the_worst_by_its_old_value(backend: Backend) -> None:
    before = batch("OLT-A", START, {ONT_RX_DBM: {ont(1, 1): -30.0, ont(1, 2): -20.0}})
    after = batch("OLT-A", START + timedelta(minutes=5), {ONT_RX_DBM: {ont(1, 1): Reason.OFFLINE, ont(1, 2): -21.0}})
    await _filled(backend, [before, after])
    assert [sample.ont for sample in await backend.store.worst(FLEET, ONT_RX_DBM, 10)] == [ont(1, 2)]


async def test_an_ont_that_left_its_olt_keeps_its_last_sample(backend: Backend) -> None:
    both = batch("OLT-A", START, {ONT_RX_DBM: {ont(1, 1): -18.0, ont(1, 2): -19.0}})
    one = batch("OLT-A", START + timedelta(minutes=5), {ONT_RX_DBM: {ont(1, 2): -20.0, ont(1, 3): -21.0}})
    oracle = await _filled(backend, [both, one])
    assert (await backend.store.last(FLEET, [ONT_RX_DBM]))[ONT_RX_DBM] == oracle.last(FLEET, ONT_RX_DBM)
    assert await backend.store.as_of(FLEET, ONT_RX_DBM, FAR) == oracle.as_of(FLEET, ONT_RX_DBM, FAR)


async def test_a_metric_that_comes_later_and_one_never_stored(backend: Backend) -> None:
    await _filled(backend, cycles(2))
    later = batch("OLT-A", START + timedelta(hours=1), {OLT_RX_DBM: {ont(1, 1): -22.4}})
    await _filled(backend, [later])
    assert len(await backend.store.series(FLEET, OLT_RX_DBM, START, FAR)) == 1
    assert len((await backend.store.last(FLEET, [ONT_RX_DBM]))[ONT_RX_DBM]) == 3
    assert await backend.store.last(FLEET, [ONT_DISTANCE_M]) == {ONT_DISTANCE_M: []}
    assert await backend.store.series(FLEET, ONT_DISTANCE_M, START, FAR) == []


async def test_an_operator_never_sees_the_onts_of_another(backend: Backend) -> None:
    other = batch("OLT-A", START, {ONT_RX_DBM: {ont(1, 1): -27.0, ont(9, 9): -28.0}}, operator_id="other")
    oracle = await _filled(backend, [*cycles(2), other])
    for where in (FLEET, Where("other"), Where("nobody"), Where("other", "OLT-A"), Where("other", ont=ont(1, 1))):
        found = await backend.store.last(where, [ONT_RX_DBM])
        assert found[ONT_RX_DBM] == oracle.last(where, ONT_RX_DBM)
        assert await backend.store.series(where, ONT_RX_DBM, START, FAR) == oracle.series(where, ONT_RX_DBM, START, FAR)
        assert await backend.store.worst(where, ONT_RX_DBM, 9) == oracle.worst(where, ONT_RX_DBM, 9, lowest=True)


async def test_names_with_the_characters_of_every_syntax(backend: Backend) -> None:
    names = ["OLT 1,a=b", 'l\'OLT "7"', "été\\", "x' OR 'a'='a"]
    await _filled(
        backend, [batch(name, START, {ONT_RX_DBM: {ont(1, 1): -1.0 - place}}) for place, name in enumerate(names)]
    )
    for place, name in enumerate(names):
        found = (await backend.store.last(Where(OPERATOR, name), [ONT_RX_DBM]))[ONT_RX_DBM]
        assert [(sample.olt, sample.value) for sample in found] == [(name, -1.0 - place)]
    assert await backend.store.last(Where("' OR ''='"), [ONT_RX_DBM]) == {ONT_RX_DBM: []}


async def test_a_big_olt_of_several_blocks(backend: Backend) -> None:
    names = [ont(1 + number // 100, number % 100) for number in range(700)]
    level = {name: -15.0 - number / 64 for number, name in enumerate(names)}
    oracle = await _filled(backend, [batch("OLT-A", START, {ONT_RX_DBM: level, ONT_TX_DBM: level})])
    where = Where(OPERATOR, "OLT-A", pon=PonName(1, 1, 1, 3))
    assert await backend.store.series(where, ONT_RX_DBM, START, FAR) == oracle.series(where, ONT_RX_DBM, START, FAR)
    assert await backend.store.worst(FLEET, ONT_TX_DBM, 100) == oracle.worst(FLEET, ONT_TX_DBM, 100, lowest=True)


async def test_an_empty_batch_and_no_batch(backend: Backend) -> None:
    empty = Batch(
        OPERATOR,
        "OLT-A",
        START,
        np.empty(0, dtype=np.int64),
        {ONT_RX_DBM: np.empty(0)},
        {ONT_RX_DBM: np.empty(0, dtype=np.uint8)},
    )
    await backend.store.append([])
    await _filled(backend, [empty])
    assert await backend.store.last(FLEET, [ONT_RX_DBM]) == {ONT_RX_DBM: []}
    await _filled(backend, cycles(1))
    assert len(await backend.store.series(FLEET, ONT_RX_DBM, START, FAR)) == 3


async def test_instants_keep_their_microseconds_and_bounds_are_half_open(backend: Backend) -> None:
    at = START.replace(microsecond=123_457)
    await _filled(backend, [batch("OLT-A", at, {ONT_RX_DBM: {ont(1, 1): -18.0}})])
    (found,) = await backend.store.series(FLEET, ONT_RX_DBM, at, at + timedelta(microseconds=1))
    assert found.at == at
    assert await backend.store.series(FLEET, ONT_RX_DBM, START, at) == []
    assert len(await backend.store.as_of(FLEET, ONT_RX_DBM, at)) == 1
    assert await backend.store.as_of(FLEET, ONT_RX_DBM, at - timedelta(microseconds=1)) == []


def ports(at: datetime, powers: dict[int, float]) -> Batch:
    """A PON port's own rows: a second batch of the same OLT and instant, with keys of their own."""
    keys = np.array([pack_pon(PonName(1, 1, 1, pon)) for pon in powers], dtype=np.int64)
    none = np.zeros(len(keys), dtype=np.uint8)
    return Batch(OPERATOR, "OLT-A", at, keys, {PON_TX_DBM: np.array([*powers.values()])}, {PON_TX_DBM: none})


async def test_rows_of_pon_ports_stand_beside_those_of_their_onts(backend: Backend) -> None:
    onts = cycles(4)
    batches = [one for cycle in onts for one in (cycle, ports(cycle.at, {1: 3.5, 2: 4.0}))]
    oracle = await _filled(backend, batches)
    await _filled(backend, batches[1:2])
    for metric in (ONT_RX_DBM, PON_TX_DBM):
        assert (await backend.store.last(FLEET, [metric]))[metric] == oracle.last(FLEET, metric)
        assert await backend.store.series(FLEET, metric, START, FAR) == oracle.series(FLEET, metric, START, FAR)
    port = Where(OPERATOR, "OLT-A", pon=PonName(1, 1, 1, 2))
    found = await backend.store.last(port, [PON_TX_DBM])
    assert [(sample.ont.ont, sample.value) for sample in found[PON_TX_DBM]] == [(PON_ROW, 4.0)]


async def test_a_batch_over_two_that_were_apart_hides_no_value_of_either(backend: Backend) -> None:
    first = batch("OLT-A", START, {ONT_RX_DBM: {ont(1, 1): -18.0}, ONT_TX_DBM: {ont(1, 1): 2.0}})
    second = batch("OLT-A", START, {OLT_RX_DBM: {ont(2, 1): -25.0}, ONT_TX_DBM: {ont(2, 1): 2.5}})
    over = batch("OLT-A", START, {ONT_RX_DBM: {ont(1, 1): Reason.TIMEOUT, ont(2, 1): -19.0}})
    for one in (first, second, over):
        await _filled(backend, [one])
    oracle = Oracle([first, second, over])
    for metric in (ONT_RX_DBM, ONT_TX_DBM, OLT_RX_DBM):
        assert await backend.store.series(FLEET, metric, START, FAR) == oracle.series(FLEET, metric, START, FAR)
        assert (await backend.store.last(FLEET, [metric]))[metric] == oracle.last(FLEET, metric)


async def test_columns_that_come_at_their_own_cadence(backend: Backend) -> None:
    """State each cycle, optics every third for a few ONTs only: each metric keeps its own last sample."""
    names = [ont(1, number) for number in range(12)]
    batches = [
        batch(
            "OLT-A",
            START + timedelta(minutes=5 * number),
            {ONT_TX_DBM: dict.fromkeys(names, float(number))}
            if number % 3
            else {ONT_RX_DBM: dict.fromkeys(names[number % 4 :: 4], -18.0 - number)},
        )
        for number in range(20)
    ]
    oracle = await _filled(backend, batches)
    await assert_columns(backend, oracle, FLEET, START, FAR)
    for metric in (ONT_RX_DBM, ONT_TX_DBM):
        assert (await backend.store.last(FLEET, [metric]))[metric] == oracle.last(FLEET, metric)


async def test_an_ont_never_seen_with_a_metric_says_so_in_columns(backend: Backend) -> None:
    one = batch("OLT-A", START, {ONT_RX_DBM: {ont(1, 1): -18.0}})
    other = batch("OLT-A", START, {ONT_TX_DBM: {ont(1, 2): 2.0}})
    await _filled(backend, [one, other])
    (found,) = await backend.store.latest(FLEET, [ONT_RX_DBM, ONT_TX_DBM, OLT_RX_DBM])
    assert [unpack(key) for key in found.keys] == [ont(1, 1), ont(1, 2)]
    never = REASON_CODES[Reason.NEVER_SEEN]
    assert found.reasons[ONT_RX_DBM].tolist() == [0, never]
    assert found.reasons[OLT_RX_DBM].tolist() == [never, never]
    assert found.at[ONT_TX_DBM][0] == 0


async def test_a_fleets_days_are_summed_up_by_ont_whatever_the_cadence_of_each_metric(backend: Backend) -> None:
    """Two days, three OLTs of other widths; ports beside ONTs; ONTs that come, go, and are off line for a day."""
    batches = []
    for cycle in range(10):
        at = START + timedelta(hours=5 * cycle)
        for place, olt in enumerate(("OLT-A", "OLT-B", "OLT-C")):
            numbers = range(place + cycle % 3, 6)
            rx: dict[OntName, Cell] = {ont(1, n): -15.0 - n - (cycle * 7 % 5) / 4 for n in numbers}
            rx |= {ont(2, 1): Reason.OFFLINE if cycle < 5 else -20.0}
            batches.append(batch(olt, at, {ONT_RX_DBM: rx}))
            if cycle % 2:
                batches.append(batch(olt, at + timedelta(minutes=1), {ONT_TX_DBM: dict.fromkeys(rx, 2.0 + cycle / 8)}))
        batches.append(ports(at, {1: 3.0 + cycle / 10}))
    oracle = await _filled(backend, batches)
    await _filled(backend, batches[3:7])
    for where in (FLEET, Where(OPERATOR, "OLT-B"), Where(OPERATOR, "OLT-A", pon=PonName(1, 1, 1, 1))):
        for since in (START, START + timedelta(hours=9)):
            found = [
                one async for one in backend.store.summaries(where, [ONT_RX_DBM, ONT_TX_DBM, PON_TX_DBM], since, FAR)
            ]
            for metric in (ONT_RX_DBM, ONT_TX_DBM, PON_TX_DBM):
                assert figures(found, metric) == oracle.summaries(where, metric, since, FAR, DAY_S)


async def test_a_summary_has_a_place_for_every_metric_asked_and_none_for_an_empty_time(backend: Backend) -> None:
    await _filled(backend, cycles(2))
    (found,) = [one async for one in backend.store.summaries(FLEET, [ONT_RX_DBM, ONT_DISTANCE_M], START, FAR)]
    assert not found.counts[ONT_DISTANCE_M].any()
    assert np.isnan(found.medians[ONT_DISTANCE_M]).all()
    assert [one async for one in backend.store.summaries(FLEET, [ONT_DISTANCE_M], START, FAR)] == []
    assert [one async for one in backend.store.summaries(FLEET, [ONT_RX_DBM], FAR, START)] == []
    assert [one async for one in backend.store.summaries(FLEET, [], START, FAR)] == []
    with pytest.raises(InvalidValueError):
        await anext(backend.store.summaries(FLEET, [ONT_RX_DBM], START, FAR, 0))
