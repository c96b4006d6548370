"""Téléactions under kills -9: executed twice, lost, left unknown, told wrongly.

``python -m benchmarks.teleaction_kills [--actions 1000] [--kills 20]``. The service (API, worker, ACS as one) runs
on a simulated plant in a process of its own. A client asks for téléactions on many boxes, each with its idempotency
key, and asks again when the service is gone. The service is killed at random instants and started again at once. Then
what the boxes executed is compared with what the records say, the audit trail is verified, and one row is altered.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import socket
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

from api.bootstrap import running
from api.demo.plant import plant
from api.records import opened
from api.serve import http
from api.settings import Settings
from domain.clock import WallClock
from domain.principal import Principal, Right
from simulators.clock import SharedClock
from simulators.inventory import inventory
from simulators.plant.description import load
from simulators.plant.layout import build
from simulators.plant.random_plant import random_plant, written
from storage.migration import migrate
from storage.operators import Operator
from storage.records import Records

ROOT = Path(__file__).resolve().parents[1]
INFRASTRUCTURE, OPERATOR = "OI-BENCH", "397480930"
AT_ONCE = 24
ROUND: tuple[tuple[str, dict[str, Any]], ...] = (
    ("box_reboot", {}),
    ("box_wifi_channel", {"radio": 1, "channel": 11}),
    ("box_ppp_reconnect", {}),
    ("box_lan_port", {"port": 2, "on": False}),
    ("box_ping", {"host": "192.0.2.1"}),
)
KINDS = {
    "box_reboot": "Reboot",
    "box_wifi_channel": "SetParameterValues",
    "box_ppp_reconnect": "SetParameterValues",
    "box_lan_port": "SetParameterValues",
    "box_ping": "Diagnostics",
}


def _told(value: Any) -> str:
    """What JSON has no word for: secrets, which the other process needs, and the rest as text."""
    return str(value.get_secret_value()) if isinstance(value, SecretStr) else str(value)


@dataclass
class Service:
    """The service, killed and started again."""

    settings: Settings
    folder: Path
    process: asyncio.subprocess.Process | None = None
    ready: asyncio.Event = field(default_factory=asyncio.Event)

    async def start(self) -> None:
        (self.folder / "settings.json").write_text(json.dumps(self.settings.model_dump(), default=_told))
        self.process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "benchmarks.teleaction_kills", "--child", str(self.folder),
            cwd=ROOT, stdout=asyncio.subprocess.PIPE, stderr=(self.folder / "service.log").open("a"),
        )  # fmt: skip
        assert self.process.stdout is not None
        while line := await self.process.stdout.readline():
            if line.startswith(b"ready"):
                self.ready.set()
                return
        raise RuntimeError((self.folder / "service.log").read_text()[-2000:])

    async def kill(self) -> None:
        assert self.process is not None
        self.ready.clear()
        self.process.kill()
        await self.process.wait()


async def child(folder: Path) -> None:
    """The service, until it is killed."""
    settings = Settings(_env_file=None, **json.loads((folder / "settings.json").read_text()))
    with SharedClock.follow(folder / "clock") as clock:
        async with running(settings, clock) as service, http(service, settings.host, settings.port):
            sys.stdout.write("ready\n")
            sys.stdout.flush()
            await asyncio.Event().wait()


@dataclass
class Asked:
    """What the client knows of its requests, by idempotency key."""

    numbers: dict[str, str] = field(default_factory=dict)
    actions: dict[str, str] = field(default_factory=dict)
    states: dict[str, str] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)
    ended: int = 0


class Client:
    """Asks, and asks again when the service is gone."""

    def __init__(self, service: Service, http_client: httpx.AsyncClient, wanted: int) -> None:
        self.asked = Asked()
        self._service = service
        self._http = http_client
        self._wanted = wanted

    async def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        while True:
            await self._service.ready.wait()
            try:
                answer = await self._http.request(method, path, **options)
            except httpx.TransportError:
                await asyncio.sleep(0.1)
                continue
            if answer.status_code < 500:
                return answer
            await asyncio.sleep(0.1)

    async def access(self, id1: str, turns: list[tuple[str, dict[str, Any]]]) -> None:
        for turn, (action, parameters) in enumerate(turns):
            if len(self.asked.numbers) >= self._wanted:
                return
            key = f"{id1}-{turn}-{action}"
            body = {"action": action, "parameters": parameters, "reason": "banc d'essai"}
            answer = await self.call(
                "POST", f"/api/v1/accesses/{id1}/teleactions", json=body, headers={"Idempotency-Key": key}
            )
            if answer.status_code != 202:
                self.asked.refused[answer.json()["detail"]] += 1
                continue
            number = answer.json()["number"]
            self.asked.numbers[key], self.asked.actions[number] = number, action
            await self._wait(number)

    async def reached(self, ended: float) -> None:
        """Return once so many téléactions have ended."""
        while self.asked.ended < ended:  # noqa: ASYNC110 - ten times a second is enough to choose when to kill
            await asyncio.sleep(0.1)

    async def _wait(self, number: str) -> None:
        while True:
            found = (await self.call("GET", f"/api/v1/teleactions/{number}")).json()
            self.asked.states[number] = found["state"]
            if found["final"]:
                self.asked.ended += 1
                return
            await asyncio.sleep(0.3)


async def killing(service: Service, client: Client, kills: int, wanted: int, chance: random.Random) -> int:
    """Kill at random instants, spread over the whole run."""
    done = 0
    for number in range(kills):
        await client.reached(wanted * (number + 0.5) / (kills + 1))
        await asyncio.sleep(chance.uniform(0, 1.0))
        await service.kill()
        done += 1
        await service.start()
    return done


def free_ports(kind: socket.SocketKind, count: int) -> list[int]:
    sockets = [socket.socket(socket.AF_INET, kind) for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


@asynccontextmanager
async def site(
    folder: Path, onts: int, firmwares: Path | None = None
) -> AsyncIterator[tuple[Service, httpx.AsyncClient, Any, list[str]]]:
    """A plant, a service in front of it, its accesses provisioned, its boxes known."""
    file = folder / "plant.yaml"
    file.write_text(written(random_plant(1, onts=onts, pons=4 + onts // 64, vendor="nokia_isam")), encoding="utf-8")
    description = load(file)
    web, acs = free_ports(socket.SOCK_STREAM, 2)
    radius, syslog, traps = free_ports(socket.SOCK_DGRAM, 3)
    settings = Settings.ephemeral(folder).model_copy(
        update={
            "port": web, "acs_port": acs, "radius_port": radius, "syslog_port": syslog, "trap_port": traps,
            "radius_secret": SecretStr(description.credentials.radius_secret), "teleaction_patience": 0.5,
            "firmware_catalogue": firmwares,
        }
    )  # fmt: skip
    await migrate(settings.database_url)
    async with opened(settings, WallClock()) as records:
        tokens = await _tokens(records)
    clock_file = folder / "clock"
    async with AsyncExitStack() as stack:
        clock = stack.enter_context(SharedClock.create(clock_file, description.clock.origin))
        service = Service(settings, folder)
        await service.start()
        stack.push_async_callback(service.kill)
        simulated = await stack.enter_async_context(
            plant(
                clock,
                clock_file,
                acs=f"http://127.0.0.1:{acs}/",
                radius=("127.0.0.1", radius),
                syslog=("127.0.0.1", syslog),
                traps=("127.0.0.1", traps),
                description=file,
            )
        )
        client = await stack.enter_async_context(httpx.AsyncClient(base_url=f"http://127.0.0.1:{web}", timeout=30))
        ids = await _provision(client, tokens, description, simulated)
        await simulated.control.call("orders", restart_s=1.0)
        for ont in ids.values():
            await simulated.control.call("announce", ont=ont)
        yield service, client, simulated, list(ids)


async def _tokens(records: Records) -> dict[str, str]:
    tokens: dict[str, str] = {}
    for name, operator, rights in (
        ("network", INFRASTRUCTURE, {Right.INVENTORY, Right.NOC}),
        ("support", OPERATOR, {Right.TEST, Right.TELEACTION, Right.INVENTORY}),
    ):
        await records.operators.put(Operator(operator, operator, operator == INFRASTRUCTURE))
        who = Principal(operator, f"bench.{name}", frozenset(rights))
        issued = await records.tokens.issue(who, datetime(2000, 1, 1, tzinfo=UTC), timedelta(days=36500))
        tokens[name] = issued.token.reveal()
    return tokens


async def _provision(
    client: httpx.AsyncClient, tokens: dict[str, str], description: Any, simulated: Any
) -> dict[str, str]:
    records = inventory(description)
    olt = dict(records["olt"])
    name = olt.pop("name")
    olt["host"], olt["port"] = simulated.snmp
    olt["cli"] = {**olt["cli"], "host": simulated.cli[0], "port": simulated.cli[1]}
    olt["community"] = olt.pop("snmp")["community"]
    headers = {"Authorization": f"Bearer {tokens['network']}"}
    (await client.put(f"/api/v1/olts/{name}", json=olt, headers=headers)).raise_for_status()
    rows = records["outside_plant"]
    (await client.put(f"/api/v1/olts/{name}/outside-plant", json=rows, headers=headers)).raise_for_status()
    client.headers["Authorization"] = f"Bearer {tokens['support']}"
    ids: dict[str, str] = {}
    for number, ont in enumerate(build(description).onts.values()):
        ids[f"F{number:08d}"] = str(ont.name)
        box = {"oui": ont.box.device.oui, "serial": ont.box.device.serial}
        body = {
            "id1": f"F{number:08d}", "offer_label": "Banc", "service_type": "FTTHMB1P", "box": box,
            "ppp_username": ont.box.ppp_username, "place": {"olt": name, "ont": str(ont.name)},
        }  # fmt: skip
        (await client.put(f"/api/v1/accesses/F{number:08d}", json=body)).raise_for_status()
    return ids


def judged(asked: Asked, executed: list[dict[str, Any]], settings: Settings) -> dict[str, int]:
    """What the boxes did against what the records say."""
    times = Counter((one["kind"], one["key"]) for one in executed if one["key"])
    path = settings.database_url.partition(":///")[2]
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as database:
        rows = database.execute("SELECT number, action, state, acting_at, effect FROM teleaction").fetchall()
        jobs = database.execute("SELECT count(*) FROM teleaction_job").fetchone()[0]
        entries = database.execute("SELECT number, kind, body FROM audit").fetchall()
    workers: dict[str, str] = {n: json.loads(body)["worker"] for n, kind, body in entries if kind == "acting"}
    ends = {n: json.loads(body)["worker"] for n, kind, body in entries if kind == "ended"}
    accepted = [row for row in rows if row[2] != "refusée"]
    found = Counter[str]()
    for number, action, state, acting_at, effect in accepted:
        did = times[KINDS[action], f"ta-{number}"]
        found["executed twice"] += did > 1
        found["unknown at the end"] += state in ("inconnue", "sans preuve", "demandée", "en cours")
        found["done, says the record, and was not"] += state == "faite" and not did
        found["not done, says the record, and was"] += state in ("sans effet", "échouée") and did > 0
        found["interrupted between mark and end"] += acting_at is not None and workers[number] != ends.get(number)
        found[f"state {state}"] += 1
        lost = "was lost" in json.loads(effect or '{"text": ""}')["text"]  # of a test: nothing is claimed
        wrong = not lost and (state in ("sans effet", "échouée")) == (did > 0)
        if wrong or state != "faite":
            found[f"{'told wrongly: ' if wrong else ''}{action} {state}: {json.loads(effect)['text']}"] += 1
    known = {row[0] for row in accepted}
    found["accepted and lost"] = len(set(asked.numbers.values()) - known)
    found["kept twice for one request"] = len(known) - len(set(asked.numbers.values()))
    found["jobs left"] = jobs
    found["unknown at some time"] = len({n for n, kind, _ in entries if kind == "unknown"})
    return dict(found)


async def tampered(settings: Settings) -> tuple[int, str, str]:
    """Verify the trail; alter one row behind the triggers' back, verify; drop another, verify."""
    async with opened(settings, WallClock()) as records:
        whole = await records.audit.verify()
        assert not whole.breaks, whole.breaks
        path = settings.database_url.partition(":///")[2]
        with sqlite3.connect(path) as database:
            for statement in ("UPDATE audit SET body = '{}' WHERE seq = 100", "DELETE FROM audit WHERE seq = 200"):
                try:
                    database.execute(statement)
                    raise AssertionError("the trigger let it pass")
                except sqlite3.IntegrityError:
                    pass
            database.executescript(
                "DROP TRIGGER audit_no_update; DROP TRIGGER audit_no_delete;"
                "UPDATE audit SET body = body || ' ' WHERE seq = 100;"
                "DELETE FROM audit WHERE seq = 200;"
            )
        found = await records.audit.verify()
    said = {one.seq: one.what for one in found.breaks}
    return whole.entries, said.get(100, "not found"), said.get(200, "not found")


