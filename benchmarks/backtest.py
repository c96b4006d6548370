"""Stored verdicts judged again by other rules: verdicts a second and memory, with one process and with all cores.

``python -m benchmarks.backtest [--count N]``. The snapshots are those of a demo service (an OLT of 16 ports read live,
40 neighbours each), copied under other numbers. Nothing is asserted: figures go to docs/performance.md with the
command.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import resource
import time

from sqlalchemy import text

from api.backtesting import backtest
from api.demo.asking import ask
from api.demo.running import Demo, demo_service
from api.logs import configure
from api.services.ruleset import load_ruleset

COLUMNS = (
    *("operator_id", "id1", "test", "service_type", "account", "state", "sent_at", "updated_at", "duration_ms"),
    *("result", "family", "snapshot", "diagnosis", "digest", "ruleset", "code_version"),
)


async def _fill(demo: Demo, count: int) -> None:
    numbers = [(await ask(demo.client, f"F000000{last}")).result["number"] for last in (15, 16, 17)]
    kept = ", ".join(COLUMNS)
    copy = text(f"INSERT INTO diagnosis (number, {kept}) SELECT :number, {kept} FROM diagnosis WHERE number = :of")
    async with demo.service.records.diagnoses._database.write() as session:  # noqa: SLF001 - no repository copies
        rows = [{"number": f"190101-0000-{n:07d}", "of": numbers[n % len(numbers)]} for n in range(count)]
        await session.execute(copy, rows)


async def _measure(count: int) -> None:
    async with demo_service() as demo:
        await _fill(demo, count)
        for processes in (1, os.cpu_count() or 1):
            began = time.perf_counter()
            tally = await backtest(demo.service.records.kept_diagnoses, load_ruleset().texts, processes=processes)
            took = time.perf_counter() - began
            peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(
                f"  {processes} process(es): {tally.total} verdicts in {took:.1f} s, {tally.total / took:.0f}/s, "
                f"{tally.changes} changed, {sum(tally.unread.values())} unread, peak {peak_mb:.0f} MB"
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=6000)
    configure(logging.WARNING)
    asyncio.run(_measure(parser.parse_args().count))


if __name__ == "__main__":
    main()
