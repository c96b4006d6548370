"""The InfluxDB 2.x telemetry store: line protocol behind an outbox, InfluxQL to read. See docs/telemetry.md."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from domain.clock import Clock
from domain.errors import InvalidValueError
from domain.identifiers import OntName
from domain.metric import Metric
from domain.telemetry import DAY_S, Batch, Latest, Sample, Summary, Track, Where, pack
from storage.telemetry import columns as arrays
from storage.telemetry.columns import Rows, instant, micros
from storage.telemetry.influx_http import InfluxHttp, InfluxServer, Series
from storage.telemetry.influx_lines import MEASUREMENT, REASON, LineWriter, kept, read, requests
from storage.telemetry.outbox import Outbox, Spool
from storage.telemetry.present import Present
from storage.telemetry.sender import FIRST_WAIT_S, Sender
from storage.telemetry.summaries import Cells, Fold, answers, step_starts


class InfluxTelemetry:
    """Telemetry in InfluxDB. What `append` acknowledged is in the outbox until the server has it.

    Questions are answered by the server: what still waits in the outbox is not seen by them (`waiting` tells).
    """

    def __init__(self, folder: Path, server: InfluxServer, clock: Clock, *, first_wait_s: float = FIRST_WAIT_S) -> None:
        """Use a server.

        Args:
            folder: Where the outbox is; one process at a time sends it.
            server: Where the server is.
            clock: Dates the requests of the outbox, and tells which instants can be.
            first_wait_s: Seconds before a failed request is sent again; doubled each time.
        """
        self._clock = clock
        self.present = Present(clock)
        self._lines = LineWriter()
        # One thread: an append whose caller has given up (an OLT that changes meanwhile) ends before the next begins.
        self._making = ThreadPoolExecutor(1, thread_name_prefix="telemetry-outbox")
        self._outbox = Outbox(folder)
        self._http = InfluxHttp(server)
        self._sender = Sender(self._outbox, self._http.write, first_wait_s=first_wait_s)

    def start(self) -> None:
        """Send what an earlier process left; `append` does it too."""
        self._sender.start()

    async def append(self, batches: Sequence[Batch]) -> None:
        """Keep batches in the outbox, on the disk when it returns; sent at once, or when the server is back."""
        dated = self.present.dated(batches)
        await asyncio.get_running_loop().run_in_executor(self._making, self._add, dated)
        self._sender.start()
        self._sender.more()

    def _add(self, batches: Sequence[Batch]) -> None:
        self._outbox.add(requests(self._lines, batches), self._clock.now())

    async def emptied(self) -> None:
        """Wait until the server has everything, or refused it."""
        self._sender.start()
        await self._sender.emptied()

    async def waiting(self) -> Spool:
        """What the server does not have yet."""
        return await asyncio.to_thread(self._outbox.spool)

    async def close(self) -> None:
        """Stop sending and release files and sockets; what waits is sent by the next process."""
        await asyncio.to_thread(self._making.shutdown)
        await self._sender.close()
        await self._http.close()
        self._outbox.close()

    # -- reading

    async def last(self, where: Where, metrics: Sequence[Metric[Any]]) -> dict[Metric[Any], list[Sample]]:
        """The last sample of each ONT, whatever its age, by metric."""
        return {metric: (await self._newest(where, metric)).samples() for metric in metrics}

    async def latest(self, where: Where, metrics: Sequence[Metric[Any]]) -> list[Latest]:
        """The same as `last` in columns, by OLT in the order of names."""
        return arrays.latest_of({metric: await self._newest(where, metric) for metric in metrics})

    async def as_of(self, where: Where, metric: Metric[Any], at: datetime) -> list[Sample]:
        """The last sample of each ONT at or before an instant."""
        return (await self._newest(where, metric, micros(at))).samples()

    async def worst(self, where: Where, metric: Metric[Any], count: int, *, lowest: bool = True) -> list[Sample]:
        """The ONTs whose last sample is the lowest (or highest) value, worst first.

        One row an ONT comes from the server: InfluxQL cannot order series by their last value.
        """
        return arrays.extreme(await self._newest(where, metric), count, lowest=lowest).samples()

    async def series(self, where: Where, metric: Metric[Any], since: datetime, until: datetime) -> list[Sample]:
        """Every sample of ``[since, until[``, by ONT then by instant; samples without value included."""
        return (await self._between(where, metric, since, until)).samples()

    async def tracks(self, where: Where, metric: Metric[Any], since: datetime, until: datetime) -> AsyncIterator[Track]:
        """The same as `series` in columns, one question an OLT."""
        for olt in await self._olts(where):
            one_olt = Where(where.operator_id, olt, where.pon, where.ont)
            for track in arrays.tracks(await self._between(one_olt, metric, since, until)):
                yield track

    async def summaries(
        self,
        where: Where,
        metrics: Sequence[Metric[Any]],
        since: datetime,
        until: datetime,
        step_s: int = DAY_S,
    ) -> AsyncIterator[Summary]:
        """Per ONT and step, its values, one question an OLT; the server computes them."""
        if step_s < 1:
            raise InvalidValueError("step_s", step_s, "at least one second")
        span, step_us, asked = (micros(since), micros(until)), step_s * 1_000_000, tuple(dict.fromkeys(metrics))
        if span[1] <= span[0] or not asked:
            return
        starts = step_starts(*span, step_us)
        for olt in await self._olts(where):
            one_olt = Where(where.operator_id, olt, where.pon, where.ont)
            texts = [_select(_figures(metric), one_olt, _span(since, until), _by_step(step_s)) for metric in asked]
            answered = await self._http.query("; ".join(texts))
            parts = [_cells(olt, one, metric, step_us) for metric, one in zip(asked, answered, strict=True)]
            for summary in answers(parts, asked, starts, step_us):
                yield summary

    async def _olts(self, where: Where) -> list[str]:
        (found,) = await self._http.query(f"SHOW TAG VALUES FROM {MEASUREMENT} WITH KEY = olt WHERE {_tags(where)}")
        return sorted({read(value) for one in found for _, value in one.rows})

    async def _between(self, where: Where, metric: Metric[Any], since: datetime, until: datetime) -> Rows:
        fields = f"{_name(metric.key)}, {_name(metric.key + REASON)}"
        (found,) = await self._http.query(_select(fields, where, _span(since, until)))
        return arrays.distinct(_rows(found))

    async def downsampled(
        self, where: Where, metric: Metric[Any], since: datetime, until: datetime, step_s: int
    ) -> list[tuple[datetime, float, float, float, int]]:
        """Per step, whole since 1970: its start, minimum, mean, maximum and number of values."""
        if step_s < 1:
            raise InvalidValueError("step_s", step_s, "at least one second")
        field = _name(metric.key)
        wanted = ", ".join(f"{function}({field})" for function in ("min", "mean", "max", "count"))
        text = _select(wanted, where, _span(since, until), f"time({step_s}s) fill(none)")
        (found,) = await self._http.query(text)
        rows = [row for one in found for row in one.rows]
        return [(instant(at), float(low), float(mean), float(high), int(count)) for at, low, mean, high, count in rows]

    async def _newest(self, where: Where, metric: Metric[Any], until_us: int | None = None) -> Rows:
        """The last samples up to an instant; without one, up to the present."""
        span = f" AND time <= {self.present.latest_us() if until_us is None else until_us}u"
        value, reason = await self._http.query(
            "; ".join(_select(f"last({_name(field)})", where, span) for field in (metric.key, metric.key + REASON))
        )
        # `last` answers one field: it is the value in the first statement, the reason in the second
        coded = [Series(one.tags, one.columns, [[at, None, code] for at, code in one.rows]) for one in reason]
        return arrays.newest(_rows([*value, *coded]))


def _select(fields: str, where: Where, span: str, group: str = "olt, ont") -> str:
    return f"SELECT {fields} FROM {MEASUREMENT} WHERE {_tags(where)}{span} GROUP BY {group}"  # noqa: S608 - texts quoted


def _figures(metric: Metric[Any]) -> str:
    return ", ".join(f"{function}({_name(metric.key)})" for function in ("median", "min", "max", "count"))


def _by_step(step_s: int) -> str:
    return f"ont, time({step_s}s) fill(none)"


def _cells(olt: str, found: Sequence[Series], metric: Metric[Any], step_us: int) -> Cells:
    """Figures of one metric on one OLT, from series of one ONT each: instant, median, lowest, highest, number."""
    rows = np.array([row for one in found for row in one.rows], dtype=np.float64).reshape(-1, 5)
    keys = [np.full(len(one.rows), pack(OntName.parse(one.tags["ont"])), dtype=np.int64) for one in found]
    step = np.array([row[0] // step_us for one in found for row in one.rows], dtype=np.int64)
    fold = Fold(rows[:, 1], rows[:, 2], rows[:, 3], rows[:, 4].astype(np.int32))
    key = np.concatenate([*keys, np.empty(0, dtype=np.int64)])
    return Cells((olt,), np.zeros(len(key), dtype=np.int64), key, step, {metric.key: fold})


def _tags(where: Where) -> str:
    asked = {"operator_id": where.operator_id, "olt": where.olt, "pon": where.pon, "ont": where.ont}
    return " AND ".join(f"{tag} = {_text(str(value))}" for tag, value in asked.items() if value is not None)


def _span(since: datetime, until: datetime) -> str:
    return f" AND time >= {micros(since)}u AND time < {micros(until)}u"


def _text(value: str) -> str:
    """An InfluxQL string (its specification, « Strings »)."""
    escaped = kept(value).replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _name(field: str) -> str:
    escaped = field.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _rows(found: Sequence[Series]) -> Rows:
    """Samples of series whose rows are an instant, a value, and perhaps a reason; a value is never hidden by one."""
    parts = []
    for one in found:
        if not one.rows:
            continue
        key = pack(OntName.parse(one.tags["ont"]))
        at = np.array([row[0] for row in one.rows], dtype=np.int64)
        value = np.array([row[1] for row in one.rows], dtype=np.float64)
        code = np.array([(row[2] or 0) if len(row) > 2 else 0 for row in one.rows], dtype=np.uint8)
        code[~np.isnan(value)] = 0
        parts.append(arrays.rows_of(read(one.tags["olt"]), np.full(len(at), key, dtype=np.int64), at, value, code))
    return arrays.together(parts)
