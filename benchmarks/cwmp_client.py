"""Any TR-069 client against the ACS of the service, as its author wrote it: what works, one exchange after another.

``python -m benchmarks.cwmp_client --oui OUI --serial SERIAL -- COMMAND …`` starts the service with one access for that
box, then the command, in which ``{url}`` stands for the address of the ACS (``ACS_URL`` too), and prints what came of
each exchange: first contact, live read, names, values, sets, objects, transfers, tests, restarts, periodic Informs.
``docs/interoperability.md`` has the clients that were tried. Exits 1 when the box is never heard.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog
from pydantic import SecretStr

from api.bootstrap import Service, running
from api.clock import WallTime
from api.settings import Settings
from domain import box_actions as act
from domain.access import Access
from domain.box import KnownBox
from domain.box_actions import BoxAction, BoxResult, Diagnostic
from domain.identifiers import DeviceId, Id1
from domain.principal import Principal, Right
from simulators.streams import StreamServer
from storage.operators import Operator

WHO = Principal("demo", "interoperability", frozenset(Right))
FILE = bytes(100_000)
STATS = ("informs", "completed", "rpcs", "faults", "malformed", "unexpected", "superseded", "orphans", "expired")


def firmware_of(options: argparse.Namespace) -> bytes:
    """What a firmware download gives: zeros, or a file for a client that reads it."""
    return Path(options.firmware).read_bytes() if options.firmware else FILE


def exchanges(options: argparse.Namespace, files: str) -> Iterator[tuple[str, BoxAction, float]]:
    """Each exchange: its name, what is asked, and how long it may take, s."""
    root = f"{options.root}."
    firmware, code = root + "DeviceInfo.SoftwareVersion", root + "DeviceInfo.ProvisioningCode"
    yield "methods", act.GetMethods(), 12
    yield "one value", act.GetValues((firmware,)), 12
    if options.unknown:
        yield "a name that it has not", act.GetValues((root + "DeviceInfo.NoSuchName",)), 12
    yield "set", act.SetValues({code: "essai"}), 12
    yield "read back", act.GetValues((code,)), 12
    if options.unknown:
        yield "set what is read-only", act.SetValues({firmware: "0"}), 12
    yield "names", act.GetNames(root + "ManagementServer."), 12
    yield "attributes", act.GetAttributes((firmware,)), 12
    yield "set attributes", act.SetAttributes({firmware: 2}), 12
    if options.objects:
        yield "add an object", act.AddObject(options.objects), 12
    image = len(firmware_of(options))
    yield "download", act.Download("1 Firmware Upgrade Image", f"{files}/firmware", size=image), 30
    yield "download that fails", act.Download("1 Firmware Upgrade Image", "http://127.0.0.1:9/none"), 30
    yield "upload", act.Upload(options.upload, f"{files}/log"), 30
    yield "scheduled Inform", act.ScheduleInform(2), 12
    yield "ping", act.Diagnose(Diagnostic.PING, "127.0.0.1", count=2), 40
    yield "traceroute", act.Diagnose(Diagnostic.TRACEROUTE, "127.0.0.1"), 40
    yield "speed test, download", act.Diagnose(Diagnostic.DOWNLOAD, f"{files}/speed", size=len(FILE)), 40
    yield "speed test, upload", act.Diagnose(Diagnostic.UPLOAD, f"{files}/speed", size=len(FILE)), 40
    yield "reboot", act.Reboot(), 60
    yield "factory reset", act.FactoryReset(), 60


def told(result: BoxResult) -> str:
    """One result in a line."""
    fault = "" if result.fault is None else f"fault {result.fault.code} {result.fault.text}"
    if result.fault is not None and result.fault.parameters:
        fault += " ".join(f" {name.rsplit('.', 1)[-1]} {code}" for name, code in result.fault.parameters.items())
    values = ", ".join(f"{name.rsplit('.', 1)[-1]}={value}" for name, value in list(result.values.items())[:4])
    instance = "" if result.instance is None else f"instance {result.instance}"
    return "; ".join(part for part in (fault, instance, values, result.message) if part)


class Trial:
    """The service and one client."""

    def __init__(self, service: Service, options: argparse.Namespace) -> None:
        self._service = service
        self._options = options
        device = DeviceId(options.oui, options.serial)
        self._access = Access(WHO.operator_id, Id1("F00000001"), None, "essai", "FTTHMB1P", None, box=device)

    async def prepare(self) -> None:
        """The access that the box belongs to: an unknown box is parked."""
        await self._service.records.operators.put(Operator(WHO.operator_id, "Essai"))
        await self._service.lifecycle.provision(WHO, self._access)

    async def heard(self, client: asyncio.subprocess.Process) -> bool:
        """Whether the box ended a session within ``--patience``."""
        stats = self._service.acs.stats
        await _seen(lambda: stats.completed or client.returncode is not None, self._options.patience)
        print(f"{'first contact':24} {'done' if stats.completed else 'nothing heard'}: {stats.rpcs} requests")
        return bool(stats.completed)

    async def run(self, files: str) -> None:
        """Every exchange, one after another."""
        found = await self._service.acs.gateway.read(await self._box(), 15)
        values = sum(reading.known for reading in found.readings.values.values())
        print(f"{'live read':24} {found.sources[0].outcome}: {values} values")
        for name, action, patience_s in exchanges(self._options, files):
            await self._one(name, action, patience_s)

    async def _one(self, name: str, action: BoxAction, patience_s: float) -> None:
        began = time.monotonic()
        result = await self._service.acs.actions.act(await self._box(), action, name[:32], patience_s)
        print(f"{name:24} {result.outcome:9} {time.monotonic() - began:5.1f} s  {told(result)}", flush=True)
        if isinstance(action, act.AddObject) and result.instance is not None:
            await self._one("delete it", act.DeleteObject(f"{action.path}{result.instance}."), patience_s)

    async def secured(self) -> None:
        """Whether the box logs in with the secret of its own that it was given."""
        print(f"{'a secret of its own':24} {'used' if (await self._box()).secured else 'not used'}")

    async def periodic(self) -> None:
        """Whether the box informs by itself within ``--periodic`` seconds."""
        stats = self._service.acs.stats
        before = stats.completed + stats.open_sessions  # the one that told of the reset may last still
        await _seen(lambda: stats.completed > before, self._options.periodic)
        print(f"{'periodic Informs':24} {'done' if stats.completed > before else 'none seen'}")
        print("  ".join(f"{name} {getattr(stats, name)}" for name in STATS))

    async def _box(self) -> KnownBox:
        box = await self._service.records.boxes.of_access(self._access)
        assert box is not None
        return box


async def _ended(client: asyncio.subprocess.Process) -> None:
    if client.returncode is None:
        client.terminate()
    try:
        await asyncio.wait_for(client.wait(), 10)
    except TimeoutError:
        client.kill()


async def _seen(what: Callable[[], object], seconds: float) -> None:
    for _ in range(int(seconds / 0.2)):
        if what():
            return
        await asyncio.sleep(0.2)


@asynccontextmanager
async def file_server(firmware: bytes) -> AsyncIterator[str]:
    """Takes what is sent to it, and gives the firmware, or the same zeros whatever else is asked."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        if "100-continue" in head:
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        if length := re.search(r"^Content-Length: (\d+)", head, re.IGNORECASE | re.MULTILINE):
            await reader.readexactly(int(length[1]))
        elif "chunked" in head.lower():
            await reader.readuntil(b"0\r\n\r\n")
        body = b"" if not head.startswith("GET") else firmware if head.startswith("GET /firmware ") else FILE
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n" % len(body) + body)
        await writer.drain()

    async with StreamServer(serve, "127.0.0.1") as server:
        yield f"http://127.0.0.1:{server.port}"


