"""``python -m simulators fleet``: run a fleet and its windows until told to stop."""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from simulators.clock import SharedClock
from simulators.fleet.agent import DEFAULT_MEMORY, Address, Behaviour, FleetAgent
from simulators.fleet.cli import FleetCli
from simulators.fleet.control import FleetControl
from simulators.fleet.fleet import Fleet
from simulators.fleet.informs import Informs
from simulators.fleet.model import instant_us
from simulators.fleet.options import FleetOptions, load
from simulators.fleet.responder import DEFAULT_MESSAGE, MOST_REPETITIONS, Limits
from simulators.fleet.traps import FleetTraps
from simulators.plant.errors import DescriptionError
from simulators.plant.strict_yaml import problems_of
from simulators.snmp.usm_message import V3User

_SHOWN = 8


@dataclass(frozen=True, slots=True)
class RunningFleet:
    """A fleet in service."""

    fleet: Fleet
    clock: SharedClock
    clock_path: Path
    agent: FleetAgent
    control: FleetControl
    traps: FleetTraps | None
    cli: FleetCli | None


@asynccontextmanager
async def running(  # noqa: PLR0913 - the ways of running, by name
    options: FleetOptions,
    *,
    host: str = "127.0.0.1",
    port: int = 0,
    control_port: int = 0,
    behaviour: Behaviour | None = None,
    clock_path: Path | None = None,
    memory: int = DEFAULT_MEMORY,
    traps: Address | None = None,
    lost_gasps: float = 0.0,
    informs: bool = False,
    traps_v3: bool = False,
    cli: int = 0,
    cli_port: int = 0,
    user: V3User | None = None,
) -> AsyncIterator[RunningFleet]:
    """Run a fleet and its windows in this process while the context lasts; ``cli``: OLTs with a command line."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="fleet-")))
        path = clock_path or folder / "clock"
        clock = stack.enter_context(SharedClock.create(path, options.origin, options.rate))
        fleet = Fleet(options)
        agent = await stack.enter_async_context(
            FleetAgent(
                fleet,
                lambda: instant_us(clock.now()),
                host=host,
                port=port,
                behaviour=behaviour,
                memory=memory,
                user=user,
            )
        )
        speaks = None
        if traps:
            speaker = user if traps_v3 else None
            told = Informs() if informs else None
            speaks = FleetTraps(agent, [traps], lost_gasps=lost_gasps, informs=told, user=speaker)
        if speaks is not None:
            await stack.enter_async_context(speaks)
        control = await stack.enter_async_context(FleetControl(agent, clock, port=control_port))
        lines = FleetCli(fleet, agent.advance, olts=cli, host=host, port=cli_port) if cli else None
        if lines is not None:
            await stack.enter_async_context(lines)
        yield RunningFleet(fleet, clock, path, agent, control, speaks, lines)


def chosen(arguments: argparse.Namespace) -> FleetOptions:
    """The options of the fleet, from the file and the command line."""
    base = load(arguments.description) if arguments.description else FleetOptions()
    names = ("olts", "onts", "onts_per_pon", "xgs", "off", "seed", "community", "rate", "spread")
    given: dict[str, Any] = {name: value for name in names if (value := getattr(arguments, name)) is not None}
    if arguments.vendors:
        pairs = (part.partition("=") for part in arguments.vendors.split(","))
        given["vendors"] = {name: weight or 1.0 for name, _, weight in pairs}
    try:
        return FleetOptions.model_validate(base.model_dump() | given)
    except ValidationError as error:
        raise DescriptionError("the command line", problems_of(error)) from error


def run(arguments: argparse.Namespace, stop_event: Callable[[bool], asyncio.Event]) -> int:
    """Run until ``stop_event`` is set; prints the addresses, or one JSON line with all of them."""
    options = chosen(arguments)
    if arguments.traps_v3 and not arguments.v3:
        raise DescriptionError("the command line", ["--traps-v3 speaks as the user of --v3, which is not given"])
    behaviour = Behaviour(
        delay_s=arguments.delay_ms / 1000,
        service_s=arguments.service_ms / 1000,
        ddm_delay_s=arguments.ddm_delay_ms / 1000,
        loss=arguments.loss,
        limits=Limits(
            max_message=arguments.max_message or DEFAULT_MESSAGE,
            max_repetitions=arguments.max_repetitions or MOST_REPETITIONS,
            max_asked=arguments.too_big_above,
            drop_above=arguments.drop_above,
        ),
    )

    async def live() -> None:
        stop = stop_event(arguments.exit_with_parent)
        async with running(
            options,
            host=arguments.host,
            port=arguments.port,
            control_port=arguments.control_port,
            behaviour=behaviour,
            memory=arguments.cache_mb << 20 if arguments.cache_mb else DEFAULT_MEMORY,
            traps=arguments.traps,
            lost_gasps=arguments.lost_gasps,
            informs=arguments.informs,
            traps_v3=arguments.traps_v3,
            cli=arguments.cli,
            cli_port=arguments.cli_port,
            user=V3User.parse(arguments.v3) if arguments.v3 else None,
        ) as fleet:
            print(json.dumps(ready(fleet)) if arguments.ready_json else _welcome(fleet), flush=True)  # noqa: T201
            await stop.wait()

    asyncio.run(live())
    return 0


def ready(live: RunningFleet) -> dict[str, Any]:
    """What the starter of a fleet needs to know, ready for JSON."""
    options = live.fleet.options
    return {
        "olts": {name: list(address) for name, address in live.agent.addresses.items()},
        "vendors": {f"OLT-{number:05d}": live.fleet.vendor(number) for number in range(1, len(live.fleet) + 1)},
        "onts": options.onts,
        "community": options.community,
        "cli": {} if live.cli is None else {name: list(address) for name, address in live.cli.addresses.items()},
        "cli_username": options.cli_username,
        "cli_password": options.cli_password,
        "control": ["127.0.0.1", live.control.port],
        "clock": str(live.clock_path),
        "now": live.clock.now().isoformat(),
        "rate": live.clock.rate,
    }


def _welcome(live: RunningFleet) -> str:
    options, addresses = live.fleet.options, list(live.agent.addresses.items())
    lines = [f"fleet of {options.olts} OLTs of {options.onts} ONTs, seed {options.seed}, {live.clock.now():%F %T}Z"]
    lines += [f"  {name}  {host}:{port}" for name, (host, port) in addresses[:_SHOWN]]
    if len(addresses) > _SHOWN:
        name, (host, port) = addresses[-1]
        lines.append(f"  … to {name}  {host}:{port}")
    if live.cli is not None and live.cli.addresses:
        name, (host, port) = next(iter(live.cli.addresses.items()))
        lines.append(f"  CLI of {len(live.cli.addresses)} OLTs: ssh {options.cli_username}@{host} -p {port} for {name}")
    return "\n".join([*lines, f"  control    127.0.0.1:{live.control.port}"])
