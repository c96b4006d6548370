"""TMF653: diagnoses asked, read, filtered, changed and forgotten by another operator's information system."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx
import pytest

from domain.identifiers import DiagnosisNumber
from tests.tmf.world import AGENT, INTRUDER, SANDBOX, client
from tests.web import golden
from tests.web.world import DEPOSITOR, STRANGER, SUPPORT, WAIT_S, World

BASE = "serviceTestManagement/v4"
ASKED: dict[str, Any] = {
    "name": "Diagnostic avant dépôt",
    "relatedService": {"id": "F00000015"},
    "testSpecification": {"id": "diagnostic-global"},
}


def api(world: World, who: Any = AGENT) -> httpx.AsyncClient:
    return client(world, who, BASE)


async def ended(world: World, number: str) -> None:
    world.line.go.set()
    await world.service.diagnoses.ended(SUPPORT, DiagnosisNumber(number), WAIT_S)


async def test_a_test_is_acknowledged_runs_and_is_completed_with_its_rows(world: World) -> None:
    async with api(world) as http:
        asked = await http.post("/serviceTest", json=ASKED)
        assert asked.status_code == 201, asked.text
        assert asked.headers["content-type"] == "application/json;charset=utf-8"
        test = asked.json()
        assert (test["state"], test["name"]) == ("acknowledged", "Diagnostic avant dépôt")
        assert test["href"] == f"http://sav.test/tmf-api/{BASE}/serviceTest/{test['id']}"
        assert (await http.get(f"/serviceTest/{test['id']}")).json()["state"] == "inProgress"
        await ended(world, test["id"])
        done = (await http.get(f"/serviceTest/{test['id']}")).json()
    assert (done["state"], done["name"]) == ("completed", "Diagnostic avant dépôt")
    found = {one["name"]: one["value"] for one in done["characteristic"]}
    assert (found["Diagnostic"], found["Code"], found["Etat"]) == ("OK", "OK_SESSION_INACTIVE", "Terminé")
    rows = {one["metricName"]: one for one in done["testMeasure"]}
    assert len(rows) > 10
    powers = [one for one in rows.values() if one.get("unitOfMeasure") == "dBm"]
    assert powers
    assert all(isinstance(one["value"]["value"], float) for one in powers)
    assert golden.PASSWORD not in str(done)


async def test_a_test_shows_for_48_hours_and_no_longer(world: World) -> None:
    number = str(await world.finished(golden.cut_drop()))
    async with api(world) as http:
        test = (await http.get(f"/serviceTest/{number}")).json()
        assert test["validFor"]["endDateTime"] == (golden.NOW + timedelta(hours=48)).isoformat()
        world.clock.instant = golden.NOW + timedelta(hours=48)
        assert (await http.get(f"/serviceTest/{number}")).status_code == 200
        world.clock.instant = golden.NOW + timedelta(hours=48, seconds=1)
        assert (await http.get(f"/serviceTest/{number}")).status_code == 404
        assert (await http.get("/serviceTest")).json() == []


async def test_fields_always_leave_the_identifier(world: World) -> None:
    number = str(await world.finished(golden.cut_drop()))
    async with api(world) as http:
        assert set((await http.get(f"/serviceTest/{number}", params={"fields": "name"})).json()) == {"id", "name"}
        (one,) = (await http.get("/serviceTest", params={"fields": "state,name"})).json()
    assert set(one) == {"id", "name", "state"}


async def test_lists_are_filtered_by_attributes_and_paged(world: World) -> None:
    for _ in range(3):
        await world.finished(golden.cut_drop())
    running = str(await world.asked())
    async with api(world) as http:
        whole = await http.get("/serviceTest")
        assert (whole.headers["x-total-count"], whole.headers["x-result-count"]) == ("4", "4")
        page = await http.get("/serviceTest", params={"offset": 1, "limit": 2})
        assert (page.headers["x-total-count"], page.headers["x-result-count"]) == ("4", "2")
        assert [one["id"] for one in page.json()] == [one["id"] for one in whole.json()][1:3]

        async def ids(**wanted: str) -> int:
            return len((await http.get("/serviceTest", params=wanted)).json())

        assert await ids(state="inProgress") == 1
        assert await ids(id=running) == 1
        assert await ids(state="inProgress,completed") == 4
        assert await ids(**{"relatedService.id": "F00000015"}) == 4
        assert await ids(**{"relatedService.id": "F00000016"}) == 0
        assert await ids(**{"state.ne": "completed"}) == 1
        assert await ids(**{"startDateTime.gte": "2019-05-09T08:29:00Z"}) == 4
        assert await ids(**{"startDateTime.gt": "2019-05-09T08:29:00Z"}) == 0
        assert await ids(**{"characteristic.value": "KO"}) == 3
        assert await ids(unknown="x") == 0
        for wrong in ({"offset": "-1"}, {"limit": "beaucoup"}):
            refused = await http.get("/serviceTest", params=wrong)
            assert refused.status_code == 400
            assert next(iter(wrong)) in refused.json()["message"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": None}, "name"),
        ({"testSpecification": None}, "testSpecification"),
        ({"testSpecification": {"href": "x"}}, "testSpecification.id"),
        ({"testSpecification": {"id": "spec1"}}, "testSpecification.id"),
        ({"relatedService": {"href": "x"}}, "relatedService.id"),
        ({"relatedService": "F00000015"}, "relatedService"),
        ({"relatedService": {"id": "service1"}}, "relatedService.id"),
        ({"relatedService": {"id": "F00000099"}}, "relatedService.id"),
        ({"relatedParty": {"id": "x"}}, "relatedParty"),
    ],
)
@pytest.mark.parametrize("language", ["fr", "en"])
async def test_what_is_missing_or_unknown_is_a_400_that_names_it(
    world: World, change: dict[str, Any], field: str, language: str
) -> None:
    body = {key: value for key, value in {**ASKED, **change}.items() if value is not None}
    async with api(world) as http:
        refused = await http.post("/serviceTest", json=body, headers={"Accept-Language": language})
    assert refused.status_code == 400, refused.text
    error = refused.json()
    assert (error["code"], error["status"]) == ("400", "400")
    assert error["reason"] == {"fr": "Requête mal formée", "en": "Malformed request"}[language]
    assert error["message"].startswith(f"{field} : ")


@pytest.mark.parametrize("raw", [b"{", b"[]", b'{"name": NaN}', b"\xff", b'"x"', b'{"a":' * 60 + b"1" + b"}" * 60])
async def test_what_is_no_document_is_a_400(world: World, raw: bytes) -> None:
    async with api(world) as http:
        refused = await http.post("/serviceTest", content=raw)
    assert refused.status_code == 400, refused.text
    assert refused.json()["code"] == "400"


async def test_a_client_changes_what_it_wrote_and_nothing_else(world: World) -> None:
    number = str(await world.finished(golden.cut_drop()))
    async with api(world) as http:
        told = {"description": "rappel client", "relatedParty": [{"id": "c1", "role": "déposant"}]}
        changed = await http.patch(f"/serviceTest/{number}", json=told)
        assert changed.status_code == 200, changed.text
        again = (await http.get(f"/serviceTest/{number}")).json()
        assert (again["description"], again["relatedParty"][0]["id"]) == ("rappel client", "c1")
        cleared = await http.patch(f"/serviceTest/{number}", json={"description": None})
        assert "description" not in cleared.json()
        changes: list[dict[str, Any]] = [
            {"state": "completed"},
            {"state": "x"},
            {"testMeasure": []},
            {"relatedService": {"id": "other"}},
        ]
        for wrong in changes:
            if wrong == {"state": "completed"}:
                continue  # it is completed: nothing would change
            refused = await http.patch(f"/serviceTest/{number}", json=wrong)
            assert refused.status_code == 400, wrong
            assert next(iter(wrong)) in refused.json()["message"]
        media = {"Content-Type": "application/merge-patch+json"}
        assert (await http.patch(f"/serviceTest/{number}", json={"name": "x"}, headers=media)).status_code == 200


async def test_a_deleted_test_shows_no_more_and_stays_in_the_archive(world: World) -> None:
    number = await world.finished(golden.cut_drop())
    async with api(world) as http:
        assert (await http.delete(f"/serviceTest/{number}")).status_code == 204
        assert (await http.get(f"/serviceTest/{number}")).status_code == 404
        assert (await http.delete(f"/serviceTest/{number}")).status_code == 404
        assert (await http.get("/serviceTest")).json() == []
        running = await world.asked()
        assert (await http.delete(f"/serviceTest/{running}")).status_code == 409
    assert (await world.service.diagnoses.get(SUPPORT, number)).number == number


async def test_the_specifications_are_the_three_tests_and_every_teleaction(world: World) -> None:
    async with api(world) as http:
        found = {one["id"]: one for one in (await http.get("/serviceTestSpecification")).json()}
        names = [found[key]["name"] for key in ("diagnostic-global", "diagnostic-delc", "infos-box")]
        assert names == ["Diagnostic global", "Diagnostic DELC", "Infos Box"]
        assert [found[key]["isBundle"] for key in ("diagnostic-global", "diagnostic-delc")] == [True, False]
        actions = [key for key in found if key.startswith("teleaction-")]
        assert "teleaction-box_reboot" in actions
        assert len(actions) >= 15
        assert (await http.get("/serviceTestSpecification/infos-box")).json()["name"] == "Infos Box"
        assert (await http.delete("/serviceTestSpecification/infos-box")).status_code == 409
        assert (await http.patch("/serviceTestSpecification/infos-box", json={"name": "x"})).status_code == 409


@pytest.mark.parametrize("form", [{"id": "s1"}, [{"id": "s1"}]])
async def test_the_related_specification_comes_back_in_the_form_it_was_sent_in(world: World, form: Any) -> None:
    async with api(world) as http:
        body = {"name": "Le mien", "relatedServiceSpecification": form}
        made = (await http.post("/serviceTestSpecification", json=body)).json()
        assert isinstance(made["relatedServiceSpecification"], type(form))
        read = (await http.get(f"/serviceTestSpecification/{made['id']}")).json()
        assert read == made
        assert (await http.patch(f"/serviceTestSpecification/{made['id']}", json={"version": "2"})).json()[
            "version"
        ] == "2"
        missing = await http.post("/serviceTestSpecification", json={"name": "x"})
        assert missing.status_code == 400
        assert "relatedServiceSpecification" in missing.json()["message"]
        assert (await http.delete(f"/serviceTestSpecification/{made['id']}")).status_code == 204
        assert (await http.get(f"/serviceTestSpecification/{made['id']}")).status_code == 404


async def test_the_sandbox_takes_references_that_do_not_exist_and_creates_them(world: World) -> None:
    body = {"name": "kit", "relatedService": {"id": "service1"}, "testSpecification": {"id": "spec1"}}
    async with api(world, SANDBOX) as http:
        made = await http.post("/serviceTest", json=body)
        assert made.status_code == 201, made.text
        test = made.json()
        assert (test["state"], test["relatedService"]["id"]) == ("acknowledged", "service1")
        assert "testMeasure" not in test
        assert (await http.get(f"/serviceTest/{test['id']}")).json() == test
        assert [one["id"] for one in (await http.get("/serviceTest")).json()] == [test["id"]]
        assert (await http.get("/serviceTestSpecification/spec1")).status_code == 200
        assert (await http.patch(f"/serviceTest/{test['id']}", json={"state": "cancelled"})).json()[
            "state"
        ] == "cancelled"
        assert (await http.delete(f"/serviceTest/{test['id']}")).status_code == 204
        assert (await http.get(f"/serviceTest/{test['id']}")).status_code == 404


async def test_a_teleaction_is_asked_as_a_test_and_its_refusal_is_told(world: World) -> None:
    body = {**ASKED, "testSpecification": {"id": "teleaction-box_reboot"}}
    async with api(world) as http:
        refused = await http.post("/serviceTest", json=body)
        assert refused.status_code == 409, refused.text  # it disturbs the customer: it must be confirmed
        listed = (await http.get("/serviceTest", params={"state": "rejected"})).json()
        assert [one["testSpecification"]["id"] for one in listed] == ["teleaction-box_reboot"]
        await world.heard()
        asked = await http.post("/serviceTest", json={**body, "characteristic": [{"name": "confirm", "value": True}]})
        assert asked.status_code == 201, asked.text
        test = asked.json()
        assert (test["id"][:3], test["state"]) == ("ta-", "acknowledged")
        assert (await http.get(f"/serviceTest/{test['id']}")).json()["relatedService"]["id"] == "F00000015"


async def test_rights_and_operators_are_apart(world: World) -> None:
    number = str(await world.finished(golden.cut_drop()))
    async with api(world, DEPOSITOR) as http:
        assert (await http.get("/serviceTest")).status_code == 403
        assert (await http.post("/serviceTest", json=ASKED)).status_code == 403
    for who in (INTRUDER, STRANGER):
        async with api(world, who) as http:
            assert (await http.get("/serviceTest")).json() == []
            for answer in (
                await http.get(f"/serviceTest/{number}"),
                await http.patch(f"/serviceTest/{number}", json={"name": "x"}),
                await http.delete(f"/serviceTest/{number}"),
            ):
                assert answer.status_code == 404
            assert (await http.post("/serviceTest", json=ASKED)).status_code == 400
    async with api(world) as http:
        nobody = await http.get("/serviceTest", headers={"Authorization": ""})
    assert (nobody.status_code, nobody.json()["code"]) == (401, "401")
