"""Faults of sessions and of the Internet platform, broken in the plant and diagnosed over the wire from evidence."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from api.demo.asking import ask
from api.demo.running import Demo
from collectors.platform.flows import Relay
from domain.access import TestName
from domain.identifiers import Id1, OntName
from domain.metric import Readings
from domain.metrics.platform import (
    FLOWS,
    PLATFORM_AFFECTED,
    PLATFORM_DNS_OK,
    PLATFORM_INTERNET_OK,
    PLATFORM_LNS_OK,
    PLATFORM_RADIUS_OK,
    PORT_25,
    RADIUS_REJECT_PERCENT,
    RADIUS_TIMEOUT_PERCENT,
)
from domain.metrics.session import AUTH_RESULT, SESSION_ACTIVE
from domain.platform import ProbeTarget
from domain.principal import Principal, Right
from domain.reading import Quality, Reason, Via
from domain.states import AuthResult, Flow, Policy
from tests.api.hearing import heard

pytestmark = pytest.mark.asyncio(loop_scope="module")

ACCESS = "F00000016"
REASON = "chap: Password comparison failed: password is incorrect"
CLERK = Principal("397480930", "orders", frozenset({Right.INVENTORY, Right.TEST}))

REFUSED = ("AUTHENTIFICATION", "PLATEFORME_INTERNET", "individual", "ppp_refused")
SILENT = ("AUTHENTIFICATION", "PLATEFORME_INTERNET", "platform", "radius_down")
CASES: list[tuple[str, str, dict[str, Any], tuple[str, str, str, str]]] = [
    ("ppp-refused", "ont", {}, REFUSED),
    (
        "radius-unreachable",
        "",
        {"dropped": 1.0},
        ("AUTHENTIFICATION", "PLATEFORME_INTERNET", "platform", "radius_down"),
    ),
    ("no-pado", "pon", {}, ("INTERNET", "PLATEFORME_INTERNET", "individual", "no_pado")),
    ("lns-unreachable", "", {}, ("INTERNET", "PLATEFORME_INTERNET", "platform", "lns_down")),
    ("no-internet", "ont", {}, ("INTERNET", "PLATEFORME_INTERNET", "individual", "no_internet")),
    ("dns-platform", "", {}, ("DNS", "PLATEFORME_INTERNET", "platform", "dns_failure")),
    ("dns-custom", "ont", {}, ("DNS", "DESSERTE_INTERNE_BOX", "individual", "dns_failure")),
    ("blocked-flow", "ont", {"port": 443}, ("FLUX_BLOQUE", "PLATEFORME_INTERNET", "individual", "blocked_flow")),
    ("port-25-closed", "ont", {}, ("OK", "AUCUNE", "individual", "flow_not_ours")),
]
LABELS = {  # what the agent reads, and the decisive evidence
    "ppp-refused": ("Problème d'authentification : la plateforme Internet refuse la connexion de la box", "a refusé"),
    "radius-unreachable": ("Panne collective : la plateforme d'authentification (RADIUS) ne répond plus", "RADIUS"),
    "no-pado": ("Problème Internet : la demande de session de la box reste sans réponse (pas de PADO)", "TIME_OUT"),
    "lns-unreachable": ("Panne collective : le LNS de la plateforme Internet ne répond plus", "Le LNS"),
    "no-internet": ("Problème Internet : session ouverte, mais rien ne répond au-delà de la plateforme", "ping"),
    "dns-platform": ("Panne collective : les serveurs DNS de la plateforme ne répondent plus", "serveurs DNS"),
    "dns-custom": (
        "Problème de résolution DNS : la session fonctionne, les noms ne sont pas résolus",
        "d'autres serveurs",
    ),
    "blocked-flow": ("Flux bloqué : TCP 443 ne passe pas, le reste fonctionne", "TCP 443"),
    "port-25-closed": ("Fonctionnement Accès FTTH OK", "comme la politique de l'offre le veut"),
}


@pytest_asyncio.fixture(loop_scope="module", autouse=True)
async def repaired(demo: Demo) -> AsyncIterator[None]:
    """Everything works, each target has answered, the session of the access runs."""
    for id1 in ("F00000015", "F00000016", "F00000017"):
        await demo.plant.control.call("announce", ont=id1)
    await demo.service.platform.prober.probe()
    yield
    await demo.plant.control.call("repair", fault="all")
    await demo.plant.control.call("clock", advance=120)


async def _break(demo: Demo, kind: str, where: str, parameters: dict[str, Any] | None = None) -> None:
    state = await demo.plant.control.call("state", ont=ACCESS)
    targets = {"ont": ACCESS, "pon": str(OntName.parse(state["ont"]["name"]).pon_name), "": "platform"}
    more = {"parameters": parameters} if parameters else {}
    await demo.plant.control.call("fault", kind=kind, target=targets[where], **more)
    await heard(demo)
    await demo.plant.control.call("clock", advance=60)
    await heard(demo)


async def _readings(demo: Demo) -> Readings:
    """What a *Diagnostic global* reads."""
    access = await demo.service.records.accesses.get(CLERK, Id1(ACCESS))
    return (await demo.service.diagnoses._line_test.snapshot(access, TestName.GLOBAL, lambda _: None)).readings


async def test_how_many_accesses_the_lns_took_is_counted_and_said(demo: Demo) -> None:
    await _break(demo, "lns-unreachable", "")  # the first of this file: what others break is not usual yet
    async with asyncio.timeout(20):  # until the Stops have come
        while (count := (await _counted(demo)).value(PLATFORM_AFFECTED)) is None or count < 3:
            pass
    first = (await ask(demo.client, ACCESS)).result["verdict"]["findings"][0]
    assert first["rule"] == "lns_down"
    assert f"Plate-forme : {count} accès touchés." in [fact["text"] for fact in first["evidence_for"]]


@pytest.mark.parametrize(("kind", "where", "parameters", "expected"), CASES, ids=[case[0] for case in CASES])
async def test_a_fault_beyond_the_line_is_named_from_evidence(
    demo: Demo, kind: str, where: str, parameters: dict[str, Any], expected: tuple[str, str, str, str]
) -> None:
    await _break(demo, kind, where, parameters)

    result = (await ask(demo.client, ACCESS)).result

    verdict, label, proof = result["verdict"], *LABELS[kind]
    first = verdict["findings"][0]
    told = (verdict["family"], verdict["prelocalisation"], verdict["scope"], first["rule"])
    assert told == expected, first
    assert verdict["synthesis"] == label
    assert any(proof in fact["text"] for fact in first["evidence_for"]), first["evidence_for"]
    assert "platform" in {source["kind"] for source in result["sources"]}


async def test_the_platform_is_read_with_instant_source_and_quality(demo: Demo) -> None:
    found = await _readings(demo)
    for metric in (PLATFORM_RADIUS_OK, PLATFORM_DNS_OK, PLATFORM_LNS_OK, PLATFORM_INTERNET_OK):
        reading = found[metric]
        assert (reading.value, reading.source.via, reading.quality) == (True, Via.PROBE, Quality.STORED)
        assert reading.at is not None
    assert found.value(FLOWS) == {"tcp_25": Flow.OK, "tcp_443": Flow.OK, "tcp_587": Flow.OK}
    assert (found[PORT_25].value, found[PORT_25].source.via) == (Policy.CLOSED, Via.INVENTORY)


async def test_port_25_that_was_opened_and_does_not_pass_is_a_blocked_flow(demo: Demo) -> None:
    accesses, now = demo.service.records.accesses, demo.service.clock.now()
    await accesses.set_port25(CLERK, Id1(ACCESS), Policy.OPEN, now)
    try:
        await _break(demo, "blocked-flow", "ont", {"port": 25})
        verdict = (await ask(demo.client, ACCESS)).result["verdict"]
    finally:
        await accesses.set_port25(CLERK, Id1(ACCESS), Policy.CLOSED, now)
    assert (verdict["family"], verdict["findings"][0]["rule"]) == ("FLUX_BLOQUE", "blocked_flow")
    assert verdict["synthesis"].startswith("Flux bloqué : TCP 25")


async def test_refusals_are_counted_by_subscriber_not_by_try(demo: Demo) -> None:
    await _break(demo, "ppp-refused", "ont")
    await demo.plant.control.call("clock", advance=300)
    await heard(demo)
    found = await _readings(demo)
    window = await demo.service.records.session_history.authentication_window(
        demo.service.clock.now() - timedelta(minutes=4)
    )
    share = found.value(RADIUS_REJECT_PERCENT)
    assert share is not None
    assert 0 < share <= 100
    assert (window.subscribers, window.refused) == (1, 1)  # it has tried four times


Change = Callable[[ProbeTarget], ProbeTarget]


@contextmanager
def _silent() -> Iterator[tuple[str, int]]:
    """A UDP port where somebody listens and never answers; its TCP twin accepts nobody's data either."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as held, socket.socket() as twin:
        held.bind(("127.0.0.9", 0))
        twin.bind(held.getsockname())
        twin.listen(64)
        yield held.getsockname()


