"""The examples of the document are sent as they stand to a running service, and do what they say."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest

from api.app import described
from api.contract.document import document, operations
from benchmarks.contract import served

pytestmark = pytest.mark.asyncio(loop_scope="module")

REFUSED = {
    "set_password": 401,  # its code was sent by mail, once
    "sign_in": 401,  # that account has no password yet
    "problem_group": 400,  # the second incident of the example is none of this network's
    "problem_ungroup": 400,
    "group_alarms": 400,
    "un_group_alarms": 400,
    "ask_pon_teleaction": 409,  # what restarts a box is not for a PON port
    "close_teleaction": 422,  # the number that the examples made is a signalisation's
    "onboard_olt": 424,  # RFC 5737: nothing answers there
}
"""Examples that cannot succeed in a plant that just started, and how they are refused."""
FIRST = ("put_olt", "put_outside_plant", "create_account", "ask_diagnosis", "create_ticket", "create_webhook")
PATHS = {"id1": "F00000015", "name": "OLT-LYON-03", "login": "camille.durand", "pon": "PON-1-1-5-10"}


def _examples() -> Iterator[tuple[str, str, str, Any]]:
    """Operation, method, path and body of each example of a body."""
    found = document(described(), "en")
    schemas = found["components"]["schemas"]
    for path, method, operation in operations(found):
        content = operation.get("requestBody", {}).get("content", {}).get("application/json", {})
        schema = content.get("schema", {})
        listed = schema.get("type") == "array"
        name = str((schema.get("items", {}) if listed else schema).get("$ref", "")).rsplit("/", 1)[-1]
        for example in schemas.get(name, {}).get("examples", []):
            yield operation["operationId"], method, path, [example] if listed else example


async def test_every_example_is_accepted_or_refused_for_what_is_said() -> None:
    examples = sorted(_examples(), key=lambda one: (one[0] not in FIRST, one[0] in {"exchange_ont", "put_access"}))
    assert len(examples) > 25
    outcomes: dict[str, int] = {}
    async with served() as (url, issued, demo):
        await demo.plant.control.call("announce", ont="F00000015")
        headers, known = {"Authorization": f"Bearer {issued.token.reveal()}"}, dict(PATHS)
        for operation, method, path, body in examples:
            if set(re.findall(r"\{(\w+)\}", path)) - set(known):
                continue  # what it needs was not created by an example
            address = re.sub(r"\{(\w+)\}", lambda found: known[found[1]], path)
            answer = await demo.client.request(method, f"{url}{address}", json=body, headers=headers, timeout=120)
            outcomes[operation] = answer.status_code
            if operation == "create_ticket":
                known["number"] = answer.json()["number"]
    wrong = {
        name: status
        for name, status in outcomes.items()
        if status != REFUSED.get(name, status if status < 300 else 200)
    }
    assert wrong == {}
    assert len(outcomes) > 25


async def test_every_example_is_what_its_schema_asks() -> None:
    found = document(described(), "en")
    for name, schema in found["components"]["schemas"].items():
        whole = {**schema, "components": found["components"]}
        for example in schema.get("examples", []):
            assert jsonschema_rs.is_valid(whole, example), name
