"""Inform load on the embedded ACS with its real store: CPU a session, sessions a second, p50/p99, RSS, actions.

``python -m benchmarks.acs [--sessions 3000] [--sizes 10 900 3200 5000] [--burst 10000]``. The boxes are raw asyncio
streams that speak hand-made CWMP, in a process of their own; the ACS, its store (SQLite on disk) and the readers of
results are in this one, whose CPU is what is printed. Each goal stands beside its figure: `benchmarks.park` has the
simulated boxes. Nothing is asserted: figures go to docs/performance.md.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import structlog
import uvloop

from collectors.boxes.app import AcsApp, acs_app
from collectors.boxes.connection_request import networks
from collectors.boxes.credentials import BoxCredentials
from collectors.boxes.server import AcsServer
from domain.box import KnownBox
from domain.box_actions import BoxResult, GetValues, SetValues
from domain.clock import WallClock
from domain.identifiers import DeviceId, Id1
from domain.secret import Secret
from storage.database import Database
from storage.migration import migrate
from storage.operators import Operator
from storage.records import Records
from storage.tables import AccessRow

KEY = Secret("a key of the benchmark")
OUI = "D8D775"
IGD = "InternetGatewayDevice."
INFORMED = {
    "DeviceSummary": "InternetGatewayDevice:1.4[](Baseline:1)",
    "DeviceInfo.SpecVersion": "1.0",
    "DeviceInfo.HardwareVersion": "253680418",
    "DeviceInfo.SoftwareVersion": "9.29.65_F5350_Box",
    "DeviceInfo.ProvisioningCode": "",
    "ManagementServer.ParameterKey": "",
    "WANDevice.3.WANConnectionDevice.1.WANPPPConnection.2.ExternalIPAddress": "203.0.113.10",
}
STATE = "WANDevice.3.WANConnectionDevice.1.WANPPPConnection.2.ConnectionStatus"


def serial(number: int) -> str:
    return f"BENCH{number:08d}"


def _envelope(body: str) -> str:
    return (
        '<soap:Envelope xmlns:soap="http://schemas.xmlsoap.org/soap/envelope/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns:xsd="http://www.w3.org/2001/XMLSchema" '
        'xmlns:cwmp="urn:dslforum-org:cwmp-1-2"><soap:Header><cwmp:ID soap:mustUnderstand="1">42</cwmp:ID>'
        f"</soap:Header><soap:Body>{body}</soap:Body></soap:Envelope>"
    )


def _post(body: str, cookie: str = "") -> bytes:
    extra = f"Cookie: {cookie}\r\n" if cookie else ""
    head = f"POST /acs HTTP/1.1\r\nHost: acs\r\nContent-Type: text/xml\r\n{extra}Content-Length: {len(body)}\r\n\r\n"
    return (head + body).encode()


def inform_body(number: int, event: str, port: int = 9) -> str:
    values = INFORMED | {"ManagementServer.ConnectionRequestURL": f"http://127.0.0.1:{port}/{number}"}
    items = "".join(
        f'<ParameterValueStruct><Name>{IGD}{name}</Name><Value xsi:type="xsd:string">{value}</Value>'
        "</ParameterValueStruct>"
        for name, value in values.items()
    )
    return _envelope(
        f"<cwmp:Inform><DeviceId><Manufacturer>Sagemcom</Manufacturer><OUI>{OUI}</OUI><ProductClass>F5350"
        f"</ProductClass><SerialNumber>{serial(number)}</SerialNumber></DeviceId><Event><EventStruct>"
        f"<EventCode>{event}</EventCode><CommandKey></CommandKey></EventStruct></Event><MaxEnvelopes>1</MaxEnvelopes>"
        "<CurrentTime>2026-01-01T00:00:00Z</CurrentTime><RetryCount>0</RetryCount>"
        f"<ParameterList>{items}</ParameterList></cwmp:Inform>"
    )


async def _answer(reader: asyncio.StreamReader) -> tuple[int, str, str]:
    """Status, cookie and body of one answer."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    fields = dict(line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
    body = await reader.readexactly(int(fields.get("content-length", "0")))
    cookie = next((line[12:] for line in head.split("\r\n") if line.lower().startswith("set-cookie: ")), "")
    return int(head.split(" ", 2)[1]), cookie, body.decode()


