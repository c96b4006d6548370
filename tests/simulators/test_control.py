from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest

from simulators.control import ControlClient, ControlError
from simulators.plant.faults import discover
from simulators.run import RunningPlant, RunOptions, running

GOLDEN = "ONT-1-1-5-10-19"


@pytest.fixture
async def live() -> AsyncIterator[RunningPlant]:
    async with running(options=RunOptions(windows=frozenset({"control"}), rate=0)) as live:
        yield live


@pytest.fixture
def control(live: RunningPlant) -> ControlClient:
    return ControlClient(*live.addresses["control"])


async def raw(live: RunningPlant, *lines: bytes) -> list[dict[str, Any]]:
    reader, writer = await asyncio.open_connection(*live.addresses["control"], limit=2**22)
    async with asyncio.timeout(5):
        writer.writelines(lines)
        writer.write_eof()
        answers = (await reader.read()).splitlines()
    writer.close()
    await writer.wait_closed()
    return [json.loads(answer) for answer in answers]


async def test_a_fault_is_made_listed_and_repaired(live: RunningPlant, control: ControlClient) -> None:
    made = await control.call("fault", kind="drop-cut", target="F00000015")
    assert (made["id"], made["kind"], made["target"]) == (1, "drop-cut", GOLDEN)
    assert made["since"] == "2019-05-09T08:00:00+00:00"
    assert await control.call("faults") == [made]
    state = await control.call("state", ont=GOLDEN)
    assert state["ont"]["oper_up"] is False
    assert state["ont"]["alarms"] == ["LOSi", "inactive"]
    assert await control.call("repair", fault=1) == [made]
    assert await control.call("faults") == []
    assert not live.plant.faults


async def test_the_kinds_are_listed_with_their_help(control: ControlClient) -> None:
    kinds = {kind["kind"]: kind for kind in await control.call("list")}
    assert set(kinds) == set(discover())
    assert "PBO" in kinds["pbo-cut"]["target"]
    assert all(kind["help_fr"] and kind["help_en"] for kind in kinds.values())


async def test_the_targets_of_a_fault_are_all_listed(control: ControlClient) -> None:
    assert len(await control.call("targets", kind="feeder-cut")) == 16
    assert {"F00000015", "F00000016", "F00000017", GOLDEN} <= set(await control.call("targets", kind="box-off"))


async def test_a_state_shows_everything_but_passwords(control: ControlClient) -> None:
    state = await control.call("state", ont="F00000015")
    assert state["id1"] == "F00000015"
    assert state["ont"]["serial"] == "HWTC0172629D"
    assert state["pon"]["tx_dbm"] == 3.4
    text = json.dumps(state)
    assert "0848525835" not in text
    assert "f00000015" not in text


async def test_the_clock_jumps_and_what_was_due_has_happened_when_the_answer_comes(
    live: RunningPlant, control: ControlClient
) -> None:
    await control.call("fault", kind="box-off", target="F00000015")
    assert await control.call("clock") == {"now": "2019-05-09T08:00:00+00:00", "rate": 0}
    assert (await control.call("clock", advance=31))["now"] == "2019-05-09T08:00:31+00:00"
    assert (await control.call("state", ont=GOLDEN))["box"]["session_id"] is None
    assert (await control.call("clock", rate=10))["rate"] == 10
    assert live.clock.rate == 10


