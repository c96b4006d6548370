"""Every route of the application, tried as another operator who has every right.

The whole service on the demo's plant answers; each request is made twice, about objects of another operator and about
objects that do not exist: nothing may differ but the identifiers that were asked for.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, cast

import httpx
import pytest
import pytest_asyncio

from api.app import build
from api.certificates.signing import Wish
from api.demo.running import INFRASTRUCTURE, Demo
from api.schemas.campaigns import CampaignIn, PaceIn
from api.schemas.lifecycle import WorkIn
from api.services.teleactions import Request
from api.tmf.alarm.numbers import of_diagnosis
from api.tmf.alarm.tasks import TASKS
from domain.account import Profile
from domain.announcement import AnnouncementKind
from domain.certificate import Environment, EService
from domain.identifiers import Id1
from domain.incidents import Kind
from domain.metrics.ont import ONT_RX_DBM
from domain.principal import Principal, Right
from domain.teleaction import RefusedError
from storage.operators import Operator
from tests.api.intruder import STREAM_S, Answer, Call, Pair, Route, answer_to, as_json, routes
from tests.storage.samples import put_access
from tests.tmf.world_incidents import NUMBER as INCIDENT
from tests.tmf.world_incidents import change, incident
from tests.web import golden
from tests.web.world import ADMINISTRATOR, CLERK, DEPOSITOR, FORCER, SUPPORT, World

pytestmark = pytest.mark.asyncio(loop_scope="module")

INTRUDER = Principal("999999999", "intruder", frozenset(Right))
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"

NO_OBJECT = {
    "GET /connexion/{code}": "a one-time link is the secret that signs in: whoever holds it is its account",
    "GET /connexion/oidc/{provider}": "a provider of sign-ins is everybody's",
    "GET /connexion/oidc/{provider}/retour": "as above",
    "GET /connexion/oidc/{provider}/deconnexion": "as above",
    "GET /docs/{language}": "the same for everybody: its examples, invented, are those of the demonstration",
    "GET /openapi.json": "as above",
    "GET /openapi.{language}.json": "as above",
    "PUT /api/v1/accesses/{id1}": "declares: see the test of what is one for all operators",
}
"""Routes whose path names no object of an operator, and why."""

SHARED = {"code", "version", "type_code", "action", "language", "geste"}
"""Parts of paths that name what the product has for everybody: forms, types, téléactions of the catalogue."""

NEUTRAL = {
    "at", "count", "dry_run", "fields", "format", "highest", "horizon_days", "kind", "limit", "live", "metric",
    "offset", "open", "since", "state", "step_s", "until", "accept", "motif", "suite", "operateur", "detail",
    "fin", "page", "clos", "genre", "horizon", "type", "environment", "eservice", "sort", "order", "filtres",
    "tri", "ordre", "tous", "after", "fait", "etat", "action", "error", "iss", "fournisseur",
}  # fmt: skip
"""Query parameters that name no object."""


@dataclass(slots=True)
class Victim:
    """Something of everything: the identifiers of it, and the words by which it would be known again."""

    values: dict[str, str] = field(default_factory=dict)
    elsewhere: dict[str, tuple[str, str]] = field(default_factory=dict)
    documents: dict[str, str] = field(default_factory=dict)
    queries: dict[str, str] = field(default_factory=dict)
    marks: set[str] = field(default_factory=set)
    own: dict[str, str] = field(default_factory=dict)

    def path(self, route: Route, *, owned: bool = False) -> str:
        """The path with the victim's identifiers; a part that nobody has thought of fails the test.

        ``owned``: its first part is the intruder's own, so that what hangs from it is looked for.
        """
        documents = {"document_id": self.documents.get(route.path.split("/")[-2], "")}
        here = self.values | documents | dict(pair for part, pair in self.elsewhere.items() if part in route.path)
        if owned:
            here |= {route.parameters[0]: next(text for part, text in self.own.items() if part in route.path)}
        return re.sub(r"\{(\w+)(?::\w+)?\}", lambda found: here[found[1]], route.path)

    def pair(self) -> Pair:
        """Each identifier, and one of the same shape that nothing has."""
        known = {*self.values.values(), *self.documents.values(), *self.queries.values()}
        known |= {text for _, text in self.elsewhere.values()}
        common = {self.values[name] for name in SHARED}
        absent = {text: _other(text) for text in known - common}
        return Pair(absent | {f"{INCIDENT}.1": f"{absent[INCIDENT]}.1"})


def _other(text: str) -> str:
    """The same shape, another value: digits and letters of its end are turned."""
    head, tail = text[:-3], text[-3:]
    turned = tail.translate(str.maketrans("0123456789abcdefABCDEF", "9876543210fedcbaFEDCBA"))
    return head + turned if turned != tail else head[:-1] + "zzz"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(demo: Demo) -> AsyncIterator[World]:
    """The running service, seen as the tests of the pages see theirs."""
    service = demo.service
    for who in (INTRUDER, SUPPORT, FORCER):
        await service.records.operators.put(Operator(who.operator_id, who.operator_id))
    tokens = {}
    for who in (INTRUDER, SUPPORT, FORCER):
        issued = await service.records.tokens.issue(who, service.clock.now(), timedelta(days=5))
        tokens[f"{who.operator_id}/{who.account}"] = issued.token.reveal()
    nothing = cast("Any", None)
    yield World(build(service), service, nothing, nothing, cast("Any", service.clock), tokens, [])


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def victim(demo: Demo, world: World) -> Victim:
    """Something of everything of the demo's operator."""
    service, found = world.service, Victim()
    access = await service.records.accesses.get(SUPPORT, golden.ID1)
    assert access.place is not None
    assert access.box is not None
    number = str(await world.finished(golden.cut_drop()))
    now = service.clock.now()
    work = WorkIn(label="Reprise du câble", starts_at=now, ends_at=now + timedelta(hours=1), id1=golden.ID1).work()
    await service.lifecycle.announce_works(CLERK, work)
    draft, _ = await service.tickets.draft(FORCER, golden.ID1, "84", {"nom_deposant": "DURAND Camille"})
    file = await service.tickets.attach(FORCER, draft.number, "note.txt", b"le client rappelle demain")
    webhook = await service.webhooks.add(ADMINISTRATOR, "http://127.0.0.1:9/sav", None)
    await service.webhooks.test(ADMINISTRATOR, webhook.webhook_id)
    (delivery,) = await service.webhooks.deliveries(ADMINISTRATOR, webhook.webhook_id, None, None, 9)
    hub = await service.webhooks.add(ADMINISTRATOR, "http://127.0.0.1:9/hub", frozenset({AnnouncementKind.TMF653}))
    profile = Profile("MARTIN", "Dominique", "dominique.martin@operateur.example", "0199001234")
    await service.accounts.create(ADMINISTRATOR, "dominique", profile, frozenset({Right.TEST}))
    wish = Wish(EService.E_SAV, Environment.PRODUCTION, frozenset({Right.TEST}), "Certificat du soir")
    certificate = (await service.certificates.issue(ADMINISTRATOR, wish)).certificate
    await service.certificates.delegate(ADMINISTRATOR, "dominique")
    plan = CampaignIn(action="box_reboot", reason="essai du soir", pace=PaceIn(in_window=True)).plan()
    campaign = (await service.campaigns.create(SUPPORT, plan)).campaign.campaign_id
    found.values = {
        "id1": "F00000015", "diagnosis": number, "number": number, "resultat": number, "work_id": work.work_id,
        "file_id": file.file_id, "fichier": file.file_id, "webhook_id": webhook.webhook_id, "hub_id": hub.webhook_id,
        "delivery_id": str(delivery.delivery_id), "login": "dominique",
        "certificate_id": certificate.certificate_id, "name": access.place.olt,
        "token_id": (await service.accounts.tokens(SUPPORT))[0].token_id, "pon": str(access.place.ont.pon_name),
        "code": "FRM-MBFTTHGTR", "version": "1", "type_code": "84", "action": "box_reboot",
        "language": "fr", "geste": "pause",
    }  # fmt: skip
    found.elsewhere = {
        "/teleactions/": ("number", await _teleaction(world)),
        "/campaigns/": ("name", campaign),
        "/campagnes/": ("name", campaign),
        "/incidents/": ("number", INCIDENT),
        "/tickets/": ("number", draft.number),
        "/signalisations/": ("number", draft.number),
    }
    found.documents = await _tmf_documents(demo, world, number, draft.number)
    found.queries = {
        "q": "dominique",
        "mots": "dominique", "login": "dominique", "avant": str(delivery.delivery_id), "code": "0" * 32,
        "access": "F00000015", "id1": "F00000015", "olt": access.place.olt, "pon": str(access.place.ont.pon_name),
        "ont": str(access.place.ont), "pbo": access.outside.pbo or "", "before": draft.number,
    }  # fmt: skip
    found.own = await _own(service)
    found.marks = {
        access.offer_label, access.box.serial, str(access.id2), str(access.ppp_username), draft.number, number,
        "DURAND Camille", "note.txt", "127.0.0.1:9", "MARTIN", "dominique.martin", webhook.secret.reveal(),
        golden.OPERATOR, golden.PASSWORD, "Reprise du câble", "box figée", "essai du soir", "192.0.2.9", work.work_id,
        campaign, SUPPORT.account, "Certificat du soir", certificate.fingerprint or "?",
    }  # fmt: skip
    return found


