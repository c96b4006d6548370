"""The same over the real protocols: a plant in a process of its own, the service that reads it as any other.

Each draw breaks an access of the plant of one vendor by the control port, lets time pass, asks for a diagnosis as an
agent does, and repairs. Only kinds that the windows of that vendor show today are drawn: the service keeps no
reference and no list of unknown ONTs yet.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from random import Random

from api.demo.asking import ask
from api.demo.running import OPERATOR, Demo, demo_service
from benchmarks.diagnosis_mc.draws import TARGETS
from benchmarks.diagnosis_mc.truth import outage
from domain.principal import Principal, Right
from simulators.control import ControlClient, ControlError
from simulators.plant.description import load
from simulators.plant.layout import OntLayout, build
from simulators.plant.random_plant import PLANTS, TEMPLATES
from simulators.plant.targets import TargetKind

_AGES_S = (300.0, 1200.0, 3 * 3600.0)
_SETTLE_S = 0.25  # real time: boxes and RADIUS speak after a jump of the clock
_ACCESSES = 12  # of each plant
_PATIENCE_S, _TRIES, _PAUSE_S = 120.0, 8, 4.0
_TOLD_EVERY = 10
_STRIDE_S = 3 * 3600.0
_REST_S = 25 * 3600.0  # beyond the day in which repeated falls make a line that flaps
_EVERYWHERE = (
    *("none", "card-down", "pon-laser-off", "feeder-cut", "pbo-cut", "ont-power-off", "uni-unplugged", "box-off"),
    *("box-hung", "ppp-refused", "no-pado", "not-provisioned", "olt-unreachable"),
)
_SEEN = {  # what the words of each vendor tell besides
    "nokia_isam": ("drop-cut", "admin-down", "password-mismatch"),
    "huawei_smartax": ("drop-cut", "admin-down", "password-mismatch", "omci-lost"),
    "zte_zxan": ("drop-cut", "admin-down", "password-mismatch", "omci-lost"),
}
"""Vendors whose simulated OLT has a CLI too, which the service is given."""


@dataclass(frozen=True, slots=True)
class RealJudged:
    """A draw over the real protocols, and what the service said."""

    vendor: str
    id1: str
    kind: str
    family: str
    place: str
    scope: str
    rule: str
    right: bool
    placed: bool


async def play(seed: int, draws: int) -> list[RealJudged]:
    """Draw over the plants of these vendors in turn."""
    judged: list[RealJudged] = []
    share = -(-draws // len(_SEEN))
    for number, vendor in enumerate(_SEEN):
        plant = TEMPLATES[vendor]
        random = Random(seed * 10 + number)
        judged += await _of_vendor(random, vendor, PLANTS / f"{plant}.yaml", min(share, draws - len(judged)))
    return judged


async def _of_vendor(random: Random, vendor: str, file: Path, draws: int) -> list[RealJudged]:
    layout = build(load(file))
    kinds = (*_EVERYWHERE, *_SEEN[vendor])
    async with demo_service(description_file=file) as demo:
        sold = {}
        for number, ont in enumerate(random.sample(list(layout.onts.values()), _ACCESSES)):
            id1 = str(ont.access.id1) if ont.access is not None else f"F{90_000_000 + number}"
            sold[id1] = ont
            if ont.access is None:
                await _sell(demo, id1, ont, layout.pons[ont.name.pon_name].optical_class)
            await _announce(demo, ont)
        judged: list[RealJudged] = []
        began = time.monotonic()
        for number in range(1, draws + 1):
            judged.append(await _one(random, vendor, demo, sold, kinds))
            if not number % _TOLD_EVERY:
                right = sum(one.placed for one in judged)
                print(f"  {vendor}: {right} of {number} right, {time.monotonic() - began:.0f} s", flush=True)
        return judged


async def _sell(demo: Demo, id1: str, ont: OntLayout, optical_class: str) -> None:
    """Make an ONT of the plant an access of the operator."""
    body = {
        "id2": f"VIA{id1[1:]:0>11}",
        "offer_label": "MB FTTH Internet profil 07",
        "service_type": "FTTHMB1P",
        "place": {"olt": demo.olt, "ont": str(ont.name)},
        "box": {"oui": ont.box.device.oui, "serial": ont.box.device.serial},
        "ppp_username": ont.box.ppp_username,
        "optical_class": optical_class,
        "id1": id1,
    }
    headers = {"Authorization": f"Bearer {demo.inventory_token}"}
    (await demo.client.put(f"/api/v1/accesses/{id1}", json=body, headers=headers)).raise_for_status()


async def _one(
    random: Random, vendor: str, demo: Demo, sold: dict[str, OntLayout], kinds: tuple[str, ...]
) -> RealJudged:
    kind, id1 = random.choice(kinds), random.choice(list(sold))
    control = _control(demo)
    if kind != "none":
        await control.call("fault", kind=kind, target=_target(sold[id1], kind))
    await _pass(demo, random.choice(_AGES_S))
    await asyncio.sleep(_SETTLE_S)
    await _sign_in(demo)
    verdict = (await ask(demo.client, id1)).result["verdict"]
    await control.call("repair", fault="all")
    await _pass(demo, _REST_S)
    try:
        await _announce(demo, sold[id1])
    except ControlError:
        if len(sold) == 1:
            raise
        del sold[id1]  # its box is not heard again on this machine: the others go on
        print(f"  {vendor}: the box of {id1} was not heard again, left out", flush=True)
    said = (verdict["family"], verdict["prelocalisation"])
    right = {("OK", "AUCUNE")} if kind in {"none", "olt-unreachable"} else _right(kind)
    return RealJudged(
        vendor,
        id1,
        kind,
        *said,
        verdict["scope"],
        verdict["findings"][0]["rule"],
        said[0] in {family for family, _ in right},
        said in right,
    )


def _control(demo: Demo) -> ControlClient:
    """The control port of the plant, with patience for a busy machine."""
    return ControlClient(*demo.plant.control_address, timeout_s=_PATIENCE_S)


async def _announce(demo: Demo, ont: OntLayout) -> None:
    """Have a box heard of by the service; tried again where the machine was too busy to hear it in time."""
    for left in reversed(range(_TRIES)):
        try:
            await _control(demo).call("announce", ont=str(ont.name))
        except ControlError:
            if not left:
                raise
            await asyncio.sleep(_PAUSE_S)  # every box of the plant has just told of the day that passed
        else:
            return


async def _pass(demo: Demo, seconds: float) -> None:
    """Let time pass, in strides that the plant plays in less than the patience of its control port."""
    while seconds > 0:
        await _control(demo).call("clock", advance=min(seconds, _STRIDE_S))
        seconds -= _STRIDE_S


async def _sign_in(demo: Demo) -> None:
    """A token of today: the plant's clock outruns any other."""
    who = Principal(OPERATOR, "mc.agent", frozenset({Right.TEST}))
    issued = await demo.service.records.tokens.issue(who, demo.service.clock.now(), timedelta(days=1))
    demo.client.headers["Authorization"] = f"Bearer {issued.token.reveal()}"


def _right(kind: str) -> set[tuple[str, str]]:
    return {(one.family.value, one.place.value) for one in outage(kind)}


def _target(installed: OntLayout, kind: str) -> str:
    return {
        TargetKind.ONT: str(installed.name),
        TargetKind.PBO: installed.pbo,
        TargetKind.SPLITTER: installed.splitters[-1],
        TargetKind.PON: str(installed.name.pon_name),
        TargetKind.PM: installed.pm,
        TargetKind.SLOT: str(installed.name.slot),
        TargetKind.OLT: "",
        TargetKind.PLATFORM: "",
    }[TARGETS[kind]]