async def measure(actions: int, kills: int, onts: int) -> bool:
    chance = random.Random(1)
    with tempfile.TemporaryDirectory(prefix="bench-teleactions-") as name:
        folder = Path(name)
        async with site(folder, onts) as (service, http_client, simulated, ids):
            client = Client(service, http_client, actions)
            gate = asyncio.Semaphore(AT_ONCE)

            async def one(id1: str) -> None:
                async with gate:
                    await client.access(id1, chance.sample(ROUND, len(ROUND)))

            began = time.perf_counter()
            killer = asyncio.create_task(killing(service, client, kills, actions, chance))
            await asyncio.gather(*(one(id1) for id1 in ids))
            print(f"ended: {client.asked.ended}, refused: {dict(client.asked.refused)}", flush=True)
            done = await asyncio.wait_for(killer, 30)
            elapsed = time.perf_counter() - began
            executed = await simulated.control.call("orders")
        found = judged(client.asked, executed, service.settings)
        entries, altered, missing = await tampered(service.settings)
    print(f"{len(client.asked.numbers)} téléactions on {len(ids)} boxes, {done} kills -9, {elapsed:.0f} s")
    for what, count in sorted(found.items()):
        print(f"  {what}: {count}")
    for what, count in client.asked.refused.items():
        print(f"  refused: {what}: {count}")
    print(f"  audit: {entries} entries verified; altered row: {altered}; dropped row: {missing}")
    bad = ("executed twice", "unknown at the end", "accepted and lost", "kept twice for one request", "jobs left")
    return not any(found.get(what) for what in bad) and (altered, missing) == ("altered", "missing")


def main() -> int:
    """Read the options; 1 when something was lost, done twice or left unknown."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.teleaction_kills")
    parser.add_argument("--actions", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--onts", type=int, default=256)
    parser.add_argument("--child", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        asyncio.run(child(Path(options.child)))
    return 0 if asyncio.run(measure(options.actions, options.kills, options.onts)) else 1


if __name__ == "__main__":
    sys.exit(main())