async def _own(service: Any) -> dict[str, str]:
    """What the intruder has itself, by the part of the path that it stands in."""
    own = replace(golden.access(Id1("F00000900"), bare=True), operator_id=INTRUDER.operator_id, place=None)
    await put_access(service.records, INTRUDER, own)
    draft, _ = await service.tickets.draft(INTRUDER, own.id1, "84", {})
    webhook = await service.webhooks.add(INTRUDER, "http://127.0.0.3:9/ici", None)
    return {
        "/acces/": str(own.id1),
        "/accesses/": str(own.id1),
        "/tickets/": draft.number,
        "/signalisations/": draft.number,
        "/webhooks/": webhook.webhook_id,
    }


async def _teleaction(world: World) -> str:
    """A téléaction of the victim, carried out or refused."""
    try:
        request = Request("box_reboot", {}, "box figée", "192.0.2.9")
        return str((await world.service.teleactions.ask(SUPPORT, golden.ID1, request))[0].number)
    except RefusedError:
        return str((await world.service.teleactions.of_access(SUPPORT, golden.ID1))[0].number)


async def _tmf_documents(demo: Demo, world: World, diagnosis: str, ticket: str) -> dict[str, str]:
    """The identifier of something of the victim in each collection of the TM Forum interfaces."""
    service, now = world.service, world.clock.now()
    one = incident()
    one = replace(one, members={demo.olt: next(iter(one.members.values()))})
    await service.records.incidents.keep(INFRASTRUCTURE, [one], [change(one, Kind.OPENED)])
    documents = {"serviceTestSpecification": "653.specification"} | {task.name: f"642.{task.name}" for task in TASKS}
    for name, resource in documents.items():
        body = {"id": f"la-{name}-000", "href": "x", "name": "MARTIN"}
        await service.records.tmf.put(SUPPORT, resource, f"la-{name}-000", body, now)
    return {
        **{name: f"la-{name}-000" for name in documents},
        "serviceProblemEventRecord": f"{INCIDENT}.1",
        "serviceTest": diagnosis,
        "troubleTicket": ticket,
        "serviceProblem": INCIDENT,
        "alarm": str(of_diagnosis(diagnosis)),
    }