def _reply(request: str) -> str:
    """What a box that does everything answers."""
    if "GetParameterValues>" in request:
        names = request.split("<string>")[1:]
        items = "".join(
            f'<ParameterValueStruct><Name>{part.partition("<")[0]}</Name><Value xsi:type="xsd:string">'
            f"{'Connected' if STATE in part else 1}</Value></ParameterValueStruct>"
            for part in names
        )
        body = f"<ParameterList>{items}</ParameterList>"
        return _envelope(f"<cwmp:GetParameterValuesResponse>{body}</cwmp:GetParameterValuesResponse>")
    if "GetParameterNames>" in request:
        path = request.partition("<ParameterPath>")[2].partition("<")[0]
        items = "".join(
            f"<ParameterInfoStruct><Name>{IGD}{name}</Name><Writable>1</Writable></ParameterInfoStruct>"
            for name in (*INFORMED, STATE)
            if f"{IGD}{name}".startswith(path)
        )
        body = f"<ParameterList>{items}</ParameterList>"
        return _envelope(f"<cwmp:GetParameterNamesResponse>{body}</cwmp:GetParameterNamesResponse>")
    return _envelope("<cwmp:SetParameterValuesResponse><Status>0</Status></cwmp:SetParameterValuesResponse>")


async def _session(acs_port: int, number: int, event: str, url_port: int = 9) -> bool:
    """One whole session; whether it ended with 204."""
    reader, writer = await asyncio.open_connection("127.0.0.1", acs_port)
    try:
        writer.write(_post(inform_body(number, event, url_port)))
        status, cookie, _ = await _answer(reader)
        body = ""
        while status == 200:
            writer.write(_post(body, cookie))
            status, _, request = await _answer(reader)
            body = _reply(request)
    except (OSError, asyncio.IncompleteReadError):
        return False
    else:
        return status == 204
    finally:
        writer.close()


async def load(acs_port: int, event: str, sessions: int, concurrency: int, boxes: int) -> None:
    """The client process: so many sessions, then its figures as one line of JSON."""
    numbers = iter(range(sessions))
    seconds: list[float] = []
    failed = 0

    async def one_after_another() -> None:
        nonlocal failed
        for number in numbers:
            began = time.perf_counter()
            failed += not await _session(acs_port, number % boxes, event)
            seconds.append(time.perf_counter() - began)

    began = time.perf_counter()
    await asyncio.gather(*(one_after_another() for _ in range(concurrency)))
    elapsed = time.perf_counter() - began
    ordered = sorted(seconds)
    print(json.dumps({"failed": failed, "per_s": sessions / elapsed, "p50": statistics.median(ordered) * 1e3,
                      "p99": ordered[int(len(ordered) * 0.99) - 1] * 1e3}))  # fmt: skip


@dataclass(frozen=True)
class Site:
    """The ACS, its store and the port."""

    app: AcsApp
    records: Records
    port: int


@asynccontextmanager
async def site(folder: Path, boxes: int) -> AsyncIterator[Site]:
    url = f"sqlite+aiosqlite:///{folder / 'records.sqlite'}"
    await migrate(url)
    credentials = BoxCredentials(KEY)
    async with Records.opened(url, lambda device: credentials.of(device)[1]) as records:
        await records.operators.put(Operator("alpha", "Alpha"))
        await provisioned(url, [(f"F{number:08d}", OUI, serial(number)) for number in range(boxes)])
        app = acs_app(records.boxes, WallClock(), KEY, networks("127.0.0.0/8"))
        async with AcsServer(app, "127.0.0.1", 0) as server:
            yield Site(app, records, server.port)


async def provisioned(url: str, boxes: list[tuple[str, str, str]]) -> None:
    """Accesses with their boxes, in one transaction."""
    rows = [
        {"operator_id": "alpha", "id1": id1, "offer_label": "Just Fibre", "service_type": "FTTHMB1P",
         "optical_class": "B+", "box_oui": oui, "box_serial": number}
        for id1, oui, number in boxes
    ]  # fmt: skip
    if rows:
        async with Database.opened(url) as database, database.write() as session:
            await session.execute(database.insert(AccessRow), rows)


async def _load(here: Site, event: str, sessions: int, concurrency: int, boxes: int) -> tuple[dict[str, float], float]:
    """The client's figures, and the CPU seconds that this process spent meanwhile."""
    before = time.process_time()
    arguments = ["--client", str(here.port), event, str(sessions), str(concurrency), str(boxes)]
    client = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "benchmarks.acs", *arguments, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await client.communicate()
    return json.loads(out), time.process_time() - before


def _rss_mb() -> float:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * resource.getpagesize() / 1e6


