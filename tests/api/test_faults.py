"""Every fault of the plant, diagnosed over the wire: its family, its place, its scope."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from api.demo.asking import ask
from api.demo.running import OPERATOR, Demo
from domain.identifiers import Id1, OntName
from domain.metrics.box import BOX_BOOTS_24H
from domain.principal import Principal, Right
from tests.api.hearing import heard

pytestmark = pytest.mark.asyncio(loop_scope="module")

ACCESS = "F00000016"
ACCESSES = ("F00000015", "F00000016", "F00000017")

CASES = [  # two falls an access at most: a third in 24 h is a line that flaps, and remembered as such
    ("F00000016", "drop-cut", "ont", "LIGNE", "BRANCHEMENT_PBO", "individual"),
    ("F00000015", "pbo-cut", "pbo", "LIGNE", "BRANCHEMENT_PBO", "pbo"),
    ("F00000017", "feeder-cut", "pon", "LIGNE", "TRANSPORT_PON", "pon"),
    ("F00000015", "ont-power-off", "ont", "ONT", "ONT", "individual"),
    ("F00000016", "box-off", "ont", "INTERNE", "DESSERTE_INTERNE_BOX", "individual"),
    ("F00000016", "box-hung", "ont", "OK_SESSION_INACTIVE", "DESSERTE_INTERNE_BOX", "individual"),
    ("F00000016", "uni-unplugged", "ont", "INTERNE", "DESSERTE_INTERNE_BOX", "individual"),
    ("F00000016", "ppp-refused", "ont", "AUTHENTIFICATION", "PLATEFORME_INTERNET", "individual"),
    ("F00000016", "pon-laser-off", "pon", "RESEAU", "RESEAU_OLT", "pon"),
    ("F00000017", "card-down", "slot", "RESEAU", "RESEAU_OLT", "card"),
]


@pytest_asyncio.fixture(loop_scope="module", autouse=True)
async def repaired(demo: Demo) -> AsyncIterator[None]:
    for id1 in ACCESSES:
        await demo.plant.control.call("announce", ont=id1)
    yield
    await demo.plant.control.call("repair", fault="all")
    await heard(demo)
    await _calm(demo)


async def _calm(demo: Demo) -> None:
    """What the fault left open is closed: it must not explain the next one."""
    (target,) = [one for one in demo.service.collection.polling.targets if one.name == demo.olt]
    for _ in range(2):
        await demo.plant.control.call("clock", advance=300)
        await demo.service.collection.polling.poll_once(target)
        async with asyncio.timeout(20):
            await demo.service.incidents.watch.caught_up()


async def _target(demo: Demo, id1: str, kind: str) -> str:
    state = await demo.plant.control.call("state", ont=id1)
    name = OntName.parse(state["ont"]["name"])
    places = {"ont": id1, "pbo": state["pbo"], "pon": name.pon_name, "slot": name.slot}
    return str(places[kind])


async def test_an_access_without_fault_is_ok(demo: Demo) -> None:
    verdict = (await ask(demo.client, ACCESS)).result["verdict"]
    assert (verdict["family"], verdict["prelocalisation"], verdict["severity"]) == ("OK", "AUCUNE", "none")
    assert verdict["synthesis"] == "Fonctionnement Accès FTTH OK"


@pytest.mark.parametrize(
    ("id1", "kind", "target", "family", "prelocalisation", "scope"), CASES, ids=[case[1] for case in CASES]
)
async def test_a_fault_is_named_and_placed(
    demo: Demo, id1: str, kind: str, target: str, family: str, prelocalisation: str, scope: str
) -> None:
    log = demo.service.radius.authlog.stats
    kept = log.kept
    await demo.plant.control.call("fault", kind=kind, target=await _target(demo, id1, target))
    await heard(demo)
    await demo.plant.control.call("clock", advance=3 * 3600)
    await heard(demo)
    async with asyncio.timeout(20):  # a box that is refused tries again: its last try is what counts
        while kind == "ppp-refused" and log.kept < kept + 2:
            await demo.plant.control.call("faults")

    result = (await ask(demo.client, id1)).result

    assert result["state"] == "Terminé"
    verdict = result["verdict"]
    assert (verdict["family"], verdict["prelocalisation"], verdict["scope"]) == (family, prelocalisation, scope)
    assert verdict["findings"][0]["evidence_for"]
    assert verdict["action"]


async def test_an_olt_that_does_not_answer_and_nothing_else_to_go_by_is_no_verdict(demo: Demo) -> None:
    await demo.plant.control.call("fault", kind="olt-unreachable", target="")
    await demo.plant.control.call("fault", kind="box-off", target=ACCESS)
    await demo.plant.control.call("clock", advance=3 * 3600)

    verdict = (await ask(demo.client, ACCESS)).result["verdict"]

    assert (verdict["family"], verdict["prelocalisation"]) == ("INDETERMINE", "INDETERMINEE")
    assert verdict["findings"][0]["rule"] == "olt_unreachable"


async def test_an_olt_that_does_not_answer_while_the_box_does_proves_the_service_but_not_the_optics(demo: Demo) -> None:
    await demo.plant.control.call("fault", kind="olt-unreachable", target="")

    result = (await ask(demo.client, ACCESS)).result

    assert (result["verdict"]["family"], result["verdict"]["prelocalisation"]) == ("OK", "AUCUNE")
    assert result["verdict"]["confidence"] <= 0.8
    assert any("OLT" in missing["why"] or "OLT" in missing["what"] for missing in result["not_measured"])


async def _starts(demo: Demo) -> int:
    """How often the box of `ACCESS` started by itself, as its ACS heard it."""
    access = await demo.service.records.accesses.get(Principal(OPERATOR, "x", frozenset(Right)), Id1(ACCESS))
    known = await demo.service.records.boxes.of_access(access)
    return 0 if known is None else known.readings.value(BOX_BOOTS_24H) or 0


async def test_a_box_that_restarts_over_and_over_is_found_out_by_what_its_acs_heard(demo: Demo) -> None:
    before = await _starts(demo)
    await demo.plant.control.call("fault", kind="box-reboot-loop", target=ACCESS)
    await demo.plant.control.call("clock", advance=100)  # off for a fifth of each 420 s
    for turn in range(1, 5):
        async with asyncio.timeout(20):
            while await _starts(demo) < before + turn:
                pass
        for step in (320, 100):
            await demo.plant.control.call("clock", advance=step)
    await demo.plant.control.call("repair", fault="all")

    findings = (await ask(demo.client, ACCESS)).result["verdict"]["findings"]

    assert "box_reboots" in [one["rule"] for one in findings]