_ALARMS = [{"alarmedObject": {"id": "PBO-3"}}, {"id": "<alarm>"}]
BODIES: dict[str, Any] = {
    "POST /api/v1/accesses/{id1}/diagnostics": {"test": "Diagnostic DELC"},
    "POST /api/v1/accesses/{id1}/diagnostic-requests": {"tests": ["Diagnostic DELC"]},
    "POST /api/v1/accesses/{id1}/box-exchange": {"box": {"oui": "D8D775", "serial": "X"}},
    "POST /api/v1/accesses/{id1}/ont-exchange": {"serial": "HWTC0172629D"},
    "PUT /api/v1/accesses/{id1}/gtr": {"gtr": True},
    "PUT /api/v1/accesses/{id1}/port25": {"port25": "open"},
    "POST /api/v1/accesses/{id1}/references": {"occasion": "commissioning", "source": "x", "ont_rx_dbm": -20.0},
    "POST /api/v1/accesses/{id1}/teleactions": {"action": "box_reboot", "reason": "essai"},
    "POST /api/v1/olts/{name}/pons/{pon}/teleactions": {
        "action": "pon_admin", "reason": "essai", "parameters": {"enabled": False}, "confirm": True,
    },
    "PUT /api/v1/olts/{name}": {"vendor": "nokia_isam", "host": "192.0.2.10", "community": "une-communaute"},
    "POST /api/v1/olts/{name}/onboarding": {"vendor": "nokia_isam", "host": "192.0.2.10", "community": "essai"},
    "PUT /api/v1/olts/{name}/outside-plant": [],
    "POST /api/v1/tickets": {"id1": "F00000015", "type": "84"},
    "PUT /api/v1/tickets/{number}/fields": {"fields": {}},
    "POST /api/v1/tickets/{number}/moves": {"action": "cancel"},
    "PUT /api/v1/accounts/{login:path}": {
        "last_name": "x", "first_name": "x", "email": "x@x.example", "phone": "0199001234", "rights": [],
    },
    "POST /api/v1/campaigns": {
        "action": "box_reboot", "reason": "essai", "selection": {"olt": "<olt>"}, "pace": {"in_window": True},
    },
    "POST /api/v1/planned-works": {
        "label": "x", "starts_at": "2019-05-09T08:00:00Z", "ends_at": "2019-05-09T09:00:00Z", "id1": "F00000015",
    },
    "POST /tmf-api/serviceTestManagement/v4/serviceTest": {
        "name": "x", "relatedService": {"id": "F00000015"}, "testSpecification": {"id": "diagnostic-global"},
    },
    "POST /tmf-api/troubleTicket/v4/troubleTicket": {
        "description": "x", "severity": "x", "ticketType": "84",
        "relatedEntity": [{"id": "F00000015", "role": "x", "@referredType": "Service"}],
    },
    "POST /tmf-api/serviceProblemManagement/v4/problemAcknowledgement": {"problem": [{"id": INCIDENT}]},
    "POST /tmf-api/serviceProblemManagement/v4/problemUnacknowledgement": {"problem": [{"id": INCIDENT}]},
    "POST /tmf-api/alarm/v4/ackAlarms": {"ackSystemId": "x", "ackUserId": "x", "alarmPattern": _ALARMS},
    "POST /tmf-api/alarm/v4/unAckAlarms": {"ackSystemId": "x", "ackUserId": "x", "alarmPattern": _ALARMS},
    "POST /tmf-api/alarm/v4/clearAlarms": {"clearSystemId": "x", "clearUserId": "x", "alarmPattern": _ALARMS},
    "POST /tmf-api/alarm/v4/commentAlarms": {"comment": {"comment": "x"}, "alarmPattern": _ALARMS},
}  # fmt: skip
FORMS = {
    "POST /acces/{id1}/demandes": "test=Diagnostic+global",
    "POST /acces/{id1}/signalisation/{type_code}": "nom_deposant=x",
    "POST /acces/{id1}/teleactions/faire/{action}": "motif=essai",
    "POST /signalisations/{number}/saisie": "nom_deposant=x",
    "POST /signalisations/{number}/avancement": "action=cancel",
}
"""What the requests carry; an object of the victim may be named there as well."""


