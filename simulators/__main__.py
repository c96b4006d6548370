"""``python -m simulators``: run a plant, command one that runs, print its inventory, replay a recording."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import structlog

from domain.errors import InvalidValueError
from simulators.boxes_command import add_arguments as add_boxes_arguments
from simulators.boxes_command import run as run_boxes
from simulators.clock import ClockFileError
from simulators.commands import add_commands, add_fault_arguments, add_settings, fault_call, scenario_path
from simulators.control import DEFAULT_PORT, ControlClient, ControlError
from simulators.fault_proxy import FaultProxy, Harm
from simulators.fleet.arguments import add_arguments as add_fleet_arguments
from simulators.inventory import inventory
from simulators.plant.description import load
from simulators.plant.errors import CommandError, DescriptionError
from simulators.run import DEMO_PLANT, LOST_GASPS, RunningPlant, RunOptions, ready, serve


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code is 0, 1 when it failed, 2 when it was not understood."""
    options = _parser().parse_args(arguments)
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))  # the standard output is the answer
    try:
        command: Callable[[argparse.Namespace], int] = options.command
        return command(options)
    except (DescriptionError, CommandError, ControlError, ClockFileError, InvalidValueError, OSError) as error:
        print(f"simulators: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m simulators", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_run(commands.add_parser("run", help="start a plant and its windows, until SIGTERM or SIGINT"))
    provision = commands.add_parser("inventory", help="what an operator would provision of a plant, as JSON")
    provision.add_argument("plant", nargs="?", type=Path, default=DEMO_PLANT)
    provision.set_defaults(command=_inventory)
    _add_replay(commands.add_parser("replay", help="serve a recording (snmprec) over SNMP"))
    fleet = commands.add_parser("fleet", help="serve a fleet of OLTs of any size over SNMP")
    add_fleet_arguments(fleet)
    fleet.set_defaults(command=_fleet)
    boxes = commands.add_parser("boxes", help="a park of boxes of any size that inform an ACS")
    add_boxes_arguments(boxes)
    boxes.set_defaults(command=lambda options: run_boxes(options, _stop_event))
    add_commands(commands)
    _add_proxy(commands.add_parser("proxy", help="harm UDP between a client and a window"))

    def remote(name: str, text: str, call: Callable[[argparse.Namespace], dict[str, Any]]) -> argparse.ArgumentParser:
        sub = commands.add_parser(name, help=text)
        sub.add_argument("--control", type=_address, default=("127.0.0.1", DEFAULT_PORT), metavar="HOST:PORT")
        sub.set_defaults(command=lambda options: _remote(name, call(options), options.control))
        return sub

    add_fault_arguments(remote("fault", "make a fault happen", fault_call))
    remote("repair", "repair a fault by its number, or all", lambda o: {"fault": o.fault}).add_argument("fault")
    remote("faults", "the faults in force", lambda _: {})
    remote("truth", "the faults that strike an ONT now", lambda o: {"ont": o.ont}).add_argument("ont")
    remote("platform", "platform, weather, works, strangers on ports", lambda _: {})
    remote("list", "the kinds of faults", lambda _: {})
    remote("targets", "what a kind of fault may strike", lambda o: {"kind": o.kind}).add_argument("kind")
    clock = remote(
        "clock",
        "the plant's time; make it jump or run faster",
        lambda o: {name: value for name in ("advance", "rate") if (value := getattr(o, name)) is not None},
    )
    clock.add_argument("--advance", type=float, metavar="SECONDS")
    clock.add_argument("--rate", type=float, metavar="R")
    remote("state", "what the plant knows of an ONT", lambda o: {"ont": o.ont}).add_argument("ont")
    behave = remote("behave", "how an OLT of a fleet answers", lambda o: {"olt": o.olt, **dict(o.set)})
    behave.add_argument("olt")
    add_settings(behave, "delay_s, service_s, ddm_delay_s, loss, max_message, max_repetitions, max_asked, drop_above …")
    remote("counts", "what the OLTs of a fleet have been asked", lambda _: {})
    remote("announce", "make a box bootstrap now", lambda o: {"ont": o.ont}).add_argument("ont")
    return parser


def _add_run(run: argparse.ArgumentParser) -> None:
    run.add_argument("plant", nargs="?", type=Path, default=DEMO_PLANT, help="description (YAML)")
    run.add_argument("--scenario", type=scenario_path, help="what happens to the plant, as `scenario` plays it")
    run.add_argument("--host", default="127.0.0.1")
    run.add_argument("--snmp-port", type=int, default=0)
    run.add_argument("--cli-port", type=int, default=0)
    run.add_argument("--control-port", type=int, help=f"{DEFAULT_PORT}, or a free one with --ready-json")
    run.add_argument("--platform-port", type=int, default=0, help="first of the eight of the Internet platform")
    run.add_argument("--acs", metavar="URL", help="where boxes inform")
    run.add_argument("--radius-acct", type=_address, metavar="HOST:PORT")
    run.add_argument("--syslog", type=_address, metavar="HOST:PORT", help="where the authentication log goes")
    run.add_argument("--coa-port", type=int, help="where the BRAS takes Disconnect-Requests (RFC 5176); 0: any")
    run.add_argument("--traps", type=_address, metavar="HOST:PORT", help="where the OLT sends its traps")
    run.add_argument("--traps-v3", default="", metavar="NAME:HASH:PASSWORD[:PASSWORD]", help="speak SNMPv3 there")
    run.add_argument("--informs", action="store_true", help="informs, sent again until acknowledged")
    run.add_argument("--lost-gasps", type=float, default=LOST_GASPS, metavar="SHARE", help="dying gasps not heard")
    run.add_argument("--clock", type=Path, metavar="FILE", help="file of the plant's clock, for who follows it")
    pace = run.add_mutually_exclusive_group()
    pace.add_argument("--wall-clock", action="store_true", help="the plant lives now")
    pace.add_argument("--rate", type=float, help="plant seconds in one wall second")
    run.add_argument("--reply-delay-ms", type=float, default=0.0, help="delay of each SNMP answer")
    run.add_argument("--advertised-host", help="host of the boxes' own addresses, where it is not --host")
    run.add_argument("--ready-json", action="store_true", help="print one JSON line when all is up")
    run.add_argument("--exit-with-parent", action="store_true", help="stop when standard input closes")
    run.set_defaults(command=_run)


def _add_replay(replay: argparse.ArgumentParser) -> None:
    replay.add_argument("recording", type=Path)
    replay.add_argument("--host", default="127.0.0.1")
    replay.add_argument("--port", type=int, required=True)
    replay.add_argument("--community", default="public")
    replay.add_argument("--reply-delay-ms", type=float, default=0.0)
    replay.set_defaults(command=_replay)


def _add_proxy(proxy: argparse.ArgumentParser) -> None:
    proxy.add_argument("--listen", type=int, default=0, metavar="PORT", help="UDP port; 0 takes a free one")
    proxy.add_argument("--host", default="127.0.0.1")
    proxy.add_argument("--to", type=_address, required=True, metavar="HOST:PORT", help="the window")
    for name in ("loss", "duplicates", "reordered", "truncated"):
        proxy.add_argument(f"--{name}", type=float, default=0.0, help="share of the datagrams, 0 to 1")
    for name in ("delay", "jitter"):
        proxy.add_argument(f"--{name}-ms", type=float, default=0.0, help="each way")
    proxy.add_argument("--seed", type=int, default=1)
    proxy.add_argument("--exit-with-parent", action="store_true", help="stop when standard input closes")
    proxy.set_defaults(command=_proxy)


def _proxy(options: argparse.Namespace) -> int:
    harm = Harm(
        loss=options.loss,
        duplicates=options.duplicates,
        delay_s=options.delay_ms / 1000.0,
        jitter_s=options.jitter_ms / 1000.0,
        reordered=options.reordered,
        truncated=options.truncated,
    )

    async def run() -> None:
        stop = _stop_event(options.exit_with_parent)
        proxy = FaultProxy(
            options.to, host=options.host, port=options.listen, requests=harm, replies=harm, seed=options.seed
        )
        async with proxy:
            print(f"{options.host}:{proxy.port} leads to {options.to[0]}:{options.to[1]}", flush=True)
            await stop.wait()

    asyncio.run(run())
    return 0


def _run(options: argparse.Namespace) -> int:
    port = options.control_port
    if (options.radius_acct is None) != (options.syslog is None):
        print("simulators: --radius-acct and --syslog go together", file=sys.stderr)
        return 2
    chosen = RunOptions(
        host=options.host,
        snmp_port=options.snmp_port,
        cli_port=options.cli_port,
        control_port=port if port is not None else 0 if options.ready_json else DEFAULT_PORT,
        platform_port=options.platform_port,
        acs_url=options.acs,
        radius_acct=options.radius_acct,
        syslog=options.syslog,
        coa_port=options.coa_port,
        traps=options.traps,
        traps_v3=options.traps_v3,
        informs=options.informs,
        lost_gasps=options.lost_gasps,
        clock_path=options.clock,
        rate=options.rate,
        wall_clock=options.wall_clock,
        scenario=options.scenario,
        reply_delay_s=options.reply_delay_ms / 1000.0,
        advertised_host=options.advertised_host,
    )

    def announce(live: RunningPlant) -> None:
        print(json.dumps(ready(live)) if options.ready_json else _welcome(live), flush=True)

    async def run() -> None:
        stop = _stop_event(options.exit_with_parent)
        await serve(options.plant, chosen, announce, stop.wait)

    asyncio.run(run())
    return 0


def _replay(options: argparse.Namespace) -> int:
    from simulators.snmp import replay  # noqa: PLC0415

    async def run() -> None:
        stop, delay_s = _stop_event(with_parent=False), options.reply_delay_ms / 1000.0
        async with replay.serve(options.recording, options.host, options.port, options.community, delay_s) as served:
            if not served.recording.rows:
                raise OSError(f"{options.recording}: no row of a recording in it")
            print(f"{options.recording.name} answers SNMP on {options.host}:{served.port}", flush=True)
            await stop.wait()

    asyncio.run(run())
    return 0


def _fleet(options: argparse.Namespace) -> int:
    from simulators.fleet import command  # noqa: PLC0415

    return command.run(options, _stop_event)


def _inventory(options: argparse.Namespace) -> int:
    _show(inventory(load(options.plant)))
    return 0


def _remote(command: str, arguments: dict[str, Any], control: tuple[str, int]) -> int:
    _show(asyncio.run(ControlClient(*control).call(command, **arguments)))
    return 0


def _show(content: object) -> None:
    print(json.dumps(content, indent=1, ensure_ascii=False))


def _welcome(live: RunningPlant) -> str:
    state = live.plant.state
    lines = [f"plant {state.olt.name}: {len(state.pons)} PON ports, {len(state.onts)} ONTs, {live.clock.now():%F %T}Z"]
    lines += [f"  {name:13} {host}:{port}" for name, (host, port) in live.addresses.items()]
    return "\n".join([*lines, f"  clock         {live.clock_path} (rate {live.clock.rate:g})"])


def _stop_event(with_parent: bool) -> asyncio.Event:
    """Set by SIGTERM or SIGINT, and by the end of standard input when ``with_parent``."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if with_parent:
        threading.Thread(target=_watch_stdin, args=(loop, stop), daemon=True).start()
    return stop


def _watch_stdin(loop: asyncio.AbstractEventLoop, stop: asyncio.Event) -> None:
    """Read the descriptor itself: a thread stuck in `sys.stdin` would hold its lock when the interpreter ends."""
    with contextlib.suppress(OSError):  # closed is closed
        while os.read(0, 4096):
            pass
    with contextlib.suppress(RuntimeError):  # the loop is closed: we stop already
        loop.call_soon_threadsafe(stop.set)


def _address(text: str) -> tuple[str, int]:
    host, separator, port = text.rpartition(":")
    if not separator or not host or not port.isdecimal() or not 0 < int(port) < 65_536:
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT")
    return host, int(port)


if __name__ == "__main__":
    sys.exit(main())
