from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from simulators.__main__ import main
from simulators.commands import shipped
from simulators.plant.errors import DescriptionError
from simulators.run import RunOptions, running
from simulators.scenario import SCENARIOS, play, read


@pytest.mark.parametrize("name", shipped())
def test_a_shipped_scenario_can_be_played_to_its_end(name: str) -> None:
    scenario = read(SCENARIOS / f"{name}.yaml")
    plant, told = play(scenario)
    assert len(told) == len(scenario.timeline)
    last = scenario.timeline[-1].at_s
    assert (plant.clock.now() - plant.description.clock.origin).total_seconds() == last


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title: a", "plant: Field required"),
        ("{title: a, plant: demo, timeline: [{at_s: 5}, {at_s: 1}]}", "not in order"),
        ("{title: a, plant: demo, timeline: [{at_s: 5, repair: cut}]}", "no fault before it is called 'cut'"),
        ("{title: a, plant: demo, timeline: [{at_s: 5, brake: cut}]}", "brake"),
        ("{title: a, plant: demo, timeline: [{at_s: 5, break: x, repair: y}]}", "not both"),
        ("{title: a, plant: demo, timeline: [{at_s: 5, target: x}]}", "go with `break`"),
        ("title: [", "line 1"),
    ],
)
def test_a_mistake_in_a_scenario_is_named(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(text)
    with pytest.raises(DescriptionError) as caught:
        read(path)
    assert said in str(caught.value)


async def test_a_running_plant_follows_a_scenario(tmp_path: Path) -> None:
    path = tmp_path / "soon.yaml"
    path.write_text(
        "title: soon\nplant: demo\ntimeline:\n"
        "  - {at_s: 10, break: no-such-fault}\n"
        "  - {at_s: 20, break: drop-cut, target: F00000015}\n"
    )
    options = RunOptions(windows=frozenset(), rate=0, scenario=path)
    async with running(options=options) as live:

        def kinds() -> list[str]:
            return [fault.kind for fault in live.plant.faults]

        assert kinds() == []
        struck = asyncio.Event()
        live.plant.subscribe(lambda _: struck.set())
        live.clock.advance(25)
        async with asyncio.timeout(5):
            await struck.wait()
        assert kinds() == ["drop-cut"]


def test_plants_are_drawn_to_files_that_can_be_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["generate", "--olts", "2", "--onts", "40", "--pons", "2", "--out", str(tmp_path)]) == 0
    assert len(list(tmp_path.glob("*.yaml"))) == 2
    capsys.readouterr()
    assert main(["inventory", str(tmp_path / "OLT-00001.yaml")]) == 0
    assert len(json.loads(capsys.readouterr().out)["outside_plant"]) == 40
    assert main(["generate", "--onts", "4000", "--out", str(tmp_path)]) == 1


def test_a_scenario_is_played_from_the_command_line(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scenario", "pbo_cut_in_the_evening", "--ont", "F00000015"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [list(step)[1:] for step in told["timeline"]] == [["break"], ["repair"], []]
    assert told["end"]["ont"]["ont"]["oper_up"] is True
    assert main(["scenario", "no_such"]) == 1
    assert "no_such" in capsys.readouterr().err


def test_the_kinds_are_listed_without_a_plant(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["kinds", "macrobend"]) == 0
    (kind,) = json.loads(capsys.readouterr().out)
    assert kind["parameters"]["loss_db"]["usual"] == 5.0
    assert main(["kinds", "earthquake"]) == 1