def calls_of(route: Route, victim: Victim) -> list[Call]:
    """The requests to a route about the victim's objects: by its path and body, then by each of its filters."""
    kind, body = JSON, BODIES.get(route.name, {} if route.method in {"PATCH", "PUT", "POST"} else None)
    text = None if body is None else as_json(body)
    if text is not None:
        text = text.replace("<olt>", victim.queries["olt"]).replace("<alarm>", victim.documents["alarm"])
    if route.path.endswith("/files"):
        kind = "file"
    elif route.method == "POST" and not route.path.startswith(("/api/", "/tmf-api/")):
        kind, text = FORM, FORMS.get(route.name, "")
    elif route.path.endswith("/access-imports"):
        text = as_json([{"id1": "F00000015", "offer_label": "x", "service_type": "FTTHMB1P"}])
    fixed: tuple[tuple[str, str], ...] = (("metric", ONT_RX_DBM.key),) if "metric" in route.queries else ()
    fixed += (("at", "2019-05-09T08:00:00Z"),) if "at" in route.queries else ()
    fixed += (("dry_run", "true"),) if "dry_run" in route.queries else ()
    plain = Call(route.method, victim.path(route), fixed, text, kind)
    named = [name for name in route.queries if name not in NEUTRAL]
    filters = [(name, _filter(route, name, victim)) for name in named]
    if route.method == "GET" and route.path.startswith("/tmf-api/") and "{" not in route.path:
        collection = route.path.rsplit("/", 1)[-1]
        filters += [("id", victim.documents[collection]), ("relatedService.id", "F00000015"), ("sort", "-id")]
    calls = [Call(plain.method, plain.path, (*fixed, one), text, kind) for one in filters]
    if {"olt", "pon"} <= set(named):
        both = (*fixed, ("olt", victim.queries["olt"]), ("pon", victim.queries["pon"]))
        calls.append(Call(plain.method, plain.path, both, text, kind))
        if "ont" in named:
            one = (*fixed, ("olt", victim.queries["olt"]), ("ont", victim.queries["ont"]))
            calls.append(Call(plain.method, plain.path, one, text, kind))
    if len([name for name in route.parameters if name not in SHARED]) > 1 and not route.path.startswith("/api/v1/olts"):
        calls.append(Call(plain.method, victim.path(route, owned=True), fixed, text, kind))
    return [plain, *calls]


