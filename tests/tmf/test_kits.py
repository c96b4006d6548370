"""What the public conformance kits of the four interfaces ask of each document, of ours as of the sandbox's."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.tmf.test_alarm import KIT as ALARM
from tests.tmf.test_service_problem import KIT as PROBLEM
from tests.tmf.test_trouble_ticket import ASKED as SIGNALISATION
from tests.tmf.test_trouble_ticket import KIT as TICKET
from tests.tmf.world import AGENT, SANDBOX, client
from tests.tmf.world_incidents import opened
from tests.web import golden
from tests.web.world import FORCER, World

TESTS, TICKETS, PROBLEMS = "serviceTestManagement/v4", "troubleTicket/v4", "serviceProblemManagement/v4"
ALARMS, KIT_ALARMS = "alarm/v4", "alarmManagement/v4"
V3 = {"name": "tspec1", "relatedServiceSpecification": {"id": "rs1", "href": "/rs1"}}
V4 = {"name": "tspec2", "relatedServiceSpecification": [{"id": "rs2"}]}
TEST = {"name": "test1", "relatedService": {"id": "service1"}, "testSpecification": {"id": "spec1"}}

MANDATORY: dict[str, dict[str, type]] = {
    "serviceTest": {"id": str, "name": str, "relatedService": dict, "testSpecification": dict},
    "serviceTestSpecification": {"id": str, "href": str, "name": str, "relatedServiceSpecification": dict},
    "troubleTicket": {"id": str, "href": str, "description": str, "severity": str, "ticketType": str, "status": str},
    "serviceProblem": {
        **dict.fromkeys(("id", "href", "description", "category", "reason", "status", "statusChangeDate"), str),
        **dict.fromkeys(("timeChanged", "timeRaised"), str),
        **dict.fromkeys(("originatorParty", "responsibleParty"), dict),
        **dict.fromkeys(("affectedNumberOfServices", "priority"), int),
    },
    "alarm": {
        **dict.fromkeys(("id", "href", "alarmRaisedTime", "alarmType", "perceivedSeverity", "probableCause"), str),
        "sourceSystemId": str,
        "state": str,
        "alarmedObject": dict,
    },
}


async def lacking(http: httpx.AsyncClient, path: str) -> list[str]:
    """What documents of a list lack, and what of them is not written in the answer as it is."""
    answer = await http.get(f"/{path}")
    assert answer.status_code == 200, answer.text
    assert answer.json(), path
    found = [
        f"{one['id']}: {name}"
        for one in answer.json()
        for name, kind in MANDATORY[path].items()
        if not isinstance(one.get(name), kind)
    ]
    for one in answer.json():
        texts = [one[name] for name, kind in MANDATORY[path].items() if kind is str and '"' not in str(one.get(name))]
        found += [f"{one['id']}: {text}" for text in texts if str(text) not in answer.text]
        for name in ("relatedService", "testSpecification", "relatedServiceSpecification"):
            if name in MANDATORY[path]:
                found += [f"{one['id']}: {name}.{part}" for part in ("id", "href") if not one[name].get(part)]
    return found


async def test_what_the_sandbox_creates_has_all_that_a_kit_wants(world: World) -> None:
    made: list[tuple[str, str, Any]] = [
        (TESTS, "serviceTestSpecification", V3),
        (TESTS, "serviceTest", TEST),
        (TICKETS, "troubleTicket", TICKET),
        (PROBLEMS, "serviceProblem", PROBLEM),
        (KIT_ALARMS, "alarm", ALARM),
    ]
    for base, path, body in made:
        async with client(world, SANDBOX, base) as http:
            assert (await http.post(f"/{path}", json=body)).status_code == 201
            assert await lacking(http, path) == []


async def test_a_base_that_ends_with_a_slash_makes_no_other_address(world: World) -> None:
    """The kits of R18 join it to paths that begin with one; who may not read it still may not."""
    address = f"http://sav.test/tmf-api/{PROBLEMS}//serviceProblem"
    async with client(world, SANDBOX, PROBLEMS) as http:
        made = await http.post(address, json=PROBLEM)
        assert made.status_code == 201
        assert "//" not in made.headers["Location"]
        known = made.json()["id"]
        assert (await http.get(f"{address}/{known}")).status_code == 200
        assert (await http.get(address.replace("/tmf-api", "//tmf-api"))).status_code == 200
        assert (await http.get("http://sav.test//api/v1/me")).status_code == 404  # elsewhere an address is as it is
    async with client(world, AGENT, PROBLEMS) as http:
        assert (await http.get(f"{address}/{known}")).status_code == 404


async def test_what_is_ours_has_it_too(world: World) -> None:
    await opened(world)
    await world.finished(golden.cut_drop())
    await world.service.tickets.draft(FORCER, golden.ID1, "84", {})
    for base, path in (
        *((TESTS, "serviceTest"), (TICKETS, "troubleTicket")),
        *((PROBLEMS, "serviceProblem"), (KIT_ALARMS, "alarm")),
    ):
        async with client(world, AGENT, base) as http:
            if path == "troubleTicket":
                assert (await http.post(f"/{path}", json=SIGNALISATION)).status_code == 201
            assert await lacking(http, path) == []


async def test_a_list_of_specifications_is_in_the_form_of_the_newest_of_its_client(world: World) -> None:
    async with client(world, SANDBOX, TESTS) as http:
        for body, form in ((V3, dict), (V4, list), (V3, dict)):
            world.clock.instant += timedelta(seconds=1)
            assert (await http.post("/serviceTestSpecification", json=body)).status_code == 201
            world.clock.instant += timedelta(seconds=1)
            assert await http.post("/serviceTest", json={**TEST, "testSpecification": {"id": f"s{form.__name__}"}})
            found = (await http.get("/serviceTestSpecification")).json()
            assert {type(one["relatedServiceSpecification"]) for one in found} == {form}
            by_id = (await http.get("/serviceTestSpecification/infos-box")).json()
            assert isinstance(by_id["relatedServiceSpecification"], form)
        several = {"name": "x", "relatedServiceSpecification": [{"id": "a"}, {"id": "b"}]}
        kept = (await http.post("/serviceTestSpecification", json=several)).json()
        await http.post("/serviceTestSpecification", json=V3)
        assert (
            len((await http.get(f"/serviceTestSpecification/{kept['id']}")).json()["relatedServiceSpecification"]) == 2
        )


async def test_the_address_of_the_kit_tells_alarms_with_identifiers_as_texts(world: World) -> None:
    async with client(world, SANDBOX, KIT_ALARMS) as kit, client(world, SANDBOX, ALARMS) as published:
        made = await kit.post("/alarm", json=ALARM)
        alarm = made.json()
        assert alarm["href"] == f"http://sav.test/tmf-api/{KIT_ALARMS}/alarm/{alarm['id']}"
        assert made.headers["location"] == f"/tmf-api/{KIT_ALARMS}/alarm/{alarm['id']}"
        assert (await published.get(f"/alarm/{alarm['id']}")).json()["id"] == int(alarm["id"])
        assert (await kit.get("/alarm", params={"fields": "id"})).json() == [{"id": alarm["id"], "href": alarm["href"]}]
        assert [one["id"] for one in (await kit.get("/alarm", params={"id": alarm["id"]})).json()] == [alarm["id"]]
        assert (await kit.patch(f"/alarm/{alarm['id']}", json={"state": "updated"})).json()["state"] == "updated"
        who = {"ackSystemId": "x", "ackUserId": "x", "alarmPattern": [{"id": alarm["id"]}]}
        assert (await kit.post("/ackAlarms", json=who)).json()["ackedAlarm"][0]["id"] == alarm["id"]
        assert (await kit.get("/Alarm/3f1844df-a9a5-4da5-95cb-fcd94197d79b")).status_code == 404


async def test_letters_go_out_as_they_are_and_a_lone_surrogate_as_it_came(world: World) -> None:
    async with client(world, SANDBOX, TICKETS) as http:
        made = await http.post("/troubleTicket", json={**TICKET, "description": "Fibre coupée"})
        assert "Fibre coupée" in made.content.decode()
        odd = await http.post(
            "/troubleTicket", content=b'{"description":"x","severity":"x","ticketType":"x","k":"\\ud800"}'
        )
        assert (odd.status_code, odd.json()["k"]) == (201, "\ud800")


async def test_a_page_says_where_the_others_are(world: World) -> None:
    async with client(world, SANDBOX, TICKETS) as http:
        for rank in range(5):
            world.clock.instant += timedelta(seconds=1)
            await http.post("/troubleTicket", json={**TICKET, "severity": f"S{rank}", "externalId": str(rank)})
        whole = await http.get("/troubleTicket")
        assert "link" not in whole.headers
        page = await http.get("/troubleTicket", params={"offset": 2, "limit": 2, "sort": "externalId"})
        assert (page.status_code, [one["externalId"] for one in page.json()]) == (200, ["2", "3"])
        links = {name: one["url"] for name, one in page.links.items()}
        assert set(links) == {"self", "first", "prev", "next", "last"}
        seen: list[str] = []
        url = links["first"]
        while url:
            found = await http.get(url)
            seen += [one["externalId"] for one in found.json()]
            url = found.links.get("next", {}).get("url", "")
        assert seen == ["0", "1", "2", "3", "4"]
        assert (await http.get(links["last"])).json()[-1]["externalId"] == "4"


@pytest.mark.parametrize(
    ("asked", "status", "ranks", "told"),
    [
        ("items=1-2", 206, ["1", "2"], "items 1-2/4"),
        ("items=3-", 206, ["3"], "items 3-3/4"),
        ("items=0-99", 206, ["0", "1", "2", "3"], "items 0-3/4"),
        ("items=2-1", 200, ["0", "1", "2", "3"], None),
        ("bytes=0-1", 200, ["0", "1", "2", "3"], None),
        ("items=9-12", 200, [], None),
    ],
)
async def test_a_range_of_items_is_partial_content(
    world: World, asked: str, status: int, ranks: list[str], told: str | None
) -> None:
    async with client(world, SANDBOX, TICKETS) as http:
        for rank in range(4):
            await http.post("/troubleTicket", json={**TICKET, "externalId": str(rank)})
        found = await http.get("/troubleTicket", params={"sort": "externalId"}, headers={"Range": asked})
    assert (found.status_code, [one["externalId"] for one in found.json()]) == (status, ranks)
    assert found.headers.get("content-range") == told
    assert found.headers["x-total-count"] == "4"


async def test_an_instant_is_found_however_it_is_written_and_what_lacks_the_key_comes_last(world: World) -> None:
    async with client(world, SANDBOX, TICKETS) as http:
        at = "2019-05-10T10:00:00+02:00"
        await http.post("/troubleTicket", json={**TICKET, "requestedResolutionDate": at, "externalId": "a"})
        await http.post("/troubleTicket", json=TICKET)
        for text in (at, at.replace("+", " "), "2019-05-10T08:00:00Z", "2019-05-10T08:00:00.000Z"):
            assert len((await http.get("/troubleTicket", params={"requestedResolutionDate": text})).json()) == 1, text
        raw = await http.get(f"/troubleTicket?requestedResolutionDate={at}")  # the plus is not escaped
        assert len(raw.json()) == 1
        for key in ("externalId", "-externalId"):
            listed = (await http.get("/troubleTicket", params={"sort": key})).json()
            assert ["externalId" in one for one in listed] == [True, False], key


async def test_an_attribute_named_twice_has_one_value_or_the_other_and_signs_compare(world: World) -> None:
    async with client(world, SANDBOX, TICKETS) as http:
        for rank in range(4):
            await http.post("/troubleTicket", json={**TICKET, "severity": f"S{rank}", "externalId": str(rank)})

        async def ranks(query: str) -> list[str]:
            found = await http.get(f"/troubleTicket?{query}&sort=externalId")
            return [one["externalId"] for one in found.json()]

        assert await ranks("severity=S0&severity=S2") == ["0", "2"]
        assert await ranks("severity=S0,S2") == ["0", "2"]
        assert await ranks("severity.eq=S3") == ["3"]
        assert await ranks("severity.ne=S0&severity.ne=S2") == ["1", "3"]
        assert await ranks("externalId>1") == ["2", "3"]
        assert await ranks("externalId>=1&externalId<3") == ["1", "2"]
        assert await ranks("creationDate%3E2019-05-09T08:28:00Z") == ["0", "1", "2", "3"]


@pytest.mark.parametrize(
    ("base", "path", "body", "fixed"),
    [
        (TESTS, "serviceTest", TEST, ("id", "href", "startDateTime")),
        (TESTS, "serviceTestSpecification", V3, ("id", "href")),
        (TICKETS, "troubleTicket", TICKET, ("id", "href", "creationDate", "lastUpdate", "statusChangeDate")),
        (PROBLEMS, "serviceProblem", PROBLEM, ("id", "href", "creationDate", "timeRaised", "timeChanged")),
        (ALARMS, "alarm", ALARM, ("id", "href")),
    ],
)
async def test_what_is_the_server_s_is_not_patched_and_the_rest_is_merged(
    world: World, base: str, path: str, body: Any, fixed: tuple[str, ...]
) -> None:
    async with client(world, SANDBOX, base) as http:
        made = (await http.post(f"/{path}", json={**body, "x-own": {"a": 1, "b": 2}, "x-list": [1, 2]})).json()
        at = f"/{path}/{made['id']}"
        for name in fixed:
            other = "2001-01-01T00:00:00Z" if name[:2] not in {"id", "hr"} else "7"
            refused = await http.patch(at, json={name: other})
            assert (refused.status_code, name in refused.json()["message"]) == (400, True), name
        same = await http.patch(at, json={name: made[name] for name in ("id", "href")})
        assert same.status_code == 200, same.text
        merged = (await http.patch(at, json={"x-own": {"a": None, "c": 3}, "x-list": [3]})).json()
        assert (merged["x-own"], merged["x-list"]) == ({"b": 2, "c": 3}, [3])
        gone = (await http.patch(at, json={"x-own": None})).json()
        assert "x-own" not in gone
        assert (await http.get(at)).json() == gone


async def test_a_slash_at_the_end_of_a_creation_changes_nothing(world: World) -> None:
    async with client(world, SANDBOX, TICKETS) as http:
        wrong = {**TICKET, "note": {"author": "writer e3_1"}}
        assert (await http.post("/troubleTicket/", json=wrong)).status_code == 400
        made = await http.post("/troubleTicket/", json=TICKET)
        assert made.status_code == 201
        assert (await http.get(made.headers["location"].removeprefix(f"/tmf-api/{TICKETS}"))).json() == made.json()


async def test_a_body_of_no_said_type_is_read_as_json_of_a_client_with_a_token(world: World) -> None:
    async with client(world, SANDBOX, TICKETS) as http:
        path = f"/troubleTicket/{(await http.post('/troubleTicket', json=TICKET)).json()['id']}"
        del http.headers["content-type"]
        for headers in ({}, {"Content-Type": "text/plain"}, {"Content-Type": "application/merge-patch+json"}):
            patched = await http.patch(path, content=b'{"severity": "Low"}', headers=headers)
            assert (patched.status_code, patched.json()["severity"]) == (200, "Low"), headers
        assert (await http.patch(path, content=b"severity=Low")).status_code == 400
        del http.headers["authorization"]
        assert (await http.patch(path, content=b'{"severity": "Low"}')).status_code == 401
