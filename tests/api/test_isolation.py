"""Every route of the application, tried as another operator who has every right: nothing of the victim is seen."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.routing import APIRoute

from api.schemas.campaigns import CampaignIn
from api.schemas.lifecycle import WorkIn
from api.services.teleactions import Request
from api.tmf.alarm.numbers import of_diagnosis
from api.tmf.alarm.tasks import TASKS
from domain.account import Profile
from domain.announcement import AnnouncementKind
from domain.identifiers import Id1
from domain.principal import Principal, Right
from domain.teleaction import RefusedError
from storage.operators import Operator
from tests.tmf.world_incidents import NUMBER as INCIDENT
from tests.tmf.world_incidents import opened as incidents_of_the_network
from tests.web import golden
from tests.web.world import ADMINISTRATOR, CLERK, DEPOSITOR, FORCER, SUPPORT, World, opened

INTRUDER = Principal("999999999", "intruder", frozenset(Right))
OPEN = {
    "/healthz",
    "/metrics",
    "/connexion",
    "/connexion/{code}",
    "/connexion/oidc/{provider}",
    "/connexion/oidc/{provider}/retour",
    "/connexion/oidc/{provider}/deconnexion",
    "/deconnexion",
    "/api/v1/password",
    "/api/v1/sessions",
}
"""Routes that nobody signs in for."""
NETWORK = ("/api/v1/olts", "/api/v1/telemetry", "/api/v1/network-events", "/api/v1/incidents/stream")
"""Routes of the infrastructure, tried in their own tests; here they must not show the victim either."""


@pytest.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    async with opened(tmp_path, monkeypatch) as found:
        await found.service.records.operators.put(Operator(INTRUDER.operator_id, "Intrus"))
        issued = await found.service.records.tokens.issue(INTRUDER, golden.NOW, timedelta(days=5))
        found.tokens["intruder"] = issued.token.reveal()
        yield found


class Victim:
    """Something of everything, and the words by which it would be known again."""

    def __init__(self) -> None:
        self.values: dict[str, str] = {}
        self.marks: set[str] = set()
        self.elsewhere: dict[str, tuple[str, str]] = {}
        self.documents: dict[str, str] = {}

    def path(self, template: str) -> str:
        documents = {"document_id": self.documents.get(template.split("/")[-2], "")}
        here = self.values | documents | dict(pair for part, pair in self.elsewhere.items() if part in template)
        return re.sub(r"\{(\w+)(?::\w+)?\}", lambda found: here[found[1]], template)


async def victim_of(world: World) -> Victim:
    service, found = world.service, Victim()
    number = await world.finished(golden.cut_drop())
    now = world.clock.now()
    work = WorkIn(label="Reprise", starts_at=now, ends_at=now + timedelta(hours=1), id1=Id1("F00000015")).work()
    await service.lifecycle.announce_works(CLERK, work)
    draft, _ = await service.tickets.draft(FORCER, golden.ID1, "84", {"nom_deposant": "DURAND Camille"})
    file = await service.tickets.attach(FORCER, draft.number, "note.txt", b"le client rappelle demain")
    webhook = await service.webhooks.add(ADMINISTRATOR, "http://192.0.2.7/sav", None)
    await service.webhooks.test(ADMINISTRATOR, webhook.webhook_id)
    (delivery,) = await service.webhooks.deliveries(ADMINISTRATOR, webhook.webhook_id, None, None, 9)
    profile = Profile("MARTIN", "Dominique", "dominique.martin@operateur.example", "0199001234")
    await service.accounts.create(ADMINISTRATOR, "dominique", profile, frozenset({Right.TEST}))
    (token,) = await service.accounts.tokens(SUPPORT)
    with pytest.raises(RefusedError):  # its box was never heard: refused, kept and audited
        await service.teleactions.ask(SUPPORT, golden.ID1, Request("box_reboot", {}, "box figée", "192.0.2.9"))
    (asked,) = await service.teleactions.of_access(SUPPORT, golden.ID1)
    campaign = await service.campaigns.create(SUPPORT, CampaignIn(action="box_reboot", reason="essai du soir").plan())
    found.values = {
        "id1": "F00000015",
        "diagnosis": str(number),
        "work_id": work.work_id,
        "file_id": file.file_id,
        "webhook_id": webhook.webhook_id,
        "delivery_id": str(delivery.delivery_id),
        "login": "dominique",
        "token_id": token.token_id,
        "name": "OLT-LYON-03",
        "code": "FRM-MBFTTHGTR",
        "version": "1",
        "type_code": "84",
        "ticket": draft.number,
        "fichier": file.file_id,
        "action": "box_reboot",
        "pon": "PON-1-1-5-10",
        "resultat": str(number),
    }
    found.marks = {
        "MB FTTH Internet profil 07", "LK18106DP440012", "VIA00000002136", "DURAND Camille", "note.txt", "192.0.2.7",
        "MARTIN", "dominique.martin", webhook.secret.reveal(), golden.OPERATOR, "Branchement", golden.PASSWORD,
        "Reprise", "box figée", "essai du soir", "192.0.2.9",
        draft.number, work.label,
    }  # fmt: skip
    found.values["number"] = str(number)
    found.values["sig"] = draft.number
    found.elsewhere = {
        "/teleactions/": ("number", str(asked.number)),
        "/campaigns/": ("name", campaign.campaign.campaign_id),
        "/incidents/": ("number", INCIDENT),
        "/tickets/": ("number", draft.number),
        "/signalisations/": ("number", draft.number),
    }
    found.documents = await tmf_documents_of(world, str(number), draft.number)
    hub = await service.webhooks.add(ADMINISTRATOR, "http://192.0.2.7/hub", frozenset({AnnouncementKind.TMF653}))
    found.values["hub_id"] = hub.webhook_id
    return found


async def tmf_documents_of(world: World, diagnosis: str, ticket: str) -> dict[str, str]:
    """The identifier of something of the victim in each collection of the TM Forum interfaces."""
    service, now = world.service, world.clock.now()
    await incidents_of_the_network(world)
    documents = {"serviceTestSpecification": "653.specification"} | {task.name: f"642.{task.name}" for task in TASKS}
    for name, resource in documents.items():
        body = {"id": f"la-{name}", "href": "x", "name": "MARTIN"}
        await service.records.tmf.put(SUPPORT, resource, f"la-{name}", body, now)
    return {
        **{name: f"la-{name}" for name in documents},
        "serviceProblemEventRecord": f"{INCIDENT}.1",
        "serviceTest": diagnosis,
        "troubleTicket": ticket,
        "serviceProblem": INCIDENT,
        "alarm": str(of_diagnosis(diagnosis)),
    }


def routes(routes_: Any, prefix: str = "") -> Iterator[tuple[str, str]]:
    """Every method and path of an application."""
    for route in routes_:
        if isinstance(route, APIRoute):
            for method in sorted(route.methods - {"HEAD"}):
                yield method, prefix + route.path
        elif hasattr(route, "effective_route_contexts"):
            for context in route.effective_route_contexts():
                for method in sorted((context.methods or set()) - {"HEAD"}):
                    yield method, context.path


BODIES: dict[str, Any] = {
    "POST /api/v1/accesses/{id1}/diagnostics": {"test": "Diagnostic DELC"},
    "POST /api/v1/accesses/{id1}/diagnostic-requests": {"tests": ["Diagnostic DELC"]},
    "PUT /api/v1/accesses/{id1}": {"id1": "F00000015", "offer_label": "x", "service_type": "FTTHMB1P"},
    "POST /api/v1/accesses/{id1}/box-exchange": {"box": {"oui": "D8D775", "serial": "X"}},
    "POST /api/v1/accesses/{id1}/ont-exchange": {"serial": "HWTC0172629D"},
    "PUT /api/v1/accesses/{id1}/gtr": {"gtr": True},
    "PUT /api/v1/accesses/{id1}/port25": {"port25": "open"},
    "POST /api/v1/tickets": {"id1": "F00000015", "type": "84"},
    "PUT /api/v1/tickets/{number}/fields": {"fields": {}},
    "POST /api/v1/tickets/{number}/moves": {"action": "cancel"},
    "PUT /api/v1/accounts/{login:path}": {
        "last_name": "x", "first_name": "x", "email": "x@x.example", "phone": "0199001234", "rights": [],
    },
    "POST /tmf-api/serviceTestManagement/v4/serviceTest": {
        "name": "x", "relatedService": {"id": "F00000015"}, "testSpecification": {"id": "diagnostic-global"},
    },
    "POST /tmf-api/troubleTicket/v4/troubleTicket": {
        "description": "x", "severity": "x", "ticketType": "84",
        "relatedEntity": [{"id": "F00000015", "role": "x", "@referredType": "Service"}],
    },
    "POST /tmf-api/serviceProblemManagement/v4/problemAcknowledgement": {"problem": [{"id": INCIDENT}]},
    "POST /tmf-api/alarm/v4/ackAlarms": {
        "ackSystemId": "x", "ackUserId": "x", "alarmPattern": [{"alarmedObject": {"id": "PBO-3"}}],
    },
    "POST /api/v1/planned-works": {
        "label": "x", "starts_at": "2019-05-09T08:00:00Z", "ends_at": "2019-05-09T09:00:00Z", "id1": "F00000015",
    },
}  # fmt: skip


async def test_no_route_shows_or_changes_anything_of_another_operator(world: World) -> None:
    victim = await victim_of(world)
    headers = {"Authorization": f"Bearer {world.tokens['intruder']}", "Accept": "application/json"}
    tried: list[str] = []
    transport = httpx.ASGITransport(world.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://sav.test", headers=headers) as client:
        for method, template in sorted(set(routes(world.app.routes))):
            if template in OPEN or template.startswith(NETWORK) or template.startswith("/static"):
                continue
            name = f"{method} {template}"
            path = victim.path(template)
            body = {} if method == "PATCH" else BODIES.get(name)
            files = {"file": ("a.txt", b"x")} if template.endswith("/files") and method == "POST" else None
            data = {"action": "cancel"} if template.endswith("/avancement") else None
            answer = await client.request(method, path, json=body, files=files, data=data)
            tried.append(name)
            said = answer.text.replace(path, "").replace(victim.values["id1"], "")
            shown = [mark for mark in victim.marks - {victim.values["sig"]} if mark in said]
            assert shown == [], (name, answer.status_code, shown)
            assert answer.status_code < 500, (name, answer.text)
            own = "{" in template and template not in {"/api/v1/ticket-forms/{code}/{version}"}
            if own:
                assert answer.status_code in {404, 409, 422, 303}, (name, answer.status_code, answer.text)
            if own and template.startswith("/tmf-api/"):
                assert answer.status_code == 404, (name, answer.status_code, answer.text)
            if method == "GET" and own and "/api/" in template:
                assert answer.status_code == 404, (name, answer.status_code, answer.text)
    assert len(tried) > 45
    await _unharmed(world, victim)


async def _unharmed(world: World, victim: Victim) -> None:
    """Everything is as it was."""
    service = world.service
    access = await service.records.accesses.get(SUPPORT, golden.ID1)
    assert access == await _as_provisioned(world)
    ticket = await service.records.tickets.get(DEPOSITOR, victim.values["sig"])
    assert ticket.fields == {"nom_deposant": "DURAND Camille"}
    assert len(await service.tickets.files(DEPOSITOR, ticket.number)) == 1
    webhooks = await service.webhooks.list(ADMINISTRATOR)
    assert [one.disabled_at for one in webhooks] == [None, None]
    kept = await service.records.tmf.get(SUPPORT, "653.specification", victim.documents["serviceTestSpecification"])
    assert kept is not None
    assert not kept.gone
    assert (await service.accounts.get(ADMINISTRATOR, "dominique")).rights == {Right.TEST}
    assert len(await service.accounts.tokens(SUPPORT)) == 1
    (work,) = await service.lifecycle.works(CLERK)
    assert work.cancelled_at is None


async def _as_provisioned(world: World) -> Any:
    from dataclasses import replace

    return replace(golden.access(), outside=golden.outside())


async def test_lists_exports_filters_and_pages_of_an_operator_hold_its_own_only(world: World) -> None:
    victim = await victim_of(world)
    headers = {"Authorization": f"Bearer {world.tokens['intruder']}"}
    transport = httpx.ASGITransport(world.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://sav.test/api/v1", headers=headers) as client:
        assert (await client.get("/accesses")).json() == []
        assert (await client.get("/access-exports", params={"format": "json"})).json() == []
        assert len((await client.get("/access-exports")).text.splitlines()) == 1
        assert (await client.get("/tickets", params={"access": "F00000015", "state": "Brouillon"})).json() == []
        assert (await client.get("/tickets", params={"before": victim.values["sig"]})).status_code == 404
        assert (await client.get("/planned-works")).json() == []
        assert (await client.get("/webhooks")).json() == []
        assert [one["login"] for one in (await client.get("/accounts")).json()] == ["intruder"]
        unknown = await client.get("/tickets/SIG190509-0000000")
        theirs = await client.get(f"/tickets/{victim.values['sig']}")
        assert unknown.json()["detail"].replace("SIG190509-0000000", "#") == theirs.json()["detail"].replace(
            victim.values["sig"], "#"
        )


async def test_the_ont_password_is_for_who_may_see_it_in_every_form_of_a_result(world: World) -> None:
    number = await world.finished(golden.inactive_box())
    transport = httpx.ASGITransport(world.app)
    for who, seen in ((SUPPORT, True), (FORCER, False)):
        headers = {"Authorization": f"Bearer {world.tokens[f'{who.operator_id}/{who.account}']}"}
        async with httpx.AsyncClient(transport=transport, base_url="http://sav.test/api/v1", headers=headers) as client:
            for path in (f"/diagnostics/{number}", f"/diagnostics/{number}/result.csv"):
                assert (golden.PASSWORD in (await client.get(path)).text) is seen, (who.account, path)
            pdf = await client.get(f"/diagnostics/{number}/result.pdf")
            assert pdf.content.startswith(b"%PDF-")
