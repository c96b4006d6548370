"""The service that `benchmarks.agents` asks: the demo plant, records filled, a fleet to poll; told over its pipes."""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import random
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta

from fastapi import FastAPI
from sqlalchemy import insert, select

from api.demo.asking import ask
from api.demo.running import INFRASTRUCTURE, OPERATOR, SUPPORT_RIGHTS, Demo, demo_service
from api.logs import configure
from api.loop import run
from api.serve import serving
from benchmarks.cycle import fleet
from domain.identifiers import Id1
from domain.olt import OltTarget
from domain.principal import Principal, Right
from storage.database import Database
from storage.tables import Base

_ACCESS, _DIAGNOSIS = Base.metadata.tables["access"], Base.metadata.tables["diagnosis"]
ID1 = "F00000015"
LIVE = (ID1, "F00000016", "F00000017")
READS = {
    "access": "/api/v1/accesses/{access}",
    "accesses, a page": "/api/v1/accesses?after={access}&limit=50",
    "results of an access": "/api/v1/accesses/{access}/diagnostics",
    "one result": "/api/v1/diagnostics/{diagnosis}",
    "history of an access": "/api/v1/accesses/{access}/history",
    "signalisations, a page": "/api/v1/tickets?limit=50",
    "one signalisation": "/api/v1/tickets/{ticket}",
    "incidents": "/api/v1/incidents",
    "telemetry, last values": "/api/v1/telemetry/last?access={live}&metric=ont.rx_power_dbm",
    "telemetry, a day": "/api/v1/telemetry/series?access={live}&metric=ont.rx_power_dbm",
}


@dataclass(frozen=True, slots=True)
class Seeded:
    """Where to ask, and of what."""

    host: str
    port: int
    trivial: int
    pid: int
    token: str
    accesses: list[str]
    diagnoses: list[str]
    tickets: list[str]
    live: tuple[str, ...] = LIVE

    def path(self, kind: str, rng: random.Random) -> str:
        """The address of one read of a kind."""
        return READS[kind].format(
            access=rng.choice(self.accesses),
            diagnosis=rng.choice(self.diagnoses),
            ticket=rng.choice(self.tickets),
            live=rng.choice(self.live),
        )


async def seeded(demo: Demo, accesses: int, trivial: int) -> Seeded:
    """Accesses, three results of the last hours for each, a signalisation for one of five."""
    who = Principal(OPERATOR, "agents", frozenset({*SUPPORT_RIGHTS, Right.INVENTORY}))
    issued = await demo.service.records.tokens.issue(who, demo.service.clock.now(), timedelta(days=1))
    done = (await ask(demo.client, ID1)).result["number"]
    names = [f"F{10_000_000 + number}" for number in range(accesses)]
    numbers = [f"{done[:12]}{1_000_000 + rank:07}" for rank in range(3 * accesses)]
    database = Database(demo.service.settings.database_url)
    async with database.write() as session:
        access, result = [
            dict((await session.execute(select(table).where(table.c[key] == value))).mappings().one())
            for table, key, value in ((_ACCESS, "id1", ID1), (_DIAGNOSIS, "number", done))
        ]
        own = dict.fromkeys(("id2", "olt", "ont", "box_oui", "box_serial", "ppp_username", "ont_serial"))
        await session.execute(insert(_ACCESS), [{**access, **own, "id1": name} for name in names])
        copies = [{**result, "number": one, "id1": names[rank // 3]} for rank, one in enumerate(numbers)]
        await session.execute(insert(_DIAGNOSIS), copies)
    await database.close()
    tickets: list[str] = []
    for name in names[:: max(accesses // 400, 1)]:
        draft, _ = await demo.service.tickets.draft(who, Id1(name), "84", {"nom_deposant": "DURAND Camille"})
        tickets.append(draft.number)
    host, _, port = demo.url.removeprefix("http://").partition(":")
    return Seeded(host, int(port), trivial, os.getpid(), issued.token.reveal(), names, numbers, tickets)


def nothing_but_fastapi() -> FastAPI:
    """A route that does nothing."""
    app = FastAPI()

    @app.get("/trivial")
    async def trivial() -> dict[str, str]:
        return {"status": "ok"}

    return app


async def _polled(demo: Demo, targets: Sequence[OltTarget], period_s: float, cycles_a_walk: int) -> None:
    """Read the whole fleet, a cycle each ``period_s`` seconds, of an OLT now and then a walk, beside what is asked."""
    polling = demo.service.collection.polling
    assert polling.telemetry is not None
    polling.telemetry = replace(polling.telemetry, walk_every=timedelta(seconds=cycles_a_walk * period_s))
    owner = Principal(INFRASTRUCTURE, "agents", frozenset({Right.INVENTORY}))
    mine = [replace(target, operator_id=INFRASTRUCTURE) for target in targets]
    for target in mine:
        await demo.service.inventory.put_olt(owner, target)
        await polling.poll_once(target)
    print(f"polling, a cycle of {len(mine)} OLTs each {period_s:.2f} s", flush=True)
    due = asyncio.get_running_loop().time()
    while True:
        await asyncio.gather(*(polling.cycle_once(target) for target in mine))
        due += period_s
        await asyncio.sleep(max(due - asyncio.get_running_loop().time(), 0.0))


async def _main(options: argparse.Namespace) -> None:
    async with (
        demo_service() as demo,
        serving(nothing_but_fastapi(), "127.0.0.1", 0) as trivial,
        fleet(options) as targets,
    ):
        print(json.dumps(asdict(await seeded(demo, options.accesses, trivial))), flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        period_s = options.olts * options.onts / options.pace
        polling = asyncio.create_task(_polled(demo, targets, period_s, options.cycles_a_walk))
        await asyncio.to_thread(sys.stdin.read)
        polling.cancel()
        await asyncio.gather(polling, return_exceptions=True)


def main() -> None:
    """Read the options and serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accesses", type=int, required=True)
    parser.add_argument("--olts", type=int, required=True)
    parser.add_argument("--onts", type=int, required=True)
    parser.add_argument("--pace", type=float, required=True)
    parser.add_argument("--cycles-a-walk", type=int, required=True)
    parser.set_defaults(delay_ms=0.0, vendor="huawei_smartax")
    configure(logging.ERROR)
    logging.disable(logging.WARNING)
    run(_main(parser.parse_args()))


if __name__ == "__main__":
    main()
