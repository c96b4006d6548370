from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from pysnmp.proto.api import v2c

from collectors.inspection import as_json, as_text, inspect, probe
from collectors.register import driver
from domain.clock import WallClock
from domain.errors import DeviceProtocolError, DeviceTimeoutError
from domain.identifiers import OntName
from domain.metric import Metric
from domain.metrics import olt, ont
from domain.reading import Reason
from domain.snapshot import Outcome
from domain.states import Oper
from simulators.snmp.replay import serve
from tests.collectors.olt_kit import agent_at, target_at, tiny_agent
from tests.shared import shared_dir


def recording(name: str = "nokia__nokia-isam") -> Path:
    return shared_dir() / "recordings" / f"{name}.snmprec"


async def test_the_recorded_olt_holds_16_ports_and_30_onts_of_which_20_are_up() -> None:
    async with serve(recording(), "127.0.0.1", 0) as replay:
        target = target_at(replay.port)
        walk = await inspect(target, WallClock(), 30)

    found = as_json(target, walk)
    assert len(found["pon_ports"]) == 16
    assert Counter(o["oper_state"] for o in found["onts"]) == {"up": 20, "down": 10}
    assert all(str(OntName.parse(o["name"]).pon_name) == o["pon"] for o in found["onts"])
    assert {o["pon"] for o in found["onts"]} == {"PON-1-1-1-1", "PON-1-1-1-4", "PON-1-1-1-5"}
    assert {(c["name"], c["type"], c["oper_state"]) for c in found["cards"]} == {
        ("slot:4352", "NGFC-E", "up"),
        ("nt-a", "FANT-H", "up"),
        ("nt-b", "FANT-H", "up"),
        ("lt:1/1/1", "FWLT-C", "up"),
    }
    assert found["gaps"] == []
    json.dumps(found)


async def test_what_the_recording_lacks_reads_not_measured() -> None:
    async with serve(recording(), "127.0.0.1", 0) as replay:
        target = target_at(replay.port)
        walk = await inspect(target, WallClock(), 30)

    lacking: list[Metric[Any]] = [ont.ONT_SERIAL, ont.ONT_ALARMS, ont.ONT_RX_DBM, ont.ONT_RANGING]
    for row in walk.onts:
        for metric in lacking:
            assert row.readings[metric].reason is Reason.NOT_SUPPORTED
    text = as_text(target, walk)
    assert "ONT (30 : 20 up, 10 down, 0 inconnus)" in text
    assert "ONT-1-1-1-4-97" in text
    assert "non mesuré" in text


async def test_a_diagnosis_on_a_recorded_ont_says_what_it_can() -> None:
    reader = driver("nokia_isam", WallClock())
    async with serve(recording(), "127.0.0.1", 0) as replay:
        try:
            up = await reader.read_ont(target_at(replay.port), OntName.parse("ONT-1-1-1-4-5"), 10)
            down = await reader.read_ont(target_at(replay.port), OntName.parse("ONT-1-1-1-1-7"), 10)
            pon = await reader.read_pon(target_at(replay.port), OntName.parse("ONT-1-1-1-4-5"), 10)
        finally:
            await reader.close()

    assert up.sources[0].outcome is Outcome.OK
    assert up.readings.value(ont.ONT_OPER) is up.readings.value(ont.UNI_OPER) is Oper.UP
    assert (up.readings.value(olt.PON_OPER), up.readings.value(olt.CARD_KIND)) == (Oper.UP, "FTTH")
    assert up.readings.value(ont.ONT_PROVISIONED) is True
    assert up.readings[ont.ONT_RX_DBM].reason is up.readings[ont.UNI_RATE].reason is Reason.NOT_SUPPORTED
    assert down.readings.value(ont.ONT_OPER) is Oper.DOWN
    assert down.readings[ont.UNI_OPER].reason is Reason.OFFLINE
    assert down.readings[ont.ONT_LAST_CHANGE].reason is Reason.NO_READING  # 0: before the agent started
    assert (len(pon.onts), len(pon.pon_ports), pon.gaps) == (18, 16, ())
    assert {row.readings[ont.ONT_ALARMS].reason for row in pon.onts} == {Reason.NOT_SUPPORTED}


async def test_the_vendor_is_found_by_itself_and_another_ones_is_a_clear_error() -> None:
    async with serve(recording(), "127.0.0.1", 0) as replay:
        assert await probe(agent_at(replay.port), 5) == "nokia_isam"
    router = [((1, 3, 6, 1, 2, 1, 1, 2, 0), v2c.ObjectIdentifier((1, 3, 6, 1, 4, 1, 9, 1, 1)))]
    router.append(((1, 3, 6, 1, 2, 1, 1, 1, 0), v2c.OctetString(b"a router")))
    async with tiny_agent(lambda request: [request.reply(router)]) as agent:
        with pytest.raises(DeviceProtocolError, match="no driver for sysObjectID"):
            await probe(agent_at(agent.port), 5)


async def test_nothing_that_answers_is_a_clear_error() -> None:
    async with tiny_agent(lambda _: []) as silent:
        with pytest.raises(DeviceTimeoutError):
            await probe(agent_at(silent.port), 0.2)
        with pytest.raises(DeviceTimeoutError):
            await inspect(target_at(silent.port), WallClock(), 0.2)


async def test_the_command_prints_json_on_its_standard_output() -> None:
    import asyncio

    async with serve(recording(), "127.0.0.1", 0) as replay:
        endpoint = f"127.0.0.1:{replay.port}"
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "collectors", "inspect", endpoint, "--json", stdout=asyncio.subprocess.PIPE
        )
        output, _ = await process.communicate()

    assert process.returncode == 0
    found = json.loads(output)
    assert (len(found["pon_ports"]), len(found["onts"])) == (16, 30)


@pytest.mark.parametrize(("endpoint", "code"), [("127.0.0.1:x", 2), ("127.0.0.1:0", 2), ("127.0.0.1:9", 1)])
def test_a_wrong_or_dead_endpoint_ends_with_one_line(
    endpoint: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    from collectors.__main__ import main

    assert main(["inspect", endpoint, "--timeout", "0.2"]) == code
    printed = capsys.readouterr()
    assert printed.out == ""
    assert len(printed.err.strip().splitlines()) == 1