@contextmanager
def _probing(demo: Demo, change: Change) -> Iterator[None]:
    prober = demo.service.platform.prober
    before = list(prober.targets)
    prober.use([change(target) for target in before])
    try:
        yield
    finally:
        prober.use(before)


async def test_a_radius_server_that_has_never_answered_is_unknown_and_no_fault(demo: Demo) -> None:
    with (
        _silent() as (host, port),
        _probing(demo, lambda one: replace(one, host=host, port=port) if one.kind == "radius" else one),
    ):
        found = await _readings(demo)
        verdict = (await ask(demo.client, ACCESS)).result["verdict"]
    assert (found[PLATFORM_RADIUS_OK].value, found[PLATFORM_RADIUS_OK].reason) == (None, Reason.NEVER_SEEN)
    assert verdict["family"] == "OK"


async def test_a_prober_that_hears_nobody_is_cut_off_itself_and_accuses_nobody(demo: Demo) -> None:
    """Every name server and RADIUS server falls silent at once, and no other target is there to answer."""
    prober = demo.service.platform.prober
    before = list(prober.targets)
    prober.use([one for one in before if one.kind in {"radius", "resolver"}])
    try:
        await prober.probe()
        for kind in ("radius-unreachable", "dns-platform"):
            await _break(demo, kind, "", {"dropped": 0.0} if kind.startswith("radius") else None)
        for _ in range(2):  # the first may be a round that began before the second fault
            await prober.probe()
        found = await _readings(demo)
    finally:
        prober.use(before)
    assert (found[PLATFORM_RADIUS_OK].value, found[PLATFORM_RADIUS_OK].reason) == (None, Reason.TIMEOUT)
    assert (found[PLATFORM_DNS_OK].value, found[PLATFORM_DNS_OK].reason) == (None, Reason.TIMEOUT)


