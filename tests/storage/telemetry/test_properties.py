"""Random batches, duplicated, out of order, over several files, sealed or not: the store answers like plain Python."""

from __future__ import annotations

import asyncio
import math
import tempfile
from datetime import timedelta
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.identifiers import PonName
from domain.reading import Reason
from domain.telemetry import PON_ROW, Batch, Where, pack
from storage.telemetry.columns import micros
from storage.telemetry.embedded import EmbeddedTelemetry
from tests.storage.telemetry.samples import METRICS, OPERATOR, START, Oracle, batch, ont
from tests.storage.telemetry.test_conformance import assert_steps

FAR = START + timedelta(days=30)
ONTS = [ont(pon, number) for pon in (1, 2) for number in (0, 1, 2, PON_ROW)]
CELLS = st.one_of(
    st.floats(-40, 8, allow_subnormal=False).map(lambda value: round(value, 2) + 0.0),
    st.sampled_from([*Reason]),
    st.sampled_from([math.nan, math.inf, 1e300, 2.0**53]),
)


@st.composite
def a_batch(draw: st.DrawFn) -> Batch:
    onts = draw(st.lists(st.sampled_from(ONTS), min_size=1, unique=True))
    metrics = draw(st.lists(st.sampled_from(METRICS), min_size=1, unique=True))
    at = START + timedelta(minutes=draw(st.integers(0, 60)))
    cells = {metric: {name: draw(CELLS) for name in onts} for metric in metrics}
    return batch(draw(st.sampled_from(["A", "B"])), at, cells, draw(st.sampled_from([OPERATOR, "other"])))


STEPS = st.lists(st.one_of(st.lists(a_batch(), max_size=4), st.just("seal"), st.just("reopen")), max_size=8)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(STEPS)
def test_any_history_is_answered_like_plain_python(steps: list[list[Batch] | str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_compare(Path(folder), steps))


async def _compare(folder: Path, steps: list[list[Batch] | str]) -> None:
    store = EmbeddedTelemetry(folder, span_s=900)
    kept: list[Batch] = []
    try:
        for step in steps:
            if step == "seal":
                await store.seal(START + timedelta(minutes=40), grace_s=0)
            elif step == "reopen":
                await store.close()
                store = EmbeddedTelemetry(folder, span_s=900)
            elif isinstance(step, list):
                await store.append(step)
                await store.append(step[:1])
                kept += [*step, *step[:1]]
        await _answers(store, Oracle(kept))
    finally:
        await store.close()


async def _answers(store: EmbeddedTelemetry, oracle: Oracle) -> None:
    middle = START + timedelta(minutes=30)
    for where in (
        Where(OPERATOR),
        Where("other", "A"),
        Where(OPERATOR, "B", pon=PonName(1, 1, 1, 2)),
        Where(OPERATOR, "A", ont=ONTS[2]),
        Where(OPERATOR, "never seen", ont=ONTS[2]),
    ):
        for metric in METRICS:
            found = await store.last(where, [metric])
            assert found[metric] == oracle.last(where, metric)
            assert await store.series(where, metric, START, middle) == oracle.series(where, metric, START, middle)
            assert await store.as_of(where, metric, middle) == oracle.as_of(where, metric, middle)
            assert await store.worst(where, metric, 3) == oracle.worst(where, metric, 3, lowest=True)
            tracks = [track async for track in store.tracks(where, metric, START, middle)]
            assert [value for track in tracks for value in track.at.tolist()] == [
                micros(one.at) for one in oracle.series(where, metric, START, middle)
            ]
            latest = await store.latest(where, [metric])
            assert [key for one in latest for key in one.keys.tolist()] == [
                pack(one.ont) for one in oracle.last(where, metric)
            ]
            steps = await store.downsampled(where, metric, START, FAR, 600)
            assert_steps(steps, oracle.downsampled(where, metric, START, FAR, 600))