async def main(options: argparse.Namespace) -> int:
    """Run a client; 1 when it is never heard."""
    with tempfile.TemporaryDirectory() as name:
        settings = Settings.ephemeral(Path(name))
        if options.secret:
            secret = {"acs_auth": "required", "acs_bootstrap_secret": SecretStr(options.secret)}
            settings = settings.model_copy(update=secret)
        async with running(settings, WallTime()) as service, file_server(firmware_of(options)) as files:
            trial = Trial(service, options)
            await trial.prepare()
            url = f"http://127.0.0.1:{service.acs_port}/"
            command = [word.replace("{url}", url) for word in options.command]
            output = asyncio.subprocess.DEVNULL if options.quiet else None
            client = await asyncio.create_subprocess_exec(
                *command, env=os.environ | {"ACS_URL": url}, stdout=output, stderr=output
            )
            try:
                if not await trial.heard(client):
                    return 1
                await trial.run(files)
                await trial.periodic()
                if options.secret:
                    await trial.secured()
            finally:
                await _ended(client)
    return 0


def parsed(arguments: list[str] | None = None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="benchmarks.cwmp_client", description=__doc__)
    told_of: list[tuple[str, str, Callable[[str], object], object]] = [
        ("--oui", "OUI that the client says it has", str, None),
        ("--serial", "serial number that the client says it has", str, None),
        ("--root", "root object of its data model", str, "InternetGatewayDevice"),
        ("--secret", "bootstrap secret that the client logs in with: the ACS then requires it", str, ""),
        ("--objects", "path under which an object is added", str, ""),
        ("--firmware", "file that a firmware download gives, for a client that reads it", str, ""),
        ("--upload", "file type of the upload", str, "1 Vendor Configuration File"),
        ("--patience", "seconds to the first contact", float, 20.0),
        ("--periodic", "seconds in which it must inform by itself", float, 40.0),
    ]
    for flag, help_text, kind, default in told_of:
        parser.add_argument(flag, help=help_text, type=kind, default=default, required=default is None)
    parser.add_argument("--known-names", dest="unknown", action="store_false", help="ask no name that it has not")
    parser.add_argument("--quiet", action="store_true", help="hide what the client prints")
    parser.add_argument("command", nargs="+", help="the client and its arguments, after --")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    structlog.configure(processors=[lambda *_: (_ for _ in ()).throw(structlog.DropEvent)])
    sys.exit(asyncio.run(main(parsed())))