def _filter(route: Route, name: str, victim: Victim) -> str:
    if name == "before" and "deliveries" in route.path:
        return victim.values["delivery_id"]
    if name == "before" and "network-events" in route.path:
        return "1000000"
    return victim.queries[name]


_LAST = {"DELETE": 3, "PATCH": 2, "PUT": 2, "POST": 1, "GET": 0}


async def test_no_route_shows_or_changes_anything_of_another_operator(world: World, victim: Victim) -> None:
    pair = victim.pair()
    kept = await _kept(world, victim)
    tried: list[str] = []
    wrong: list[tuple[Any, ...]] = []
    async with _client(world, INTRUDER) as client:
        for route in sorted(set(routes(world.app.routes)), key=lambda one: (_LAST[one.method], one.path)):
            if route.name in NO_OBJECT:
                continue
            for call in calls_of(route, victim):
                theirs = await answer_to(client, pair, call)
                other = pair.elsewhere(call)
                nothing = theirs if other == call else await answer_to(client, pair, other)
                wrong += _faults(route, call, theirs, nothing, victim)
            tried.append(route.name)
    assert wrong == [], "\n".join(map(str, wrong))
    assert len(tried) > 150
    assert await _kept(world, victim) == kept


def _faults(route: Route, call: Call, theirs: Answer, nothing: Answer, victim: Victim) -> list[tuple[Any, ...]]:
    """What tells the two answers apart, and what they show."""
    found: list[tuple[Any, ...]] = []
    said = theirs.raw.replace(call.path, "")
    for value in (*(value for _, value in call.query), victim.values["id1"], call.path.rsplit("/", 1)[-1]):
        said = said.replace(value, "")
    shown = [
        mark
        for mark in sorted(victim.marks)
        if mark in said and mark not in call.path and mark not in (call.body or "")
    ]
    if shown:
        found.append((route.name, call.query, theirs.status, "shows", shown))
    if (theirs.status, theirs.body, theirs.headers) != (nothing.status, nothing.body, nothing.headers):
        found.append((route.name, call.query, theirs.status, nothing.status, *_where(theirs, nothing)))
    if theirs.status >= 500:
        found.append((route.name, call.query, theirs.status, theirs.raw[:300]))
    return found


def _where(one: Answer, other: Answer) -> tuple[str, str]:
    """The first place where two answers differ."""
    texts = [f"{answer.headers}\n{answer.body}" for answer in (one, other)]
    at = next((n for n, (a, b) in enumerate(zip(*texts, strict=False)) if a != b), min(map(len, texts)))
    return texts[0][max(0, at - 60) : at + 120], texts[1][max(0, at - 60) : at + 120]


def _client(world: World, who: Principal) -> httpx.AsyncClient:
    headers = {
        "Authorization": f"Bearer {world.tokens[f'{who.operator_id}/{who.account}']}",
        "Accept": "application/json",
    }
    transport = httpx.ASGITransport(world.app, raise_app_exceptions=False)
    return httpx.AsyncClient(transport=transport, base_url="http://sav.test", headers=headers)


