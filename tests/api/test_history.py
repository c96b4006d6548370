"""What telemetry remembers, in a line test over the running demo: drifts, references, falls that come back, errors."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import yaml

from api.demo.asking import ask
from api.demo.running import Demo, demo_service
from domain.events import FALLS, RISES
from domain.identifiers import DiagnosisNumber, OntName
from domain.metrics.ont import ONT_COUNTER_INTERVAL_S, ONT_ERRORS_UP, ONT_RX_DBM
from domain.metrics.reference import REFERENCE_ONT_RX_DBM
from domain.metrics.surroundings import PON_MEAN_RX_DBM
from domain.principal import Principal, Right
from domain.snapshot import Outcome, Snapshot, SourceKind
from domain.states import DownCause
from simulators.run import DEMO_PLANT

pytestmark = pytest.mark.asyncio(loop_scope="module")

DRIFTING, FLAPPING, NOISY = "F00000016", "F00000017", "F00000015"
DAY_S = 86_400
WHO = Principal("397480930", "demo.support", frozenset({Right.TEST, Right.ONT_SECRETS}))


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's plant with the PON ports of its accesses only: weeks pass, and each box informs all along."""
    plant = yaml.safe_load(DEMO_PLANT.read_text("utf-8"))
    plant["pons"] = [pon for pon in plant["pons"] if "onts" in pon]
    file = tmp_path_factory.mktemp("plant") / "small.yaml"
    file.write_text(yaml.safe_dump(plant), "utf-8")
    return file


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def demo(small: Path) -> AsyncIterator[Demo]:
    async with demo_service(description_file=small) as running:
        yield running


async def polled(demo: Demo, advance_s: float = 0) -> None:
    """Let time pass on the plant, and poll its OLT."""
    await demo.plant.control.call("clock", advance=advance_s)
    target = next(t for t in demo.service.collection.polling.targets if t.name == demo.olt)
    assert await demo.service.collection.polling.cycle_once(target)


async def line_test(demo: Demo, id1: str) -> tuple[Snapshot, dict[str, Any], set[str]]:
    """A line test: its snapshot, its result, and the rules that found something."""
    result = (await ask(demo.client, id1)).result
    record = await demo.service.diagnoses.get(WHO, DiagnosisNumber.parse(result["number"]))
    assert record.snapshot is not None
    return record.snapshot, result, {finding["rule"] for finding in result["verdict"]["findings"]}


async def announced(demo: Demo, ont: OntName, *, down: bool) -> None:
    """Return once the OLT has announced the last change of an ONT."""
    async with asyncio.timeout(10):
        while True:
            events = [e for e in demo.service.events.recent(demo.olt, ont.pon_name) if e.ont == ont]
            if events and (events[-1].kind in FALLS) is down and (events[-1].kind in RISES) is not down:
                return
            await asyncio.sleep(0.01)


async def test_a_young_store_gives_neither_reference_nor_trend(demo: Demo) -> None:
    await polled(demo)
    snapshot, _, rules = await line_test(demo, DRIFTING)
    assert not snapshot.readings[REFERENCE_ONT_RX_DBM].known
    assert all(neighbour.rx_delta_db is None for neighbour in snapshot.neighbours.onts)
    assert len(snapshot.history.series[ONT_RX_DBM.key]) == 1
    assert not rules & {"line_drift", "loss_step", "flapping_light", "flapping_power"}


async def test_errors_are_counted_since_the_last_poll(demo: Demo) -> None:
    await polled(demo)
    await demo.plant.control.call("fault", kind="errors-up", target=NOISY, parameters={"rate": 1e-5})
    await polled(demo, 600)
    await demo.plant.control.call("clock", advance=300)
    snapshot, _, rules = await line_test(demo, NOISY)
    await demo.plant.control.call("repair", fault="all")
    interval = snapshot.readings.value(ONT_COUNTER_INTERVAL_S)
    errors = snapshot.readings.value(ONT_ERRORS_UP)
    assert interval is not None
    assert errors is not None
    assert 10 <= interval <= 700
    assert errors > 0
    assert "upstream_errors" in rules


async def test_a_contact_that_comes_and_goes_is_told_by_its_falls(demo: Demo) -> None:
    control = demo.plant.control
    state = await control.call("state", ont=FLAPPING)
    ont = OntName.parse(state["ont"]["name"])
    await control.call("fault", kind="flapping-light", target=FLAPPING)  # 144 s of darkness, each 2 h
    for _ in range(4):
        await announced(demo, ont, down=True)
        await control.call("clock", advance=150)
        await announced(demo, ont, down=False)
        await polled(demo)
        await control.call("clock", advance=7050)
    await control.call("repair", fault="all")
    await polled(demo, 60)
    snapshot, _, rules = await line_test(demo, FLAPPING)
    causes = [drop.cause for drop in snapshot.history.drops]
    assert causes.count(DownCause.LOS) >= 4
    assert "flapping_light" in rules


async def test_a_line_that_drifts_is_told_before_it_fails(demo: Demo) -> None:
    ramp = {"loss_db": 4.0, "ramp_s": 20 * DAY_S}
    await demo.plant.control.call("fault", kind="dirty-connector", target=DRIFTING, parameters=ramp)
    for _ in range(17):
        await polled(demo, DAY_S)
    snapshot, _, rules = await line_test(demo, DRIFTING)
    level, reference = snapshot.readings.value(ONT_RX_DBM), snapshot.readings.value(REFERENCE_ONT_RX_DBM)
    assert level is not None
    assert reference is not None
    assert 1.0 < reference - level < 2.6  # half of what it has lost
    assert len(snapshot.history.series[PON_MEAN_RX_DBM.key]) >= 17
    deltas = [n.rx_delta_db for n in snapshot.neighbours.onts if n.rx_delta_db is not None]
    assert max(map(abs, deltas)) < 1.0  # theirs do not drift
    assert "line_drift" in rules


async def test_a_store_that_fails_costs_the_test_nothing_else(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> object:
        raise OSError("disk")

    monkeypatch.setattr(demo.service.collection.telemetry.store, "as_of", broken)
    snapshot, result, _ = await line_test(demo, NOISY)
    [past] = [report for report in snapshot.sources if report.kind is SourceKind.HISTORY]
    assert past.outcome is Outcome.FAILED
    assert snapshot.readings[ONT_RX_DBM].known
    assert result["state"] == "Terminé"
