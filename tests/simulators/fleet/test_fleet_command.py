"""The fleet as a process, with its control; and its options."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncssh
import pytest

from simulators.__main__ import main
from simulators.control import ControlClient, ControlError
from simulators.fleet.command import running
from simulators.fleet.fleet import Fleet
from simulators.fleet.options import FleetOptions, load
from simulators.plant.errors import DescriptionError
from tests.simulators.fleet.kit import ont_name
from tests.simulators.snmp_client import Client

FLAPPING = {"after_s": 60, "for_s": 600.0, "period_s": 60.0}
ALARM = "1.3.6.1.4.1.637.61.1.35.10.4.1.2"


@asynccontextmanager
async def process(*arguments: str) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """A command and the first line that it prints; it ends with its standard input."""
    started = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "simulators", *arguments, "--exit-with-parent",
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert started.stdin is not None
    assert started.stdout is not None
    try:
        async with asyncio.timeout(30):
            yield started, (await started.stdout.readline()).decode()
    finally:
        started.stdin.close()
        async with asyncio.timeout(10):
            assert await started.wait() == 0


async def test_a_fleet_runs_as_a_process_is_broken_and_repaired_and_ends_with_its_parent() -> None:
    async with process("fleet", "--olts", "2", "--onts", "24", "--seed", "3", "--ready-json") as (_, line):
        ready: dict[str, Any] = json.loads(line)
        assert list(ready["olts"]) == ["OLT-00001", "OLT-00002"]
        control = ControlClient(*ready["control"])
        with Client(ready["olts"]["OLT-00002"][1]) as one:
            before = await one.walk(ALARM)
            fault = await control.call("fault", kind="feeder-cut", target="OLT-00002/PON-1-1-1-1")
            assert fault["onts"] == len(before) == 24
            assert all(int(value) & 1 for _, value in await one.walk(ALARM))
            assert await control.call("repair", fault="all") == [fault["id"]]
            assert not all(int(value) & 1 for _, value in await one.walk(ALARM))
        assert (await control.call("counts"))["varbinds"] > 72


async def test_a_fleet_runs_with_command_lines_and_a_v3_user_as_asked() -> None:
    asked = ("--olts", "3", "--onts", "8", "--cli", "2", "--v3", "diag:sha256:authentic-words:private-words")
    async with process("fleet", *asked, "--ready-json") as (_, line):
        ready: dict[str, Any] = json.loads(line)
        assert list(ready["cli"]) == ["OLT-00001", "OLT-00002"]
        host, port = ready["cli"]["OLT-00002"]
        login = {"username": ready["cli_username"], "password": ready["cli_password"], "known_hosts": None}
        async with asyncssh.connect(host, port, **login) as client, client.create_process(term_type="vt100") as typed:
            typed.stdin.write("show equipment ont status pon\n")
            assert "pon count : 8" in await typed.stdout.readuntil("pon count : 8")
        walk = await asyncio.create_subprocess_exec(
            "snmpget", "-v3", "-l", "authPriv", "-u", "diag", "-a", "SHA-256", "-A", "authentic-words",
            "-x", "AES", "-X", "private-words", f"127.0.0.1:{ready['olts']['OLT-00003'][1]}", "1.3.6.1.2.1.1.5.0",
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, _ = await walk.communicate()
        assert b"OLT-00003" in out


async def test_a_proxy_runs_as_a_process() -> None:
    async with process("fleet", "--olts", "1", "--onts", "4", "--ready-json") as (_, line):
        host, port = json.loads(line)["olts"]["OLT-00001"]
        async with process("proxy", "--to", f"{host}:{port}", "--duplicates", "1") as (_, said):
            with Client(int(said.split()[0].rpartition(":")[2])) as one:
                assert (await one.get("1.3.6.1.2.1.1.5.0")).value() == b"OLT-00001"


async def test_the_control_obeys_and_refuses() -> None:
    async with running(FleetOptions(olts=2, onts=8, rate=0)) as live:
        control = ControlClient(port=live.control.port)
        flapping = await control.call("fault", kind="area-power-cut", target="1", parameters=FLAPPING)
        assert [fault["id"] for fault in await control.call("faults")] == [flapping["id"]]
        olt = live.fleet.olt(1)
        seen = []
        for _ in range(5):
            seen.append(bool(olt.up.any()))
            await control.call("clock", advance=30)
        assert seen == [True, True, False, True, False]
        assert "drop-cut" in {kind["kind"] for kind in await control.call("list")}
        assert (await control.call("behave", olt="2", delay_s=0.01, max_repetitions=5.0))["max_repetitions"] == 5
        assert "OLT-00001/LT5" in await control.call("targets", kind="card-down")
        name = ont_name(olt, 3)
        state = await control.call("state", ont=f"OLT-00001/{name}")
        assert (state["faults"], state["vendor"], state["oper_up"]) == ([flapping["id"]], "nokia_isam", True)
        assert -27 < state["rx_dbm"] < -8
        for command, arguments in (
            ("nothing", {}),
            ("fault", {"kind": "drop-cut"}),
            ("fault", {"kind": "drop-cut", "target": "x"}),
            ("fault", {"kind": "drop-cut", "target": "OLT-00001/x"}),
            ("fault", {"kind": "moisture", "target": "1/PM-1", "parameters": {"when": "snow"}}),
            ("targets", {"kind": "drift"}),
            ("state", {"ont": "OLT-00001/PM-1"}),
            ("repair", {"fault": "some"}),
            ("repair", {"fault": 99}),
            ("behave", {"olt": "3"}),
            ("behave", {"olt": "1", "loss": 2.0}),
            ("clock", {"advance": -1.0}),
        ):
            with pytest.raises(ControlError):
                await control.call(command, **arguments)


def test_options_come_from_a_small_file_read_strictly(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.yaml", tmp_path / "bad.yaml"
    good.write_text("olts: 3\nonts: 40\nvendors: {nokia_isam: 2, huawei_smartax: 1}\nxgs: 0.5\n")
    bad.write_text("olts: 0\nontz: 4\n")
    options = load(good)
    assert (options.olts, options.onts, options.xgs) == (3, 40, 0.5)
    with pytest.raises(DescriptionError, match="ontz"):
        load(bad)
    with pytest.raises(DescriptionError, match="nobody"):
        Fleet(FleetOptions(vendors={"nobody": 1.0}))


@pytest.mark.parametrize("arguments", [["--olts", "0"], ["--vendors", "nokia_isam=much"], ["--vendors", "nobody"]])
def test_a_mistaken_command_line_is_told_in_words(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fleet", *arguments]) == 1
    assert arguments[0].removeprefix("--") in capsys.readouterr().err


def test_a_mix_of_vendors_and_generations_is_as_weighted() -> None:
    fleet = Fleet(FleetOptions(olts=2000, onts=4, vendors={"nokia_isam": 3.0, "huawei_smartax": 1.0}, xgs=0.25))
    vendors = [fleet.vendor(number) for number in range(1, 2001)]
    assert 0.2 < vendors.count("huawei_smartax") / 2000 < 0.3
    generations = [fleet.olt(number).topology.generation.name for number in range(1, 201)]
    assert 0.1 < generations.count("xgs") / 200 < 0.4
