"""What schemathesis found, each under its name."""

from __future__ import annotations

import ast
from datetime import UTC, time
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import TypeAdapter, ValidationError

import api
from api.app import described
from api.contract.document import document
from api.i18n import catalogue
from api.schemas.campaigns import PaceIn
from api.schemas.contracts import LoadContractIn
from api.schemas.lifecycle import GtrIn
from api.schemas.sent import Day, Instant
from api.services.webhooks import checked_url
from domain.errors import InvalidValueError
from domain.load import QuietHours


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/api/v1/accounts", "GET, POST"),
        ("/api/v1/accesses/F00000015", "GET, PUT"),
        ("/api/v1/accounts/camille/durand/password-reset", "POST"),
        ("/tmf-api/alarm/v4/alarm", "GET, POST"),
    ],
)
async def test_a_405_names_every_method_of_the_address(path: str, methods: str) -> None:
    app = described()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://sav.test") as client:
        answer = await client.request("OPTIONS", path)
    assert (answer.status_code, answer.headers["allow"]) == (405, methods)


@pytest.mark.parametrize("text", ["0.5", "0", "1557390540", "2019-05-09", "2019-05-09T08:29:00", 0, 1557390540.5])
def test_a_number_or_a_day_is_no_instant(text: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Instant).validate_python(text)


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_an_instant_that_has_none_in_utc_is_refused(text: str) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Instant).validate_python(text)


def test_an_instant_is_read_as_rfc_3339_writes_it() -> None:
    read = TypeAdapter(Instant).validate_python
    assert read("2019-05-09T10:29:00+02:00") == read("2019-05-09t08:29:00.000Z") == read("2019-05-09 08:29Z")


@pytest.mark.parametrize("day", [0, "0", "2019-05-09T00:00:00Z"])
def test_a_number_is_no_day(day: object) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Day).validate_python(day)


@pytest.mark.parametrize(
    ("model", "body"),
    [(GtrIn, {"gtr": "yes"}), (GtrIn, {"gtr": 1}), (PaceIn, {"wave": "50"}), (PaceIn, {"most_unhealthy": False})],
)
def test_a_text_is_no_number_and_a_number_no_flag(model: Any, body: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        model.model_validate(body)


def test_a_whole_number_may_be_written_with_its_point() -> None:
    assert PaceIn.model_validate({"wave": 50.0}).wave == 50
    with pytest.raises(ValidationError):
        PaceIn.model_validate({"wave": 50.5})
    with pytest.raises(ValidationError):
        PaceIn.model_validate({"wave": 1e300})


def test_what_a_client_should_give_is_told_in_french() -> None:
    known, root = catalogue("fr"), Path(api.__file__).parents[1]
    files = [*(root / "api").rglob("*.py"), *(root / "domain" / f"{name}.py" for name in ("load", "campaign", "olt"))]
    expected = {
        call.args[2].value
        for file in files
        for call in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)
        if call.func.id in {"InvalidValueError", "ConflictError"} and len(call.args) > 2
        if isinstance(call.args[2], ast.Constant) and isinstance(call.args[2].value, str)
    }
    assert len(expected) > 40
    assert sorted(expected - known.keys()) == []


def test_bounds_of_numbers_are_told() -> None:
    wave = document(described(), "en")["components"]["schemas"]["PaceIn"]["properties"]["wave"]
    assert (wave["minimum"], wave["maximum"]) == (1, 10_000)


def test_hours_of_rest_are_local_and_carry_no_offset() -> None:
    with pytest.raises(InvalidValueError):
        QuietHours(time(22, tzinfo=UTC), time(6, tzinfo=UTC))
    with pytest.raises(ValidationError):
        LoadContractIn.model_validate({"quiet_hours": [{"start": "22:00:00Z", "end": "06:00:00Z"}]})
    kept = LoadContractIn.model_validate({"quiet_hours": [{"start": "22:00", "end": "06:00"}]}).contract()
    assert kept.quiet_hours == (QuietHours(time(22), time(6)),)


@pytest.mark.parametrize("url", ["https://4*", "https://", "https://a b/", "https://u:p@host/", "https://host:65536/"])
def test_what_names_no_host_is_no_address_of_a_webhook(url: str) -> None:
    with pytest.raises(InvalidValueError):
        checked_url(url, insecure=True)


@pytest.mark.parametrize(
    "url", ["https://si.operateur.example/sav?x=1", "https://[2001:db8::1]:8443/", "https://A:443"]
)
def test_usual_addresses_are_taken(url: str) -> None:
    assert checked_url(url, insecure=False) == url
