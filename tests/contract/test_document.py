"""The OpenAPI document: in two languages to the last word, every refusal declared, names that stay."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from api.app import described
from api.contract.document import document, operations
from api.contract.texts import mapped, untranslated

KEPT = Path(__file__).with_name("kept_v1.json")
"""Operations and what they ask for, as they were published: see « Versions » in docs/api.md."""


@pytest.fixture(scope="module")
def app() -> FastAPI:
    return described()


@pytest.fixture
def english(app: FastAPI) -> dict[str, Any]:
    return document(app, "en")


async def _read(app: FastAPI, path: str, language: str = "") -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://sav.test") as client:
        return await client.get(path, headers={"Accept-Language": language} if language else {})


def test_every_word_of_the_document_has_its_french(english: dict[str, Any]) -> None:
    assert untranslated(english) == []


def test_nothing_of_the_english_document_is_french(english: dict[str, Any]) -> None:
    texts: list[str] = []
    mapped(english, lambda text: texts.append(text) or text)  # type: ignore[func-returns-value]  # appends, gives the text
    french = re.compile(r"\b(?:le|les|des|une|pour|avec|dans)\b")
    assert [text for text in texts if french.search(re.sub(r"«[^»]*»|`[^`]*`|droit de Forçage", "", text))] == []


async def test_the_document_speaks_the_language_asked_for(app: FastAPI) -> None:
    for path, asked, spoken, title in (
        ("/openapi.json", "en-GB,fr;q=0.5", "en", "Just Fibre diagnostics"),
        ("/openapi.json", "", "fr", "Diagnostics Just Fibre"),
        ("/openapi.en.json", "fr", "en", "Just Fibre diagnostics"),
        ("/openapi.fr.json", "en", "fr", "Diagnostics Just Fibre"),
    ):
        answer = await _read(app, path, asked)
        assert (answer.headers["content-language"], answer.json()["info"]["title"]) == (spoken, title), (path, asked)


async def test_the_pages_show_every_operation_in_both_languages(app: FastAPI, english: dict[str, Any]) -> None:
    assert (await _read(app, "/docs", "en")).headers["location"] == "/docs/en"
    for language, word in (("fr", "Réponses"), ("en", "Answers")):
        page = await _read(app, f"/docs/{language}")
        assert page.status_code == 200
        assert word in page.text
        assert all(f'id="{one["operationId"]}"' in page.text for _, _, one in operations(english))
        assert "<script" not in page.text


async def test_no_document_in_a_language_that_is_not_spoken(app: FastAPI) -> None:
    assert (await _read(app, "/openapi.de.json")).status_code == 422


def test_operations_are_verbs_that_clients_can_call(english: dict[str, Any]) -> None:
    names = [one["operationId"] for _, _, one in operations(english)]
    assert len(names) == len(set(names))
    assert [name for name in names if not re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)+", name) or "api_v" in name] == []


def test_each_operation_says_how_it_refuses(english: dict[str, Any]) -> None:
    for path, method, one in operations(english):
        kinds = {status: list(answer["content"]) for status, answer in one["responses"].items() if status[0] == "4"}
        expected = "application/json" if path.startswith("/tmf-api") else "application/problem+json"
        assert all(content == [expected] for content in kinds.values()), (method, path)
        if one["security"]:
            assert {"401", "403"} <= set(kinds), (method, path)
        if "{" in path:
            assert "404" in kinds, (method, path)
        if "requestBody" in one:
            assert {"400", "413"} <= set(kinds), (method, path)


def test_only_what_lets_nobody_in_is_open(english: dict[str, Any]) -> None:
    open_ones = {one["operationId"] for _, _, one in operations(english) if not one["security"]}
    assert open_ones == {
        *("set_password", "sign_in", "check_health", "read_service_metrics"),
        *("read_certificate_authority", "read_revocation_list"),  # who checks a certificate has no account
    }


def test_every_member_of_every_document_is_described(english: dict[str, Any]) -> None:
    bare = [
        (name, member)
        for name, schema in english["components"]["schemas"].items()
        for member, form in schema.get("properties", {}).items()
        if not form.get("description")
    ]
    assert bare == []


def _links(found: dict[str, Any]) -> dict[str, dict[str, dict[str, Any]]]:
    """The links of each operation, under the operations that they lead to."""
    return {
        one["operationId"]: {
            name: link
            for status, answer in one["responses"].items()
            if status[0] == "2"
            for name, link in answer.get("links", {}).items()
        }
        for _, _, one in operations(found)
    }


def test_what_is_read_attribute_by_attribute_requires_none(english: dict[str, Any]) -> None:
    schemas = english["components"]["schemas"]
    read = {
        str(schema.get("items", schema)["$ref"]).rsplit("/", 1)[-1]
        for _, method, one in operations(english)
        if method == "get" and any(given["name"] == "fields" for given in one.get("parameters", []))
        for schema in [one["responses"]["200"]["content"]["application/json"]["schema"]]
    }
    assert len(read) > 8
    assert [name for name in read if schemas[name].get("required")] == []


def test_links_name_operations_and_parameters_that_these_take(english: dict[str, Any]) -> None:
    known = {one["operationId"]: one for _, _, one in operations(english)}
    links = [link for one in _links(english).values() for link in one.values()]
    assert len(links) > 350
    for link in links:
        target = known[link["operationId"]]
        taken = {given["name"] for given in target["parameters"] if given["in"] in {"path", "query"}}
        needed = {given["name"] for given in target["parameters"] if given["in"] == "path"}
        assert needed <= set(link["parameters"]) <= taken, link
        assert link["description"] == target["summary"]


def test_what_an_answer_names_can_be_followed_to_its_end(english: dict[str, Any]) -> None:
    links = _links(english)
    for first, *then in (
        ("create_ticket", "read_ticket", "save_ticket_fields", "deposit_ticket", "move_ticket", "attach_ticket_file"),
        ("attach_ticket_file", "read_ticket_file", "delete_ticket_file"),
        ("ask_diagnosis", "read_diagnosis", "read_diagnosis_csv"),
        ("ask_teleaction", "read_teleaction", "confirm_teleaction", "cancel_teleaction", "close_teleaction"),
        ("create_campaign", "read_campaign", "pause_campaign", "resume_campaign", "cancel_campaign"),
        ("create_webhook", "rotate_webhook_secret", "list_webhook_deliveries", "disable_webhook"),
        ("list_webhook_deliveries", "replay_delivery"),
        ("create_account", "read_account", "change_account", "delete_account"),
        ("list_accesses", "read_access", "put_access", "ask_diagnosis", "exchange_ont", "terminate_access"),
        ("list_olts", "read_olt", "put_olt", "onboard_olt", "delete_olt", "list_incidents", "read_series"),
        ("issue_certificate", "download_certificate", "renew_certificate", "revoke_certificate"),
        ("announce_works", "cancel_works"),
        ("create_my_token", "revoke_my_token"),
        ("list_incidents", "read_incident"),
        ("read_ticket", "read_access", "read_ticket_diagnosis"),
        ("create_trouble_ticket", "read_trouble_ticket", "change_trouble_ticket", "delete_trouble_ticket"),
        ("subscribe_to_alarm", "unsubscribe_from_alarm"),
        ("ack_alarms", "read_ack_alarms"),
    ):
        assert set(then) <= links[first].keys(), first


def test_what_was_made_leads_on_and_not_what_it_was_made_from(english: dict[str, Any]) -> None:
    made = _links(english)["renew_certificate"]["read_certificate"]
    assert made["parameters"] == {"certificate_id": "$response.body#/certificate/certificate_id"}


def test_a_word_in_another_sense_leads_nowhere(english: dict[str, Any]) -> None:
    links = _links(english)
    assert "read_teleaction" not in links["read_diagnosis"]  # its verdict names an action
    assert "unsubscribe_from_trouble_ticket" not in links["subscribe_to_alarm"]
    assert links["create_my_token"]["revoke_my_token"]["parameters"] == {"token_id": "$response.body#/token_id"}


def test_links_are_told_in_french_too(app: FastAPI) -> None:
    assert _links(document(app, "fr"))["list_olts"]["read_olt"]["description"] == "Lire un OLT"


def _needs(found: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """What each operation asks for: its address, what is required of it, what it answers when all is well."""
    schemas = found["components"]["schemas"]
    for path, method, one in operations(found):
        required = {f"{given['in']} {given['name']}" for given in one.get("parameters", []) if given.get("required")}
        for content in one.get("requestBody", {}).get("content", {}).values():
            schema = schemas.get(str(content["schema"].get("$ref", "")).rsplit("/", 1)[-1], content["schema"])
            required |= {f"body {name}" for name in schema.get("required", [])}
        good = sorted(status for status in one["responses"] if status[0] == "2")
        yield one["operationId"], {"at": f"{method.upper()} {path}", "requires": sorted(required), "answers": good}


def test_nothing_that_was_published_goes_or_asks_for_more(english: dict[str, Any]) -> None:
    now, kept = dict(_needs(english)), json.loads(KEPT.read_text("utf-8"))
    assert [name for name in kept if name not in now] == []
    for name, before in kept.items():
        assert now[name]["at"] == before["at"], name
        assert set(now[name]["requires"]) <= set(before["requires"]), name
        assert set(before["answers"]) <= set(now[name]["answers"]), name