async def informs(sizes: list[int], sessions: int, concurrency: int, boxes: int) -> None:
    cost: dict[int, float] = {}
    for size in sizes:
        with tempfile.TemporaryDirectory() as folder:
            async with site(Path(folder), boxes) as here:
                await _load(here, "2 PERIODIC", boxes, concurrency, boxes)  # first contacts
                tree = {f"{IGD}LANDevice.1.X_BENCH.{n}.Value": f"value {n}" for n in range(size)}
                for number in range(boxes):
                    known = KnownBox("alpha", Id1(f"F{number:08d}"), DeviceId(OUI, serial(number)))
                    await here.records.boxes.keep_parameters(known, tree, datetime.now(UTC))
                figures, cpu_s = await _load(here, "2 PERIODIC", sessions, concurrency, boxes)
        cost[size] = cpu_s / sessions * 1e3
        print(
            f"  {size:>5} parameters stored   {cost[size]:5.2f} ms CPU a session (goal 1.00)"
            f"   {figures['per_s']:6.0f}/s"
            f"   p50 {figures['p50']:6.1f} ms   p99 {figures['p99']:6.1f} ms"
            f"   refused or lost {figures['failed']:.0f} (goal 0)   RSS {_rss_mb():4.0f} MB",
            flush=True,
        )
    least, most = min(sizes), max(sizes)
    more = (cost[most] / cost[least] - 1) * 100
    print(f"  {most} parameters beside {least}: {more:+.0f} % of CPU (goal +20 % at most)")


async def burst(boxes: int, concurrency: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        async with site(Path(folder), boxes) as here:
            await _load(here, "0 BOOTSTRAP", boxes, concurrency, boxes)
            figures, cpu_s = await _load(here, "2 PERIODIC", boxes, concurrency, boxes)
            completed = here.app.stats.completed
    print(
        f"  burst of {boxes} boxes, {concurrency} at once   {cpu_s / boxes * 1e3:5.2f} ms CPU"
        f"   {figures['per_s']:6.0f}/s"
        f"   p50 {figures['p50']:6.1f} ms   p99 {figures['p99']:6.1f} ms"
        f"   refused or lost {figures['failed']:.0f} (goal 0)   completed {completed} of {2 * boxes}"
        f"   RSS {_rss_mb():4.0f} MB",
        flush=True,
    )


async def actions(count: int) -> None:
    """From an action asked to its result: call, session, answer; the box is in this process too."""
    with tempfile.TemporaryDirectory() as folder:
        async with site(Path(folder), 1) as here:
            tasks: set[asyncio.Task[bool]] = set()

            async def called(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                head = b""
                while b"uthorization:" not in head:
                    head = await reader.readuntil(b"\r\n\r\n")
                    challenge = b'WWW-Authenticate: Digest realm="b", nonce="5a", qop="auth"\r\n'
                    ok = b"uthorization:" in head
                    writer.write(
                        b"HTTP/1.1 %d X\r\n%sContent-Length: 0\r\n\r\n" % ((200, b"") if ok else (401, challenge))
                    )
                writer.close()
                task = asyncio.create_task(_session(here.port, 0, "6 CONNECTION REQUEST", port))
                tasks.add(task)
                task.add_done_callback(tasks.discard)

            async with await asyncio.start_server(called, "127.0.0.1", 0) as listening:
                port = listening.sockets[0].getsockname()[1]
                await _session(here.port, 0, "2 PERIODIC", port)
                known = await here.records.boxes.find(DeviceId(OUI, serial(0)))
                assert known is not None
                for name, action in (
                    ("get one value", GetValues((f"{IGD}DeviceInfo.UpTime",))),
                    ("set one value", SetValues({f"{IGD}DeviceInfo.ProvisioningCode": "1"})),
                ):
                    seconds = []
                    for number in range(count):
                        began = time.perf_counter()
                        result: BoxResult = await here.app.actions.act(known, action, f"k{number}", 10)
                        seconds.append(time.perf_counter() - began)
                        assert result.done, result
                    ordered = sorted(seconds)
                    p50, p99 = statistics.median(ordered), ordered[int(len(ordered) * 0.99) - 1]
                    print(
                        f"  {name}, from request to result   p50 {p50 * 1e3:5.1f} ms (goal 50)   p99 {p99 * 1e3:5.1f}"
                    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=3000)
    parser.add_argument("--concurrency", type=int, default=16)
    parser.add_argument("--boxes", type=int, default=200)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10, 900, 3200, 5000])
    parser.add_argument("--burst", type=int, default=10_000)
    parser.add_argument("--actions", type=int, default=200)
    parser.add_argument("--client", nargs=5, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.client:
        port, event, sessions, concurrency, boxes = args.client
        uvloop.run(load(int(port), event, int(sessions), int(concurrency), int(boxes)))
        return
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    uvloop.run(informs(args.sizes, args.sessions, args.concurrency, args.boxes))
    if args.burst:
        uvloop.run(burst(args.burst, 200))
    if args.actions:
        uvloop.run(actions(args.actions))


if __name__ == "__main__":
    main()
