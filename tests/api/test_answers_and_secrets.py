"""What the API answers is kept by no cache; what it cannot store is refused before it tries."""

from __future__ import annotations

from datetime import timedelta

import pytest

from api.demo.asking import ask
from api.demo.running import INFRASTRUCTURE, Demo
from domain.principal import Principal, Right

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_no_cache_keeps_what_the_api_answers(demo: Demo) -> None:
    number = (await ask(demo.client, "F00000015", "Infos Box")).result["number"]
    tests = "/api/v1/accesses/F00000015/diagnostics"
    for route in ("/api/v1/accesses", tests, f"/api/v1/diagnostics/{number}"):
        assert (await demo.client.get(route)).headers["cache-control"] == "no-store", route


async def test_a_secret_that_is_no_text_is_refused_and_not_stored(demo: Demo) -> None:
    """Half a surrogate pair is JSON, and no database takes it: it was an internal error."""
    account = Principal(INFRASTRUCTURE, "demo.network", frozenset({Right.INVENTORY}))
    issued = await demo.service.records.tokens.issue(account, demo.service.clock.now(), timedelta(days=1))
    headers = {"Authorization": f"Bearer {issued.token.reveal()}", "Content-Type": "application/json"}
    for community in (b"\\ud800", b"c" * 300):
        body = b'{"vendor": "nokia_isam", "host": "127.0.0.1", "community": "' + community + b'"}'
        answer = await demo.client.put("/api/v1/olts/OLT-X", content=body, headers=headers)
        assert answer.status_code == 422, community
        assert answer.json()["errors"][0]["field"] == "community"
        assert "cccc" not in answer.text


async def test_a_place_that_serves_another_access_is_a_conflict_told_in_french(demo: Demo) -> None:
    body = {
        "id1": "F00000777",
        "offer_label": "Essai",
        "service_type": "FTTHMB1P",
        "place": {"olt": demo.olt, "ont": "ONT-1-1-5-10-19"},
    }
    headers = {"Authorization": f"Bearer {demo.inventory_token}"}
    answer = await demo.client.put("/api/v1/accesses/F00000777", json=body, headers=headers)
    assert answer.status_code == 409
    told = answer.json()["detail"]
    assert told == "accès « F00000777 » : cet ID1, son ONT, sa box ou son identifiant PPP sert déjà un autre accès"
