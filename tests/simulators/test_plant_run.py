from __future__ import annotations

import asyncio
import json
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from domain.clock import WallClock
from simulators.__main__ import main
from simulators.clock import SharedClock
from simulators.control import ControlClient
from simulators.run import RunOptions, running

ROOT = Path(__file__).parents[2]
GOLDEN = "ONT-1-1-5-10-19"


@asynccontextmanager
async def simulators(*arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "simulators",
        *arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def ready(process: asyncio.subprocess.Process) -> dict[str, Any]:
    assert process.stdout is not None
    async with asyncio.timeout(60):
        line = await process.stdout.readline()
    answer: dict[str, Any] = json.loads(line)
    return answer


def blackhole() -> socket.socket:
    sink = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sink.bind(("127.0.0.1", 0))
    return sink


async def test_a_plant_says_when_it_is_up_takes_commands_and_stops_when_told() -> None:
    async with simulators("run", "--ready-json", "--rate", "0") as process:
        told = await ready(process)
        assert told["olt"] == "OLT-SIM-01"
        assert {"snmp", "cli", "control"} <= set(told)
        control = ControlClient(*told["control"])
        await control.call("fault", kind="pbo-cut", target="PBO-5-10-3-1")
        assert (await control.call("state", ont=GOLDEN))["ont"]["oper_up"] is False
        file = Path(told["clock"])
        with SharedClock.follow(file) as clock:
            await control.call("clock", advance=90)
            assert clock.now() == datetime(2019, 5, 9, 8, 1, 30, tzinfo=UTC)
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(30):
            _, complaints = await process.communicate()
        assert process.returncode == 0
        assert complaints == b""
    assert not file.exists()  # noqa: ASYNC240


async def test_a_plant_whose_starter_dies_stops_too() -> None:
    async with simulators("run", "--ready-json", "--exit-with-parent") as process:
        await ready(process)
        assert process.stdin is not None
        process.stdin.close()
        async with asyncio.timeout(30):
            assert await process.wait() == 0


async def test_a_port_that_is_taken_is_a_clear_error() -> None:
    with blackhole() as taken:
        port = str(taken.getsockname()[1])
        async with simulators("run", "--ready-json", "--snmp-port", port) as process, asyncio.timeout(60):
            out, complaints = await process.communicate()
    assert process.returncode == 1
    assert out == b""
    assert complaints.startswith(b"simulators: ")


async def test_all_windows_open_on_one_plant_and_one_can_be_closed_alone() -> None:
    with blackhole() as acct, blackhole() as syslog:
        options = RunOptions(
            radius_acct=acct.getsockname(),
            syslog=syslog.getsockname(),
            acs_url=f"http://127.0.0.1:{acct.getsockname()[1]}/",
        )
        async with running(options=options) as live:
            assert set(live.windows) == {"snmp", "cli", "radius", "boxes", "platform", "control"}
            assert {"snmp", "cli", "control"} <= set(live.addresses)
            await live.close("snmp")
            await live.close("snmp")
            assert await ControlClient(*live.addresses["control"]).call("faults") == []


async def test_a_plant_on_the_wall_clock_lives_now_with_the_same_ages() -> None:
    options = RunOptions(wall_clock=True, windows=frozenset())
    async with running(options=options) as live:
        now = WallClock().now()
        assert abs(live.clock.now() - now) < timedelta(minutes=1)
        ages = [now - ont.changed_at for ont in live.plant.state.onts.values()]
        assert timedelta(0) < min(ages) < max(ages) < timedelta(days=100)


async def test_a_plant_takes_over_a_clock_that_its_watcher_made(tmp_path: Path) -> None:
    begin = datetime(2019, 5, 9, 9, tzinfo=UTC)
    with SharedClock.create(tmp_path / "clock", begin, 0) as watched:
        options = RunOptions(clock_path=tmp_path / "clock", windows=frozenset())
        async with running(options=options) as live:
            assert live.clock.now() == begin
            live.clock.advance(60)
        assert watched.now() == begin + timedelta(seconds=60)


def test_the_inventory_is_printed_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inventory"]) == 0
    assert len(json.loads(capsys.readouterr().out)["accesses"]) == 3


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["inventory", "absent.yaml"], 1, "absent.yaml"),
        (["faults", "--control", "127.0.0.1:9"], 1, "no plant listens at 127.0.0.1:9"),
        (["run", "--radius-acct", "127.0.0.1:1813"], 2, "go together"),
        (["run", "absent.yaml"], 1, "absent.yaml"),
    ],
)
def test_a_command_that_cannot_be_obeyed_says_why(
    capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, said: str
) -> None:
    assert main(arguments) == code
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["faults", "--control", "nowhere"], ["fault"], [], ["run", "--rate", "fast"]])
def test_a_command_that_is_not_understood_ends_with_its_usage(arguments: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2