async def test_a_relay_that_does_not_answer_leaves_the_flows_unknown(demo: Demo) -> None:
    platform = demo.service.platform
    relay = platform.relay
    assert relay is not None
    with _silent() as (host, port):
        platform.relay = Relay(host, port, relay.secret)
        try:
            found = await _readings(demo)
            verdict = (await ask(demo.client, ACCESS)).result["verdict"]
        finally:
            platform.relay = relay
    assert (found[FLOWS].value, found[FLOWS].reason) == (None, Reason.TIMEOUT)
    assert verdict["family"] == "OK"


async def test_the_flows_of_a_closed_session_are_not_tried(demo: Demo) -> None:
    await _break(demo, "ppp-refused", "ont")
    access = await demo.service.records.accesses.get(CLERK, Id1(ACCESS))
    async with asyncio.timeout(10):  # until the Stop has come
        while (await demo.service.records.sessions.last(access)).value(SESSION_ACTIVE):
            pass
    found = await _readings(demo)
    assert (found[FLOWS].value, found[FLOWS].reason) == (None, Reason.OFFLINE)


async def test_the_noc_reads_the_platform_and_nobody_else(demo: Demo) -> None:
    noc = {"Authorization": f"Bearer {demo.noc_token}"}
    await _break(demo, "dns-platform", "")
    await demo.service.platform.prober.probe()
    told = (await demo.client.get("/api/v1/platform", headers=noc)).raise_for_status().json()
    works = {probe["name"]: probe["works"] for probe in told["probes"]}
    assert works == {
        "radius-status": True, "resolver-1": False, "resolver-2": False, "lns": True,
        "tcp-25": True, "tcp-443": True, "tcp-587": True,
    }  # fmt: skip
    dns = next(value for value in told["values"] if value["metric"] == "platform.dns_ok")
    assert (dns["value"], dns["quality"]) == (False, "stored")
    assert dns["at"] is not None
    assert dns["source"].startswith("probe:DNS")
    assert (await demo.client.get("/api/v1/platform")).status_code == 403
    metrics = (await demo.client.get("/metrics")).text
    assert "jf_platform_failing 2.0" in metrics


