"""TM Forum's conformance kits as they are published, run by newman against the interfaces of this service.

``python -m benchmarks.tmf_kits --newman newman TroubleTicketAPI=CTK-TMF621-….json ServiceTestAPI=CTK-TMF653-….json …``

Each argument names the variable that the kit takes its address from: ``ServiceTestAPI`` (TMF653), ``TroubleTicketAPI``
(TMF621), ``ServiceProblemAPI`` (TMF656), ``Alarm`` (TMF642). The kits are not ours to keep, and send no header of their
own: this service adds the token of its sandbox operator to whatever comes. Prints the requests and assertions of each
kit, and what failed; exits 1 when anything did.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.types import Receive, Scope, Send

from api.serve import serving
from tests.tmf.world import SANDBOX, site

BASES = {
    "ServiceTestAPI": "/tmf-api/serviceTestManagement/v4",
    "TroubleTicketAPI": "/tmf-api/troubleTicket/v4",
    "ServiceProblemAPI": "/tmf-api/serviceProblemManagement/v4",
    "Alarm": "/tmf-api/alarmManagement/v4/",
}
HOST = "127.0.0.1"


@asynccontextmanager
async def sandbox() -> AsyncIterator[int]:
    """The port of a service where whoever asks is the sandbox operator; a second passes with each request."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        async with site(Path(folder), patch) as world:
            token = world.tokens[f"{SANDBOX.operator_id}/{SANDBOX.account}"].encode()

            async def known(scope: Scope, receive: Receive, send: Send) -> None:
                world.clock.instant += timedelta(seconds=1)
                if scope["type"] == "http":
                    scope = {**scope, "headers": [*scope["headers"], (b"authorization", b"Bearer " + token)]}
                await world.app(scope, receive, send)

            async with serving(known, HOST, 0) as port:
                yield port


async def ran(newman: str, kit: Path, variable: str, address: str) -> Mapping[str, Any]:
    """What newman says of one kit."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        options = ("--env-var", f"{variable}={address}", "--reporters", "json", "--reporter-json-export", str(report))
        process = await asyncio.create_subprocess_exec(
            newman, "run", str(kit), *options, stdout=asyncio.subprocess.DEVNULL
        )
        await asyncio.wait_for(process.wait(), 300)
        found: Mapping[str, Any] = json.loads(await asyncio.to_thread(report.read_bytes))["run"]
        return found


async def main(newman: str, kits: Mapping[str, Path]) -> int:
    """Run each kit; the number of failures."""
    failed = 0
    async with sandbox() as port:
        for variable, kit in kits.items():
            run = await ran(newman, kit, variable, f"http://{HOST}:{port}{BASES[variable]}")
            asked, checked = run["stats"]["requests"], run["stats"]["assertions"]
            failed += len(run["failures"])
            print(
                f"{kit.name}: {asked['total']} requests, {asked['failed']} failed; "
                f"{checked['total']} assertions, {checked['failed']} failed"
            )
            for one in run["failures"]:
                print(f"  {one['source'].get('name')}: {one['error'].get('test')}: {one['error']['message'][:160]}")
    return failed


def _kit(text: str) -> tuple[str, Path]:
    variable, _, file = text.partition("=")
    if variable not in BASES or not Path(file).is_file():
        raise argparse.ArgumentTypeError(f"VARIABLE=FILE, VARIABLE one of {', '.join(BASES)}")
    return variable, Path(file)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--newman", default="newman", help="the command")
    parser.add_argument("kits", nargs="+", type=_kit, metavar="VARIABLE=FILE")
    asked = parser.parse_args()
    raise SystemExit(1 if asyncio.run(main(asked.newman, dict(asked.kits))) else 0)
