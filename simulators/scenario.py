"""Scenarios: a plant and what happens to it, when. A strict YAML file; ``scenarios/*.yaml`` holds some.

::

    title: a cut in the rain
    plant: demo                  # a file of plants/, a path beside this file, or {seed: 3, vendor: zte_zxan, onts: 96}
    timeline:                    # in order
      - {at_s: 600, break: pbo-cut, target: PBO-5-10-3-1, as: cut}
      - {at_s: 4200, repair: cut}
      - {at_s: 86400}            # only lets time pass
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Annotated, Any, Self

import structlog
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from simulators.plant.description import PlantDescription, load
from simulators.plant.errors import CommandError, DescriptionError
from simulators.plant.plant import Plant
from simulators.plant.random_plant import PLANTS, random_plant
from simulators.plant.stepped import SteppedClock
from simulators.plant.strict_yaml import problems_of, read_yaml
from simulators.plant.views import fault_view

_LOG = structlog.get_logger(__name__)
SCENARIOS = Path(__file__).parent / "scenarios"
_Scalar = float | int | str


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, populate_by_name=True)


class DrawnPlant(_Part):
    """A plant of `random_plant`."""

    seed: int
    onts: int = 128
    pons: int = 4
    vendor: str | None = None


class Step(_Part):
    """Something that happens, ``at_s`` seconds after the beginning; nothing happens when it names neither.

    Attributes:
        name: What later steps call this fault.
        parameters: Of the fault and of its course.
    """

    at_s: Annotated[float, Field(ge=0, allow_inf_nan=False)]
    breaks: Annotated[str | None, Field(alias="break")] = None
    target: str = ""
    parameters: Annotated[dict[str, _Scalar], Field(alias="set", default_factory=dict)]
    name: Annotated[str | None, Field(alias="as")] = None
    repair: str | None = None

    @model_validator(mode="after")
    def _is_one_thing(self) -> Self:
        if self.breaks is not None and self.repair is not None:
            raise ValueError("a step breaks or repairs, not both")
        if self.breaks is None and (self.target or self.parameters or self.name):
            raise ValueError("`target`, `set` and `as` go with `break`")
        return self


class Scenario(_Part):
    """A plant and its timeline."""

    title: str
    plant: str | DrawnPlant
    timeline: Annotated[list[Step], Field(min_length=1)]

    @model_validator(mode="after")
    def _is_in_order(self) -> Self:
        instants = [step.at_s for step in self.timeline]
        problems = [] if instants == sorted(instants) else ["timeline: steps are not in order of `at_s`"]
        known: set[str] = set()
        for rank, step in enumerate(self.timeline):
            if step.repair is not None and step.repair not in known | {"all"}:
                problems.append(f"timeline[{rank}].repair: no fault before it is called {step.repair!r}")
            if step.name is not None:
                known.add(step.name)
        if problems:
            raise ValueError("\n".join(problems))
        return self


def read(path: Path) -> Scenario:
    """Read a scenario; raises `DescriptionError` that names every wrong place."""
    try:
        return Scenario.model_validate(read_yaml(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise DescriptionError(path.name, [str(error)]) from error
    except ValidationError as error:
        raise DescriptionError(path.name, problems_of(error)) from error


def described(scenario: Scenario, beside: Path) -> PlantDescription:
    """The plant of a scenario that was read in the folder ``beside``; raises `DescriptionError`."""
    if isinstance(scenario.plant, DrawnPlant):
        wanted = scenario.plant
        return random_plant(wanted.seed, wanted.onts, wanted.pons, wanted.vendor)
    shipped = PLANTS / f"{scenario.plant}.yaml"
    return load(shipped if shipped.exists() else beside / scenario.plant)


class Player:
    """Plays a timeline on a plant, step by step."""

    def __init__(self, scenario: Scenario, plant: Plant) -> None:
        self._scenario = scenario
        self._plant = plant
        self._begin = plant.clock.now()
        self._named: dict[str, int] = {}

    def instants(self) -> Iterator[tuple[datetime, Callable[[], dict[str, Any]]]]:
        """Each step: when it is due, and the call that makes it happen and tells it."""
        for step in self._scenario.timeline:
            yield self._begin + timedelta(seconds=step.at_s), lambda step=step: self._happen(step)  # type: ignore[misc]  # mypy infers no lambda with a default

    def _happen(self, step: Step) -> dict[str, Any]:
        told: dict[str, Any] = {"at": self._plant.clock.now().isoformat()}
        if step.breaks is not None:
            fault = self._plant.apply(step.breaks, step.target, **step.parameters)
            if step.name is not None:
                self._named[step.name] = fault.id
            return told | {"break": fault_view(fault)}
        if step.repair is not None:
            wanted: int | str = "all" if step.repair == "all" else self._named[step.repair]
            return told | {"repair": [fault_view(fault) for fault in self._plant.repair(wanted)]}
        self._plant.run_due()
        return told


class Follower:
    """Plays a timeline on a plant that lives, as its clock goes, while its context lasts."""

    def __init__(self, scenario: Scenario, plant: Plant) -> None:
        self._plant = plant
        self._player = Player(scenario, plant)
        self._task: asyncio.Task[None] | None = None

    async def _run(self) -> None:
        for at, happen in self._player.instants():
            await self._plant.clock.sleep_until(at)
            try:
                _LOG.info("scenario_step", **happen())
            except CommandError as error:
                _LOG.warning("scenario_step_refused", at=at.isoformat(), error=str(error))

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run(), name="scenario")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])


def play(scenario: Scenario, beside: Path = SCENARIOS) -> tuple[Plant, list[dict[str, Any]]]:
    """Play a whole scenario in this process, without windows; returns the plant at its end and what happened."""
    description = described(scenario, beside)
    plant = Plant(description, SteppedClock(description.clock.origin))
    told = []
    for at, happen in Player(scenario, plant).instants():
        plant.advance((at - plant.clock.now()).total_seconds())
        told.append(happen())
    return plant, told
