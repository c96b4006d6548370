"""``python -m simulators boxes``: a park of boxes that inform an ACS, of any size, well or badly behaved."""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simulators.cwmp_box.park import Park

_SHARES = ("nat", "slow", "wrong", "deaths", "defects")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument("--count", type=int, default=10_000, help="boxes (10000)")
    parser.add_argument("--acs", required=True, metavar="URL", help="where they inform")
    parser.add_argument("--tr181", type=float, default=0.3, help="share with a TR-181 tree, the others have TR-098")
    for name in _SHARES:
        parser.add_argument(f"--{name}", type=float, default=0.0, metavar="SHARE", help=f"see docs/running.md: {name}")
    parser.add_argument("--slow-s", type=float, default=0.5, help="wait of a slow box before each message")
    parser.add_argument("--period", type=int, default=3600, metavar="SECONDS", help="PeriodicInformInterval")
    parser.add_argument("--rate", type=float, default=1.0, help="plant seconds in one wall second")
    parser.add_argument("--burst", action="store_true", help="all make their first contact at once")
    parser.add_argument("--concurrency", type=int, default=64, help="sessions at once of each 3,200 boxes")
    parser.add_argument("--control-port", type=int, default=0, help="of the first 3,200 boxes; the next ones follow")
    parser.add_argument(
        "--acs-login", default="", metavar="NAME:SECRET", help="what boxes as delivered tell an ACS that asks"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--devices", type=Path, metavar="FILE", help="write the identities (JSON), to be provisioned")
    parser.add_argument("--only-devices", action="store_true", help="write them and stop: no box informs")
    parser.add_argument(
        "--report", type=float, default=10.0, metavar="SECONDS", help="a line of counters every so often"
    )
    parser.add_argument("--once", action="store_true", help="stop when every box has been heard")


def run(options: argparse.Namespace, stop_event: Callable[[bool], asyncio.Event]) -> int:
    """Run the park until told to stop, or with ``--once`` until every box has been heard."""
    from simulators.cwmp_box.manners import Shares  # noqa: PLC0415 - other commands load no XML library
    from simulators.cwmp_box.park import ParkOptions, park  # noqa: PLC0415

    shares = Shares(**{name: getattr(options, name) for name in _SHARES}, slow_s=options.slow_s)
    chosen = ParkOptions(
        boxes=options.count,
        acs_url=options.acs,
        tr181=options.tr181,
        shares=shares,
        period_s=options.period,
        burst=options.burst and not options.only_devices,
        concurrency=options.concurrency,
        rate=options.rate,
        seed=options.seed,
        host=options.host,
        control_port=options.control_port,
        acs_login=_login(options.acs_login),
    )

    async def main() -> None:
        stop = stop_event(False)
        async with park(chosen) as live:
            if options.devices is not None:
                text = json.dumps(live.devices(), indent=0)
                await asyncio.to_thread(options.devices.write_text, text, "utf-8")
            if options.only_devices:
                return
            print(json.dumps({"boxes": live.size, "controls": live.controls}), flush=True)  # noqa: T201
            await _report(live, stop, options)

    asyncio.run(main())
    return 0


def _login(text: str) -> tuple[str, str]:
    name, _, secret = text.partition(":")
    return name, secret


async def _report(live: Park, stop: asyncio.Event, options: argparse.Namespace) -> None:
    began = time.perf_counter()
    ends: list[asyncio.Task[object]] = [asyncio.create_task(stop.wait())]
    if options.once:
        ends.append(asyncio.create_task(live.informed()))
    try:
        while True:
            done, _ = await asyncio.wait(ends, timeout=options.report, return_when=asyncio.FIRST_COMPLETED)
            print(json.dumps({"s": round(time.perf_counter() - began, 1), **asdict(live.stats)}), flush=True)  # noqa: T201
            if done:
                return
    finally:
        for task in ends:
            task.cancel()
        await asyncio.gather(*ends, return_exceptions=True)
