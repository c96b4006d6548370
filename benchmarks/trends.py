"""The scan of a fleet's 30 days: filling an embedded store, then the scan of the running service on it.

``python -m benchmarks.trends [--onts N] [--days D] [--step-s S] [--keep FOLDER]``. The default is small; the goal's
size is ``--onts 100000 --days 30``. One ONT in 200 drifts, one PON port in 100 ages, one ONT in 500 falls again
and again. Filling is not part of the figure; reading the store, judging and keeping the list are. ``--keep`` fills a
folder once and uses it again. Nothing is asserted: figures go to docs/performance.md with the command.
"""

from __future__ import annotations

import argparse
import asyncio
import resource
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from api.services.history import LineHistory
from api.services.network_events import NetworkEvents
from api.services.ruleset import load_ruleset
from api.services.trends import TrendService
from domain.access import OutsidePlant
from domain.clock import FixedClock, WallClock
from domain.identifiers import OntName, PonName
from domain.metric import Metric
from domain.metrics.olt import PON_TX_DBM
from domain.metrics.ont import OLT_RX_DBM, ONT_BIAS_MA, ONT_LAST_CHANGE, ONT_RX_DBM, ONT_TX_DBM
from domain.olt import OltTarget
from domain.principal import Principal, Right
from domain.secret import Secret
from domain.telemetry import Batch, pack, pack_pon
from storage.migration import migrate
from storage.operators import Operator
from storage.records import Records
from storage.telemetry.embedded import EmbeddedTelemetry
from storage.trends import TrendQuery

WHO = Principal("infra", "bench", frozenset({Right.NOC, Right.INVENTORY}))
START = datetime(2026, 5, 1, tzinfo=UTC)
PER_OLT, PER_PON, PER_PBO = 256, 64, 8
LEVELS: tuple[tuple[Metric[float], float, float, float], ...] = (
    (ONT_RX_DBM, -19.0, 2.0, 0.08), (OLT_RX_DBM, -21.0, 2.0, 0.1), (ONT_TX_DBM, 2.4, 0.4, 0.05),
    (ONT_BIAS_MA, 13.0, 3.0, 0.1),
)  # fmt: skip


class Fleet:
    """OLTs of 256 ONTs on four PON ports."""

    def __init__(self, onts: int) -> None:
        self.olts = max(1, onts // PER_OLT)
        names = [OntName(1, 1, 1, 1 + place // PER_PON, 1 + place % PER_PON) for place in range(PER_OLT)]
        self.names = names
        self.keys = np.array([pack(name) for name in names])
        self.ports = np.array([pack_pon(PonName(1, 1, 1, 1 + port)) for port in range(PER_OLT // PER_PON)])
        rng = np.random.default_rng(3)
        shape = (self.olts, PER_OLT)
        self.usual = {
            metric: rng.normal(mean, spread, shape).clip(mean - 5, mean + 5) for metric, mean, spread, _ in LEVELS
        }
        self.drifts = np.where(rng.random(shape) < 1 / 200, rng.uniform(0.08, 0.2, shape), 0.0)
        self.ages = np.where(rng.random((self.olts, len(self.ports))) < 1 / 100, 0.1, 0.0)
        self.falls = rng.random(shape) < 1 / 500
        self.off = rng.random(shape) < 0.01

    def cycle(self, at: datetime, rng: np.random.Generator) -> list[Batch]:
        day = (at - START) / timedelta(days=1)
        lost = self.drifts * day
        aged = np.repeat(self.ages, PER_PON, axis=1) * day
        hour = at.replace(minute=0, second=0, microsecond=0)
        values: dict[Metric[float], np.ndarray] = {}
        for metric, _, _, noise in LEVELS:
            fall = lost + aged if metric is ONT_RX_DBM else lost if metric is OLT_RX_DBM else 0.0
            values[metric] = np.round(self.usual[metric] - fall + rng.normal(0, noise, lost.shape), 2)
        values[ONT_LAST_CHANGE] = np.where(self.falls, hour.timestamp(), START.timestamp())  # type: ignore[index]  # an instant is kept as a number
        sent = np.round(3.4 - self.ages * day + rng.normal(0, 0.03, self.ages.shape), 2)
        none, why = np.zeros(len(self.ports), np.uint8), np.zeros(PER_OLT, np.uint8)
        batches = []
        for olt in range(self.olts):
            name = f"OLT-{olt:04d}"
            kept = ~self.off[olt]
            columns = {metric: rows[olt][kept] for metric, rows in values.items()}
            codes = {metric: why[: int(kept.sum())] for metric in columns}
            batches.append(Batch("infra", name, at, self.keys[kept], columns, codes))
            batches.append(Batch("infra", name, at, self.ports, {PON_TX_DBM: sent[olt]}, {PON_TX_DBM: none}))
        return batches


async def fill(store: EmbeddedTelemetry, fleet: Fleet, days: int, step_s: int) -> None:
    rng = np.random.default_rng(4)
    for day in range(days):
        for step in range(86_400 // step_s):
            at = START + timedelta(days=day, seconds=step * step_s)
            await store.append(fleet.cycle(at, rng))
        await store.seal(START + timedelta(days=day + 1, hours=1))


async def provide(records: Records, fleet: Fleet) -> None:
    await records.operators.put(Operator("infra", "infra", is_infrastructure=True))
    paths = {
        name: OutsidePlant("PM-1", ("S-1", f"S-{place // PER_PBO}"), f"PBO-{place // PER_PBO}", 2100.0, 64)
        for place, name in enumerate(fleet.names)
    }
    for olt in range(fleet.olts):
        name = f"OLT-{olt:04d}"
        await records.olts.put(WHO, OltTarget("infra", name, "nokia_isam", "192.0.2.1", 161, Secret("unused"), None))
        await records.outside_plants.replace(WHO, name, paths)


async def measure(folder: Path, options: argparse.Namespace) -> None:
    fleet = Fleet(options.onts)
    store = EmbeddedTelemetry(folder / "telemetry")
    (folder / "records.sqlite").unlink(missing_ok=True)
    url = f"sqlite+aiosqlite:///{folder / 'records.sqlite'}"
    await migrate(url)
    async with Records.opened(url, lambda *_: Secret("unused"), WallClock()) as records:
        if not (folder / "filled").exists():
            began = time.perf_counter()
            await fill(store, fleet, options.days, options.step_s)
            (folder / "filled").touch()
            print(f"filled in {time.perf_counter() - began:.0f} s")
        await provide(records, fleet)
        clock = FixedClock(START + timedelta(days=options.days))
        history = LineHistory(store, NetworkEvents(records.olts))
        service = TrendService(store, records, history, clock, load_ruleset().thresholds)
        cpu = time.process_time()
        report = await service.scan(WHO)
        cpu = time.process_time() - cpu
        page = await service.page(WHO, TrendQuery(), 1, 0)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{report.onts} ONTs on {report.olts} OLTs, {options.days} days each {options.step_s} s: scanned in "
            f"{report.elapsed_s:.1f} s ({cpu:.1f} s of CPU), {page.total} trends, {report.unlooked} not looked at "
            f"closely, {memory:.0f} MB at most (filling included)"
        )
    await store.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--onts", type=int, default=5_120)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--step-s", type=int, default=3_600)
    parser.add_argument("--keep", type=Path)
    options = parser.parse_args()
    if options.keep is not None:
        options.keep.mkdir(parents=True, exist_ok=True)
        asyncio.run(measure(options.keep, options))
        return
    with tempfile.TemporaryDirectory(prefix="trends-") as name:
        asyncio.run(measure(Path(name), options))


if __name__ == "__main__":
    main()
