"""What goes says so: in the document, in each of its answers, six months ahead."""

from __future__ import annotations

import httpx
import pytest

from api.app import described
from api.contract.document import document
from api.contract.retiring import retired
from api.contract.texts import untranslated
from api.deps import PrincipalDep


@pytest.fixture
async def answers() -> dict[str, httpx.Response]:
    """A route that goes, another that stays: what each answers."""
    app = described()

    @app.get("/api/v1/old-results", operation_id="list_old_results", summary="List accounts")
    @retired("2026-01-31", "2026-08-31", "/api/v1/results")
    async def old(fails: bool = False) -> dict[str, str]:
        if fails:
            raise LookupError
        return {}

    @app.get("/api/v1/old-secrets", operation_id="read_old_secrets", summary="List accounts")
    @retired("2026-01-31", "2026-08-31")
    async def secrets(who: PrincipalDep) -> dict[str, str]:
        del who
        return {}

    app.state.service = None  # nobody signs in
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://sav.test") as client:
        paths = ("/api/v1/old-results", "/api/v1/old-results?fails=maybe", "/api/v1/old-secrets", "/openapi.json")
        return {path: await client.get(path) for path in paths}


async def test_each_answer_of_what_goes_says_since_when_and_until_when(answers: dict[str, httpx.Response]) -> None:
    for path, status in (("/api/v1/old-results", 200), ("/api/v1/old-results?fails=maybe", 422)):
        answer = answers[path]
        assert answer.status_code == status
        assert answer.headers["deprecation"] == "@1769817600"
        assert answer.headers["sunset"] == "Mon, 31 Aug 2026 00:00:00 GMT"
        assert answer.headers["link"] == '</api/v1/results>; rel="successor-version"'


async def test_a_refusal_says_it_too(answers: dict[str, httpx.Response]) -> None:
    refused = answers["/api/v1/old-secrets"]
    assert (refused.status_code, refused.headers["deprecation"]) == (401, "@1769817600")
    assert "link" not in refused.headers


async def test_what_stays_says_nothing(answers: dict[str, httpx.Response]) -> None:
    assert "deprecation" not in answers["/openapi.json"].headers


async def test_the_document_marks_it(answers: dict[str, httpx.Response]) -> None:
    old = answers["/openapi.json"].json()["paths"]["/api/v1/old-results"]["get"]
    assert old["deprecated"] is True
    assert {"Deprecation", "Sunset"} <= set(old["responses"]["200"]["headers"])


def test_less_than_six_months_is_refused() -> None:
    with pytest.raises(ValueError, match="183 days"):
        retired("2026-01-31", "2026-07-30")


def test_nothing_of_it_lacks_its_french() -> None:
    assert untranslated(document(described(), "en")) == []
