"""Commands that need no running plant: draw plants of a size, list kinds of faults, play a scenario."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from simulators.plant import faults
from simulators.plant.plant import Plant
from simulators.plant.random_plant import TEMPLATES, random_plant, written
from simulators.plant.targets import TargetKind
from simulators.plant.views import kind_view, ont_view, platform_view
from simulators.scenario import SCENARIOS, play, read


def add_commands(commands: Any) -> None:
    """Add them to the sub-parsers of ``python -m simulators``."""
    generate = commands.add_parser("generate", help="draw plants at random and write their descriptions")
    generate.add_argument("--olts", type=int, default=1, help="how many plants of one OLT (default 1)")
    generate.add_argument("--pons", type=int, default=4, help="PON ports of each (default 4)")
    generate.add_argument("--onts", type=int, default=128, help="ONTs of each (default 128)")
    generate.add_argument("--vendor", choices=sorted(TEMPLATES), help="of all; without it each is drawn")
    generate.add_argument("--seed", type=int, default=1, help="of the first; each next one has the next (default 1)")
    generate.add_argument("--out", type=Path, required=True, metavar="FOLDER", help="where the files go")
    generate.set_defaults(command=_generate)
    kinds = commands.add_parser("kinds", help="the kinds of faults, their targets and parameters, without a plant")
    kinds.add_argument("kind", nargs="?", help="only that one")
    kinds.set_defaults(command=_kinds)
    scenario = commands.add_parser("scenario", help="play a scenario in this process and tell what it makes")
    scenario.add_argument("scenario", help=f"file, or one of {', '.join(shipped())}")
    scenario.add_argument("--ont", help="show that ONT (name or ID1) at the end")
    scenario.set_defaults(command=_scenario)


def add_fault_arguments(fault: argparse.ArgumentParser) -> None:
    """Arguments of the command that makes a fault happen in a running plant."""
    fault.add_argument("kind", help="see `kinds`")
    fault.add_argument("target", nargs="?", default="", help="ONT or ID1, PBO, splitter, PON, PM, slot; see `targets`")
    add_settings(
        fault, "a parameter of the kind, or of its course: after_s, for_s, ramp_s, period_s, duty, when=rain|hot|cold"
    )


def add_settings(parser: argparse.ArgumentParser, text: str) -> None:
    """Any number of ``--set NAME=VALUE``."""
    parser.add_argument("--set", action="append", default=[], type=_parameter, metavar="NAME=VALUE", help=text)


def fault_call(options: argparse.Namespace) -> dict[str, Any]:
    """What the command sends to the plant."""
    call: dict[str, Any] = {"kind": options.kind, "target": options.target}
    return call | ({"parameters": dict(options.set)} if options.set else {})


def shipped() -> list[str]:
    """Names of the scenarios that come with the simulator."""
    return sorted(path.stem for path in SCENARIOS.glob("*.yaml"))


def scenario_path(text: str) -> Path:
    """The file that a scenario's name or path means."""
    return SCENARIOS / f"{text}.yaml" if text in shipped() else Path(text)


def _parameter(text: str) -> tuple[str, float | str]:
    name, separator, value = text.partition("=")
    if not separator or not name:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    try:
        return name, float(value)
    except ValueError:
        return name, value


def _generate(options: argparse.Namespace) -> int:
    options.out.mkdir(parents=True, exist_ok=True)
    for seed in range(options.seed, options.seed + options.olts):
        description = random_plant(seed, options.onts, options.pons, options.vendor)
        path = options.out / f"{description.olt.name}.yaml"
        path.write_text(written(description), encoding="utf-8")
        sys.stdout.write(f"{path}: {description.olt.vendor}, {options.pons} PON ports, {options.onts} ONTs\n")
    return 0


def _kinds(options: argparse.Namespace) -> int:
    kinds = faults.discover()
    if options.kind is not None and options.kind not in kinds:
        raise OSError(f"no kind of fault {options.kind!r}; `python -m simulators kinds` lists them")
    _show([kind_view(kind) for name, kind in kinds.items() if options.kind in {None, name}])
    return 0


def _scenario(options: argparse.Namespace) -> int:
    path = scenario_path(options.scenario)
    scenario = read(path)
    plant, told = play(scenario, path.parent)
    up = sum(ont.oper_up for ont in plant.state.onts.values())
    end: dict[str, Any] = {"onts": len(plant.state.onts), "onts_up": up, **platform_view(plant)}
    _show({"title": scenario.title, "timeline": told, "end": end | _shown(plant, options.ont)})
    return 0


def _shown(plant: Plant, ont: str | None) -> dict[str, Any]:
    if ont is None:
        return {}
    name = plant.find(TargetKind.ONT, ont).ont
    return {"ont": ont_view(plant, name)} if name is not None else {}


def _show(content: object) -> None:
    sys.stdout.write(json.dumps(content, indent=1, ensure_ascii=False) + "\n")