async def test_what_was_found_is_kept_over_a_restart_for_the_infrastructure_operator(demo: Demo) -> None:
    await demo.service.platform.prober.probe()
    kept = {one.name: one for one in await demo.service.records.platform_probes.last()}
    assert len(kept) == 7
    assert all(one.heard_at is not None for one in kept.values())
    assert await demo.service.records.platform_probes.owner() == "OI-DEMO"


async def test_the_sessions_of_an_access_tell_their_end_and_nothing_of_its_identifier(
    demo: Demo, stranger: dict[str, str]
) -> None:
    await _break(demo, "ppp-refused", "ont")
    await demo.plant.control.call("repair", fault="all")
    await demo.plant.control.call("clock", advance=120)
    await demo.plant.control.call("announce", ont=ACCESS)
    answer = await demo.client.get(f"/api/v1/accesses/{ACCESS}/sessions")
    told = answer.raise_for_status().json()
    running, ended = told["sessions"][:2]
    assert (running["active"], running["ended_at"], running["cause"]) == (True, None, None)
    assert (ended["active"], ended["cause"]) == (False, "Admin-Reset")
    assert ended["duration_s"] >= 0
    assert ended["ip"].startswith("198.18.")
    assert {one["result"] for one in told["authentications"]} == {"accept", "reject"}
    assert {one["reason"] for one in told["authentications"] if one["result"] == "reject"} == {REASON}
    username = (await demo.service.records.accesses.get(CLERK, Id1(ACCESS))).ppp_username
    assert username is not None
    assert username not in answer.text
    assert (await demo.client.get(f"/api/v1/accesses/{ACCESS}/sessions", headers=stranger)).status_code == 404


async def _counted(demo: Demo) -> Readings:
    """What the platform tells, counted anew."""
    demo.service.platform._counted_at = None
    return await _readings(demo)


async def test_requests_that_a_relay_logs_as_unanswered_are_no_refusals_and_give_a_share(demo: Demo) -> None:
    await _break(demo, "radius-unreachable", "", {"dropped": 1.0, "relayed": 1.0})
    async with asyncio.timeout(20):  # until the lines have come
        while (found := await _readings(demo)).value(AUTH_RESULT) is not AuthResult.TIMEOUT:
            pass
    share = found[RADIUS_TIMEOUT_PERCENT]
    assert share.value is not None
    assert share.value > 20.0
    verdict = (await ask(demo.client, ACCESS)).result["verdict"]
    assert (verdict["family"], verdict["findings"][0]["rule"]) == ("AUTHENTIFICATION", "radius_down")
    texts = [fact["text"] for fact in verdict["findings"][0]["evidence_for"]]
    assert any("demande d'authentification" in text and "sans réponse" in text for text in texts)


async def test_without_probes_the_policy_of_port_25_is_told_and_the_flows_say_what_to_read_next(demo: Demo) -> None:
    prober = demo.service.platform.prober
    before = list(prober.targets)
    prober.use([])
    try:
        found = await _readings(demo)
        result = (await ask(demo.client, ACCESS)).result
    finally:
        prober.use(before)
    assert (found[PORT_25].value, found[FLOWS].reason) == (Policy.CLOSED, Reason.NOT_READ)
    assert not found[PLATFORM_LNS_OK].known
    told = {item["what"]: item["why"] for item in result["not_measured"]}
    assert told["Flux testés"].startswith("non mesuré, non demandé ; à lire ensuite : la politique du port 25")
    (platform,) = [source for source in result["sources"] if source["kind"] == "platform"]
    assert (platform["outcome"], platform["reason"]) == ("partial", "not_read")
