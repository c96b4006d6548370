"""The simulated plant of the demo, in a process of its own: it can be killed like the network it stands for."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulators.clock import SharedClock
from simulators.control import ControlClient

READY_S = 30.0
_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class DemoPlant:
    """A running plant.

    Attributes:
        snmp: Where its OLT answers SNMP.
        cli: Where its OLT's CLI answers SSH.
        control: Client of its control port.
        platform: Where each part of its Internet platform is.
        clock: Its clock, followed through the shared file.
        process: The process itself.
    """

    snmp: tuple[str, int]
    cli: tuple[str, int]
    control: ControlClient
    control_address: tuple[str, int]
    platform: Mapping[str, tuple[str, int]]
    clock: SharedClock
    process: asyncio.subprocess.Process


@asynccontextmanager
async def plant(  # noqa: PLR0913 - the options of one command
    clock: SharedClock,
    clock_file: Path,
    *,
    acs: str,
    radius: tuple[str, int],
    syslog: tuple[str, int],
    traps: tuple[str, int],
    description: Path,
    coa_port: int | None = None,
    reply_delay_ms: float = 0.0,
    control_port: int = 0,
) -> AsyncIterator[DemoPlant]:
    """Start a plant that speaks to this ACS, RADIUS intake and trap receiver; stops with the block, or this process."""
    command = [sys.executable, "-m", "simulators", "run", str(description)]
    command += ["--ready-json", "--exit-with-parent", "--clock", str(clock_file), "--acs", acs]
    command += ["--radius-acct", f"{radius[0]}:{radius[1]}", "--syslog", f"{syslog[0]}:{syslog[1]}"]
    if coa_port is not None:
        command += ["--coa-port", str(coa_port)]
    command += ["--traps", f"{traps[0]}:{traps[1]}"]
    command += ["--reply-delay-ms", str(reply_delay_ms), "--control-port", str(control_port)]
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=_ROOT,
    )
    try:
        ready = await _ready(process)
        control = ControlClient(*ready["control"])
        where = {name: (str(place[0]), int(place[1])) for name, place in ready.items() if _is_place(place)}
        yield DemoPlant(where["snmp"], where["cli"], control, where["control"], where, clock, process)
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


def _is_place(told: object) -> bool:
    return isinstance(told, list) and len(told) == 2 and isinstance(told[1], int)


async def _ready(process: asyncio.subprocess.Process) -> dict[str, Any]:
    assert process.stdout is not None
    try:
        line = await asyncio.wait_for(process.stdout.readline(), READY_S)
    except TimeoutError:
        line = b""
    if not line:
        raise RuntimeError("the simulated plant did not start; its own message stands above")
    ready: dict[str, Any] = json.loads(line)
    return ready
