"""A park of boxes of any size in one process: several plants on one clock, each with its boxes and its faults."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, fields
from datetime import datetime
from pathlib import Path

from domain.clock import WallClock
from domain.errors import InvalidValueError
from simulators.clock import SharedClock
from simulators.control import ControlServer
from simulators.cwmp_box.fleet import BoxFleet, FleetStats
from simulators.cwmp_box.manners import Shares
from simulators.plant.description import EnvironmentPart, PlantDescription
from simulators.plant.plant import Plant
from simulators.plant.random_plant import random_plant

_A_PLANT = 3_200  # boxes: 64 PON ports, 50 each
_MOST = 64_000


@dataclass(frozen=True, slots=True)
class ParkOptions:
    """A park.

    Attributes:
        boxes: How many.
        acs_url: Where they inform.
        tr181: Share of them with a TR-181 tree; the others have TR-098.
        shares: Which share misbehaves how.
        period_s: Their PeriodicInformInterval, plant seconds.
        burst: Whether all make their first contact at once, as after an outage.
        concurrency: Sessions at once, of each plant.
        rate: Plant seconds in one wall second.
        control_port: Of the first plant; the next ones follow. 0 takes free ones.
        acs_login: Name and password that boxes as delivered tell an ACS that asks.
    """

    boxes: int
    acs_url: str
    tr181: float = 0.3
    shares: Shares = field(default_factory=Shares)
    period_s: int = 3600
    burst: bool = False
    concurrency: int = 64
    rate: float = 1.0
    seed: int = 1
    host: str = "127.0.0.1"
    control_port: int = 0
    acs_login: tuple[str, str] = field(default=("", ""), repr=False)


@dataclass(frozen=True, slots=True)
class Park:
    """A park in service: its plants, its boxes, the ports of its controls."""

    plants: tuple[Plant, ...]
    fleets: tuple[BoxFleet, ...]
    controls: tuple[int, ...]

    @property
    def stats(self) -> FleetStats:
        """The counters of all boxes."""
        total = FleetStats()
        for fleet in self.fleets:
            for item in fields(FleetStats):
                setattr(total, item.name, getattr(total, item.name) + getattr(fleet.stats, item.name))
        return total

    @property
    def size(self) -> int:
        """How many boxes."""
        return sum(len(plant.state.boxes) for plant in self.plants)

    def devices(self) -> list[dict[str, str]]:
        """What an operator would provision: an access and the identity of its box; and where that is simulated."""
        boxes = [
            (box, str(place), str(ont))
            for place, plant in enumerate(self.plants)
            for ont, box in plant.state.boxes.items()
        ]
        return [
            {"id1": f"F{number:08d}", "oui": box.device.oui, "serial": box.device.serial, "model": box.model}
            | {"plant": plant, "ont": ont}
            for number, (box, plant, ont) in enumerate(boxes, start=1)
        ]

    async def informed(self) -> None:
        """Return once every box has ended a session with nothing left to report."""
        for plant, fleet in zip(self.plants, self.fleets, strict=True):
            for ont in plant.state.boxes:
                await fleet.wait_informed(ont)


@asynccontextmanager
async def park(options: ParkOptions) -> AsyncIterator[Park]:
    """Run a park while the context lasts."""
    if not 1 <= options.boxes <= _MOST or not 0 <= options.tr181 <= 1:
        raise InvalidValueError("park", options.boxes, f"1 to {_MOST} boxes, shares of 0 to 1")
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="park-"))
        clock = stack.enter_context(SharedClock.create(Path(folder) / "clock", WallClock().now(), options.rate))
        plants, fleets, controls = [], [], []
        for number, description in enumerate(_descriptions(options, clock.now())):
            plant = await stack.enter_async_context(Plant(description, clock))
            fleet = await stack.enter_async_context(
                BoxFleet(
                    plant,
                    options.host,
                    options.acs_url,
                    inform_at_start=plant.state.boxes if options.burst else (),
                    concurrency=options.concurrency,
                    shares=options.shares,
                    acs_login=options.acs_login,
                )
            )
            port = options.control_port + number if options.control_port else 0
            control = await stack.enter_async_context(ControlServer(plant, clock, options.host, port, fleet.bootstrap))
            plants.append(plant)
            fleets.append(fleet)
            controls.append(control.port)
        yield Park(tuple(plants), tuple(fleets), tuple(controls))


def _descriptions(options: ParkOptions, now: datetime) -> list[PlantDescription]:
    found = []
    for number, left in enumerate(range(options.boxes, 0, -_A_PLANT)):
        boxes = min(left, _A_PLANT)
        drawn = random_plant(
            options.seed + number, boxes, max(1, -(-boxes // 50)), "nokia_isam", EnvironmentPart(seed=options.seed)
        )
        found.append(_with_models(drawn, options, number).moved_to(now))
    return found


def _with_models(plant: PlantDescription, options: ParkOptions, number: int) -> PlantDescription:
    """The same with serial numbers of its own, and the share of data models that is asked for."""
    models = {
        name: model.model_copy(update={"serial": f"{number:02d}{model.serial}", "periodic_inform_s": options.period_s})
        for name, model in plant.box_models.items()
    }
    by_tree = {model.data_model: name for name, model in plant.box_models.items()}
    tr098, tr181 = by_tree["tr098"], by_tree["tr181"]
    turn = [tr181 if n < round(options.tr181 * 20) else tr098 for n in range(20)]
    mixed = [turn[n * 7 % 20] for n in range(20)]  # spread over the ports
    return plant.model_copy(
        update={"box_models": models, "pattern": plant.pattern.model_copy(update={"box_models": mixed})}
    )