@pytest.mark.parametrize(
    ("command", "arguments", "code", "said"),
    [
        ("explode", {}, "bad_command", "no command 'explode'; accepted: fault"),
        ("fault", {}, "bad_command", "fault needs kind"),
        ("fault", {"kind": "flood"}, "unknown_fault", "accepted: "),
        ("fault", {"kind": "pbo-cut", "target": "PBO-1"}, "unknown_target", "PBO-5-1-1-1"),
        ("fault", {"kind": "pbo-cut", "target": 3}, "bad_command", "target is a text"),
        (
            "fault",
            {"kind": "pbo-cut", "where": "x"},
            "bad_command",
            "does not take where; accepted: kind, parameters, target",
        ),
        ("repair", {"fault": 3}, "not_active", "no active fault 3"),
        ("repair", {"fault": [1]}, "bad_command", "number of an active fault"),
        ("clock", {"advance": -1}, "bad_command", "0 seconds or more"),
        ("clock", {"rate": "fast"}, "bad_command", "rate is a number"),
        ("state", {"ont": "ONT-1-1-5-10-21"}, "unknown_target", "no target 'ONT-1-1-5-10-21'"),
    ],
)
async def test_a_wrong_command_is_a_clear_error(
    control: ControlClient, command: str, arguments: dict[str, Any], code: str, said: str
) -> None:
    with pytest.raises(ControlError) as caught:
        await control.call(command, **arguments)
    assert caught.value.code == code
    assert said in str(caught.value)


async def test_nonsense_is_answered_and_the_next_command_still_obeyed(live: RunningPlant) -> None:
    answers = await raw(
        live,
        b"\xff\xfe\n",
        b"[1, 2]\n",
        b'{"command": 3}\n',
        b"\n",
        b"[" * 5000 + b"\n",
        b'{"command": "faults"}\n',
    )
    assert [answer["ok"] for answer in answers] == [False, False, False, False, True]
    assert all(answer["error"]["message"] for answer in answers[:-1])


async def test_a_line_without_end_is_refused(live: RunningPlant) -> None:
    for tail in (b"", b"\n"):
        (answer,) = await raw(live, b"x" * 200_000 + tail)
        assert answer["error"]["message"].startswith("a command has at most")


async def test_a_line_that_is_too_long_does_not_spoil_the_next(live: RunningPlant) -> None:
    answers = await raw(live, b"x" * 200_000 + b"\n", b'{"command": "faults"}\n')
    assert [answer["ok"] for answer in answers] == [False, True]


async def test_a_client_that_stays_does_not_hold_the_plant_back(live: RunningPlant) -> None:
    reader, writer = await asyncio.open_connection(*live.addresses["control"])
    writer.write(b'{"command": "faults"}\n')
    async with asyncio.timeout(5):
        assert json.loads(await reader.readline())["ok"]
        await live.close("control")
        assert await reader.read() == b""
    writer.close()
    await writer.wait_closed()


async def test_no_plant_at_that_place_is_a_clear_error(live: RunningPlant, control: ControlClient) -> None:
    await live.close("control")
    with pytest.raises(ControlError, match="no plant listens") as caught:
        await control.call("faults")
    assert caught.value.code == "unreachable"


async def test_a_fault_takes_parameters_and_the_truth_tells_them(control: ControlClient) -> None:
    made = await control.call(
        "fault", kind="dirty-connector", target="F00000015", parameters={"loss_db": 3, "after_s": 60}
    )
    assert made["parameters"] == {"loss_db": 3.0, "after_s": 60}
    assert await control.call("truth", ont="F00000015") == []
    await control.call("clock", advance=60)
    assert await control.call("truth", ont="F00000015") == [made]
    assert await control.call("truth", ont="F00000016") == []
    with pytest.raises(ControlError, match="does not take weight"):
        await control.call("fault", kind="macrobend", target="F00000015", parameters={"weight": 3})
    with pytest.raises(ControlError, match="parameters is an object"):
        await control.call("fault", kind="macrobend", target="F00000015", parameters=[3])


async def test_the_platform_tells_works_weather_and_strangers(control: ControlClient) -> None:
    await control.call("fault", kind="planned-works", target="PM-69003-06")
    await control.call("fault", kind="serial-mismatch", target="F00000015")
    told = await control.call("platform")
    assert told["works"] == [{"target": "PM-69003-06", "reference": "TRX-2019-0001"}]
    assert [one["pon"] for one in told["strangers"]] == ["PON-1-1-5-10"]
    assert (told["radius_up"], told["dns_up"]) == (True, True)
    assert -10 < told["temperature_c"] < 40
