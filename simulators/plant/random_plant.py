"""Plants drawn at random: any vendor, GPON and XGS-PON boards of several classes, a plausible outside plant.

A plant is a description like any other: it may be written to a file, read again, and run. The same seed gives the same.
"""

from __future__ import annotations

from datetime import datetime
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import yaml

from domain.identifiers import PonName
from simulators.plant.description import (
    BranchPart,
    CardPart,
    EnvironmentPart,
    PlantDescription,
    PonPart,
    Series,
    load,
)
from simulators.plant.errors import CommandError
from simulators.plant.optics import CLASSES, GENERATIONS, Direction, OpticalPath

PLANTS = Path(__file__).parents[1] / "plants"
TEMPLATES = {
    "nokia_isam": "demo",
    "huawei_smartax": "huawei",
    "zte_zxan": "zte_c320",
    "fiberhome_an": "fiberhome",
}
_CLASSES = {"gpon": (("B+", 0.7), ("C+", 0.3)), "xgspon": (("N1", 0.6), ("N2", 0.4))}
_SPLITS = ((8, 8), (4, 16), (4, 8), (2, 32), (8, 16))  # 1st at the PM, 2nd in the street
_NOKIA_XGS = {"type": "FWLT-C", "technology": "xgspon"}  # the one board whose rows a recording tells apart
_XGS_SHARE = 0.3  # of the boards
_PORTS_A_BOARD = 8
_MARGIN_DB = 2.5  # what a network is planned with beyond its class
_DISTRIBUTION_M, _DROP_M, _FEEDER_M = (60.0, 900.0), (20.0, 150.0), (300.0, 12_000.0)
_MOST_ONTS = 128  # C: a port full


def random_plant(
    seed: int, onts: int = 128, pons: int = 4, vendor: str | None = None, environment: EnvironmentPart | None = None
) -> PlantDescription:
    """Draw a plant of one OLT.

    Args:
        seed: The same gives the same plant.
        onts: How many ONTs in all, spread unevenly over the ports.
        pons: How many PON ports.
        vendor: Of the OLT; ``None`` draws one.
        environment: Calibration, noise, weather and age; ``None`` for usual ones.
    """
    draw = Random(seed)  # noqa: S311 - a simulation, not a secret
    vendors = list(TEMPLATES)
    if vendor is not None and vendor not in TEMPLATES:
        raise CommandError(f"no vendor {vendor!r}", vendors)
    if not 1 <= pons <= 64 or not pons <= onts <= pons * _MOST_ONTS // 2:
        raise CommandError(f"1 to 64 ports, each of 1 to {_MOST_ONTS // 2} ONTs; asked: {onts} ONTs on {pons} ports")
    chosen = vendor or draw.choice(vendors)
    template = _template(chosen)
    first_slot = min(card.slot for card in template.cards if card.slot is not None)
    first_port = min(pon.pon.pon for pon in template.pons)
    frame = template.pons[0].pon
    boards = -(-pons // _PORTS_A_BOARD)
    technologies = ["xgspon" if draw.random() < _XGS_SHARE else "gpon" for _ in range(boards)]
    parts = []
    for place, count in enumerate(_shared(draw, onts, pons)):
        board, port = divmod(place, _PORTS_A_BOARD)
        name = PonName(frame.rack, frame.shelf, first_slot + board, first_port + port)
        parts.append(_pon(draw, name, technologies[board], count, f"PM-{69000 + place // 3}-{place % 3 + 1:02}"))
    drawn = {"from": draw.uniform(*_DROP_M), "step": draw.uniform(1, 9), "count": draw.randint(5, 17)}
    pattern = template.pattern.model_copy(
        update={
            "drops": [[1]],  # every branch says its own
            "drop_m": Series.model_validate({key: float(v) if key != "count" else v for key, v in drawn.items()}),
        }
    )
    others = [card for card in template.cards if card.slot is None]
    return template.model_copy(
        update={
            "olt": template.olt.model_copy(update={"name": f"OLT-{seed:05}", "sys_name": f"OLT-{seed:05}"}),
            "cards": [*_cards(template, technologies, first_slot), *others],
            "pattern": pattern,
            "pons": parts,
            "environment": environment or EnvironmentPart(seed=seed, weather=True, calibration_db=0.8, noise_db=0.15),
        }
    )


def written(description: PlantDescription) -> str:
    """A description as the YAML text that `parse` reads."""
    content = _plain(description.model_dump(by_alias=True, exclude_defaults=True))
    return yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=120)


