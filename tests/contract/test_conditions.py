"""What the schemas of the document take and refuse beyond the form of each member, as the service does."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import jsonschema_rs
import pytest
from pydantic import BaseModel, ValidationError

from api.app import described
from api.contract.document import document
from api.routes.accounts import AccountIn
from api.schemas.inventory import OltIn
from api.schemas.trends import ReferenceIn
from domain.errors import DiagnosticsError

NOW = datetime(2019, 5, 9, 8, tzinfo=UTC)
PERSON = {
    "login": "camille.durand",
    "last_name": "DURAND",
    "first_name": "Camille",
    "email": "camille.durand@operateur.example",
    "rights": [],
}
PHONE = {"phone": "0199001234"}
OLT = {"vendor": "nokia_isam", "host": "192.0.2.10"}
USER = {"name": "noc", "auth": "sha1", "auth_key": "12345678"}
WORKS = {"label": "Reprise", "starts_at": "2019-05-10T08:00:00Z", "ends_at": "2019-05-10T12:00:00Z"}
MEASURE = {"occasion": "ticket_closed", "source": "recette"}
ASKED = {"reason": "essai", "action": "box_ping"}
REBOOT = {**ASKED, "action": "box_reboot"}
CASES: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("AccountIn", {**PERSON, **PHONE}, {**PERSON, "phone": None}),
    ("AccountIn", {**PERSON, "mobile": "0699001234"}, PERSON),
    ("AccountIn", {**PERSON, **PHONE}, {**PERSON, **PHONE, "email": "camille@operateur.test"}),
    ("OltIn", {**OLT, "community": "public"}, OLT),
    ("OltIn", {**OLT, "user": USER}, {**OLT, "user": {**USER, "auth_key": None}}),
    ("OltIn", {**OLT, "user": {"name": "noc"}}, {**OLT, "user": {"name": "noc", "privacy_key": "12345678"}}),
    ("OltIn", {**OLT, "user": USER}, {**OLT, "user": {**USER, "auth_key": "1234567"}}),
    ("ReferenceIn", {**MEASURE, "olt_rx_dbm": -20.0}, MEASURE),
]
"""Both by the document and by the model."""
TOLD: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("OltIn", {**OLT, "community": "public"}, {**OLT, "community": "public", "vendor": "unknown"}),
    ("WorkIn", {**WORKS, "id1": "F00000015"}, {**WORKS, "id1": "F00000015", "olt": "OLT-LYON-03"}),
    ("WorkIn", {**WORKS, "olt": "OLT-LYON-03"}, WORKS),
    ("TeleactionIn", {**ASKED, "parameters": {"host": "a.example"}}, ASKED),
    ("TeleactionIn", {**ASKED, "parameters": {"host": "a"}}, {**ASKED, "parameters": {"host": "a", "count": 51}}),
    ("TeleactionIn", REBOOT, {**REBOOT, "parameters": {"on": True}}),
    ("CampaignIn", REBOOT, {**REBOOT, "action": "pon_admin", "parameters": {"on": True}}),
    ("DraftIn", {"id1": "F00000015", "type": "25O", "fields": {"motif": "x"}}, {"id1": "F00000015", "type": "99"}),
    (
        "DraftIn",
        {"id1": "F00000015", "type": "84", "fields": {"nom_a": "x"}},
        {"id1": "F00000015", "type": "25O", "fields": {"nom_a": "x"}},
    ),
    ("MoveIn", {"action": "close", "code": "X1"}, {"action": "close"}),
    ("MoveIn", {"action": "cancel"}, {"action": "reject", "code": None}),
    (
        "AlarmAcknowledgementCreate",
        {"ackSystemId": "a", "ackUserId": "b", "alarmPattern": [{"id": 1}]},
        {"ackSystemId": "a", "ackUserId": "b", "alarmPattern": []},
    ),
]
MODELS: dict[str, type[BaseModel]] = {"AccountIn": AccountIn, "OltIn": OltIn, "ReferenceIn": ReferenceIn}


@pytest.fixture(scope="module")
def english() -> dict[str, Any]:
    return document(described(), "en")


@pytest.mark.parametrize(("name", "right", "wrong"), [*CASES, *TOLD])
def test_the_document_says_what_goes_together(
    english: dict[str, Any], name: str, right: dict[str, Any], wrong: dict[str, Any]
) -> None:
    schema = {"$ref": f"#/components/schemas/{name}", "components": english["components"]}
    assert jsonschema_rs.is_valid(schema, right)
    assert not jsonschema_rs.is_valid(schema, wrong)


@pytest.mark.parametrize(("name", "right", "wrong"), CASES)
def test_the_service_takes_and_refuses_the_same(name: str, right: dict[str, Any], wrong: dict[str, Any]) -> None:
    def read(given: dict[str, Any]) -> None:
        found = MODELS[name].model_validate(given)
        if isinstance(found, ReferenceIn):
            found.measure(found.at or NOW)

    read(right)
    with pytest.raises((ValidationError, DiagnosticsError)):
        read(wrong)