async def _kept(world: World, victim: Victim) -> dict[str, Any]:
    """The victim's objects, as their owner sees them."""
    service = world.service
    number = victim.elsewhere["/tickets/"][1]
    return {
        "access": await service.records.accesses.get(SUPPORT, golden.ID1),
        "history": await service.records.access_history.of(CLERK, golden.ID1),
        "ticket": await service.records.tickets.get(DEPOSITOR, number),
        "files": [one.file_id for one in await service.tickets.files(await service.tickets.get(DEPOSITOR, number))],
        "webhooks": [
            (one.webhook_id, one.disabled_at, one.key_id) for one in await service.webhooks.list(ADMINISTRATOR)
        ],
        "documents": [
            await service.records.tmf.get(SUPPORT, "653.specification", victim.documents["serviceTestSpecification"]),
        ],
        "account": (await service.accounts.get(ADMINISTRATOR, "dominique")).rights,
        "tokens": [one.token_id for one in await service.accounts.tokens(SUPPORT)],
        "certificates": [
            (one.certificate_id, one.revoked_at, one.downloaded_at)
            for one in [await service.certificates.get(ADMINISTRATOR, victim.values["certificate_id"])]
        ],
        "delegates": [one.login for one in await service.certificates.delegates(ADMINISTRATOR)],
        "works": [(one.work_id, one.cancelled_at) for one in await service.lifecycle.works(CLERK)],
        "diagnoses": [str(one.number) for one in await service.diagnoses.all_recent(SUPPORT)],
        "teleactions": [str(one.number) for one in await service.teleactions.of_access(SUPPORT, golden.ID1)],
    }


async def test_the_streams_of_another_operator_hear_nothing(demo: Demo, world: World) -> None:
    control = demo.plant.control
    pon = (await control.call("targets", kind="feeder-cut"))[-1]
    path = f"{demo.url}/api/v1/network-events/stream"
    stranger = {"Authorization": f"Bearer {world.tokens[f'{INTRUDER.operator_id}/{INTRUDER.account}']}"}
    owner = {"Authorization": f"Bearer {demo.noc_token}"}
    async with httpx.AsyncClient(timeout=20) as client, AsyncExitStack() as stack:
        heard = await stack.enter_async_context(client.stream("GET", path, headers=owner))
        others = [
            await stack.enter_async_context(client.stream("GET", f"{demo.url}{other}", headers=stranger))
            for other in ("/api/v1/network-events/stream", "/api/v1/incidents/stream")
        ]
        fault = await control.call("fault", kind="feeder-cut", target=pon)
        try:
            async with asyncio.timeout(20):
                assert await anext(line async for line in heard.aiter_lines() if line.startswith("data:"))
            for stream in others:
                assert stream.status_code == 200
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(STREAM_S):
                        raise AssertionError(await anext(_told(stream)))
        finally:
            await control.call("repair", fault=fault["id"])


async def _told(stream: httpx.Response) -> AsyncIterator[str]:
    async for line in stream.aiter_lines():
        if line.startswith("data:"):
            yield line


async def test_what_is_one_for_all_operators_is_refused_without_a_word_of_whose_it_is(
    world: World, victim: Victim
) -> None:
    access = await world.service.records.accesses.get(SUPPORT, golden.ID1)
    assert access.place is not None
    assert access.box is not None
    mine = {"id1": "F00000999", "offer_label": "x", "service_type": "FTTHMB1P"}
    box = {"oui": access.box.oui, "serial": access.box.serial}
    tries: list[dict[str, Any]] = [
        mine | {"id1": "F00000015"},
        mine | {"place": {"olt": access.place.olt, "ont": str(access.place.ont)}},
        mine | {"box": box},
        mine | {"ppp_username": access.ppp_username},
    ]
    said = set()
    async with _client(world, INTRUDER) as client:
        for body in tries:
            answer = await client.put(f"/api/v1/accesses/{body['id1']}", json=body)
            assert answer.status_code == 409, answer.text
            given = json.dumps(body)
            assert [mark for mark in victim.marks if mark in answer.text and mark not in given] == []
            said.add(answer.json()["detail"].replace(body["id1"], "#"))
            assert [one["id1"] for one in (await client.get("/api/v1/accesses")).json()] == ["F00000900"]
    assert len(said) == 1