def _plain(value: object) -> Any:
    match value:
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case None | bool() | int() | float() | str() | datetime():
            return value
        case _:
            return str(value)  # identifiers


@cache
def _template(vendor: str) -> PlantDescription:
    return load(PLANTS / f"{TEMPLATES[vendor]}.yaml")


def _shared(draw: Random, onts: int, pons: int) -> list[int]:
    """How many ONTs each port has: uneven, none empty, none beyond half of what a port holds."""
    counts = [1] * pons
    for _ in range(onts - pons):
        open_ports = [place for place, count in enumerate(counts) if count < _MOST_ONTS // 2]
        counts[draw.choice(open_ports)] += 1
    return counts


def _cards(template: PlantDescription, technologies: list[str], first_slot: int) -> list[CardPart]:
    kinds = {str(card.technology): card for card in reversed(template.cards) if card.slot is not None}
    if "xgspon" not in kinds:
        kinds["xgspon"] = kinds["gpon"].model_copy(update=_NOKIA_XGS)
    cards = []
    for place, technology in enumerate(technologies):
        like, slot = kinds[technology], first_slot + place
        name = f"{like.name.rstrip('0123456789')}{slot}"
        cards.append(like.model_copy(update={"name": name, "slot": slot, "serial": f"SIM2044{slot:04}"}))
    return cards


def _pon(draw: Random, name: PonName, technology: str, onts: int, pm: str) -> PonPart:
    classes = _CLASSES[technology]
    optical_class = draw.choices([one for one, _ in classes], [weight for _, weight in classes])[0]
    limits, generation = CLASSES[optical_class], GENERATIONS[technology]
    least, most = limits.loss_db[0] + 1.0, limits.loss_db[1] - _MARGIN_DB
    fitting = []
    for splitters in _SPLITS:
        far = _DISTRIBUTION_M[1] + _DROP_M[1] * 2
        bare = OpticalPath(far, splitters).loss_db(Direction.UP, generation)
        reach_m = (most - bare) / generation.db_km[Direction.UP] * 1000.0
        holds_all = splitters[0] * splitters[1] >= onts
        close = OpticalPath(_FEEDER_M[0], splitters).loss_db(Direction.DOWN, generation) >= least
        if holds_all and close and reach_m > _FEEDER_M[0]:
            fitting.append((splitters, min(reach_m, _FEEDER_M[1])))
    if not fitting:
        raise CommandError(f"{onts} ONTs do not fit behind one {optical_class} port")
    splitters, reach_m = draw.choice(fitting)
    tx = draw.uniform(limits.olt_tx_dbm[0] + 0.5, limits.olt_tx_dbm[1] - 0.5)
    drawn = {
        "pon": name,
        "tx_dbm": round(tx, 1),
        "feeder_m": float(round(draw.uniform(_FEEDER_M[0], reach_m))),
        "pm": pm,
        "optical_class": optical_class,
        "ont_tx_dbm": {"from": round(limits.ont_tx_dbm[0] + draw.uniform(0.4, 1.4), 2), "step": 0.11, "count": 17},
        "splitters": splitters,
        "branches": _branches(draw, splitters, onts),
    }
    return PonPart.model_validate(drawn)


def _branches(draw: Random, splitters: tuple[int, int], onts: int) -> dict[int, BranchPart]:
    """ONTs put behind outputs of the first splitter, in distribution points of 2 to 12 where there are enough."""
    first, second = splitters
    branches: dict[int, BranchPart] = {}
    order, left = draw.sample(range(1, first + 1), first), onts
    for rank, branch in enumerate(order):
        room_after = (first - rank - 1) * second
        least = max(left - room_after, 0)
        count = min(left, second, max(least, draw.randint(2, second) if second > 2 else second))
        drops, rest = [], count
        while rest:
            size = min(rest, draw.randint(2, 12))
            size = rest if rest - size == 1 and rest <= 12 else size  # no point of one drop, if it can be
            drops.append(size)
            rest -= size
        branches[branch] = BranchPart(distribution_m=round(draw.uniform(*_DISTRIBUTION_M)), drops=drops)
        left -= count
    return dict(sorted(branches.items()))
