"""« Gestion des droits »: accounts made one at a time, changed at once, deleted for good; passwords and tokens."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.security.passwords import FAILURES, FORGOTTEN_S, Throttle
from domain.errors import TooManyError
from tests.web import golden
from tests.web.world import ADMINISTRATOR, SUPPORT, World, opened

BODY: dict[str, Any] = {
    "login": "camille.durand",
    "last_name": "DURAND",
    "first_name": "Camille",
    "email": "camille.durand@operateur.example",
    "phone": "0199001234",
    "rights": ["e-SAV Test"],
}
PASSWORD = "une phrase assez longue 42"


@pytest.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    async with opened(tmp_path, monkeypatch) as found:
        yield found


def client(world: World, token: str | None) -> httpx.AsyncClient:
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(world.app), base_url="http://sav.test/api/v1", headers=headers
    )


def admin(world: World) -> httpx.AsyncClient:
    return client(world, world.tokens[f"{ADMINISTRATOR.operator_id}/{ADMINISTRATOR.account}"])


async def _signed_in(world: World, **changes: Any) -> str:
    """Make the account, set its password, sign in; its token."""
    async with admin(world) as boss, client(world, None) as nobody:
        made = await boss.post("/accounts", json={**BODY, **changes})
        assert made.status_code == 201, made.text
        code = made.json()["initialisation"]["code"]
        assert (await nobody.post("/password", json={"code": code, "password": PASSWORD})).status_code == 204
        again = await nobody.post("/password", json={"code": code, "password": PASSWORD})
        assert again.status_code == 401
        body = {"operator": golden.OPERATOR, "login": {**BODY, **changes}["login"], "password": PASSWORD}
        signed = await nobody.post("/sessions", json=body)
        assert signed.status_code == 201, signed.text
        return str(signed.json()["token"])


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"login": "abcd"}, "login"),
        ({"login": "écoute"}, "login"),
        ({"login": "deux mots"}, "login"),
        ({"email": "pas une adresse"}, "email"),
        ({"phone": None}, "phone"),
        ({"last_name": ""}, "last_name"),
        ({"rights": ["tout"]}, "rights.0"),
    ],
)
async def test_what_the_account_form_refuses(world: World, changes: dict[str, Any], field: str) -> None:
    async with admin(world) as boss:
        answer = await boss.post("/accounts", json={**BODY, **changes})
        assert answer.status_code == 422, answer.text
        assert [item["field"] for item in answer.json()["errors"]] == [field]


@pytest.mark.parametrize("login", ["abcde", "a!.@_-/#b", "camille.durand@operateur.example"])
async def test_every_login_of_the_form_works_to_its_end(world: World, login: str) -> None:
    token = await _signed_in(world, login=login)
    async with client(world, token) as me, admin(world) as boss:
        assert (await me.get("/me")).json()["account"] == login
        path = httpx.URL("http://sav.test/api/v1/accounts/").copy_with(
            raw_path=b"/api/v1/accounts/" + login.replace("#", "%23").replace("!", "%21").encode()
        )
        assert (await boss.get(path)).json()["login"] == login


async def test_a_login_is_not_changed_nor_used_twice(world: World) -> None:
    async with admin(world) as boss:
        assert (await boss.post("/accounts", json=BODY)).status_code == 201
        assert (await boss.post("/accounts", json=BODY)).status_code == 409
        renamed = await boss.put("/accounts/camille.durand", json=BODY)
        assert renamed.status_code == 422
        assert [item["field"] for item in renamed.json()["errors"]] == ["login"]
        assert (await boss.delete("/accounts/camille.durand")).status_code == 204
        assert (await boss.post("/accounts", json=BODY)).status_code == 409


async def test_a_deleted_account_is_found_no_more(world: World) -> None:
    async with admin(world) as boss:
        assert (await boss.post("/accounts", json=BODY)).status_code == 201
        assert (await boss.delete("/accounts/camille.durand")).status_code == 204
        change = {key: value for key, value in BODY.items() if key != "login"}
        for answer in (
            await boss.get("/accounts/camille.durand"),
            await boss.put("/accounts/camille.durand", json=change),
            await boss.post("/accounts/camille.durand/password-reset"),
            await boss.delete("/accounts/camille.durand"),
        ):
            assert answer.status_code == 404, answer.request.method


async def test_rights_are_taken_and_given_at_once(world: World) -> None:
    token = await _signed_in(world)
    change = {key: value for key, value in BODY.items() if key != "login"}
    async with client(world, token) as agent, admin(world) as boss:
        assert (await agent.get("/accesses")).status_code == 200
        await boss.put("/accounts/camille.durand", json={**change, "rights": ["e-SAV Signalisation"]})
        assert (await agent.get("/accesses")).status_code == 403
        await boss.put("/accounts/camille.durand", json={**change, "rights": ["e-SAV Test"]})
        assert (await agent.get("/accesses")).status_code == 200
        await boss.delete("/accounts/camille.durand")
        assert (await agent.get("/accesses")).status_code == 401


async def test_only_an_administrator_manages_accounts_and_gives_no_more_than_he_may(world: World) -> None:
    async with client(world, world.tokens[f"{SUPPORT.operator_id}/{SUPPORT.account}"]) as agent:
        assert (await agent.get("/accounts")).status_code == 403
        assert (await agent.post("/accounts", json=BODY)).status_code == 403
    async with admin(world) as boss:
        for right in ("inventaire", "NOC", "traitement des signalisations"):
            assert (await boss.post("/accounts", json={**BODY, "rights": [right]})).status_code == 403
        assert (await boss.delete(f"/accounts/{ADMINISTRATOR.account}")).status_code == 409


async def test_a_personal_token_has_the_scopes_asked_for_and_no_more_than_its_owner(world: World) -> None:
    token = await _signed_in(world, rights=["e-SAV Test", "e-SAV Signalisation"])
    async with client(world, token) as owner:
        made = (await owner.post("/me/tokens", json={"rights": ["e-SAV Test"], "days": 30})).json()
        assert (await owner.post("/me/tokens", json={"rights": ["port 25"]})).status_code == 403
        async with client(world, made["token"]) as narrow:
            assert (await narrow.get("/accesses")).status_code == 200
            assert (await narrow.get("/ticket-types")).status_code == 403
            widened = await narrow.post("/me/tokens", json={"rights": ["e-SAV Signalisation"]})
            assert widened.status_code == 403
            assert (await owner.delete(f"/me/tokens/{made['token_id']}")).status_code == 204
            assert (await narrow.get("/accesses")).status_code == 401


async def test_wrong_passwords_make_wait_and_say_nothing_of_who_exists(world: World) -> None:
    await _signed_in(world)
    async with client(world, None) as nobody:
        told = []
        for login in ("camille.durand", "personne"):
            body = {"operator": golden.OPERATOR, "login": login, "password": "faux"}
            answers = [await nobody.post("/sessions", json=body) for _ in range(FAILURES + 1)]
            told.append([answer.status_code for answer in answers])
            assert int(answers[-1].headers["retry-after"]) <= FORGOTTEN_S
        assert told[0] == told[1] == [401] * FAILURES + [429]
        right = {"operator": golden.OPERATOR, "login": "camille.durand", "password": PASSWORD}
        assert (await nobody.post("/sessions", json=right)).status_code == 429


def test_the_wait_ends() -> None:
    now = [0.0]
    throttle = Throttle(lambda: now[0])
    for _ in range(FAILURES):
        throttle.failed("op", "login")
    with pytest.raises(TooManyError):
        throttle.check("op", "login")
    throttle.check("op", "other")
    now[0] = FORGOTTEN_S
    throttle.check("op", "login")


@pytest.mark.parametrize("password", ["x" * 11, "aaaaaaaaaaaaaa", "xx camille.durand xx", "x1y2z3w4" * 17])
async def test_an_easy_password_is_refused_and_the_code_stays_good(world: World, password: str) -> None:
    async with admin(world) as boss, client(world, None) as nobody:
        code = (await boss.post("/accounts", json=BODY)).json()["initialisation"]["code"]
        refused = await nobody.post("/password", json={"code": code, "password": password})
        assert refused.status_code == 422
        assert password not in refused.text
        assert (await nobody.post("/password", json={"code": code, "password": PASSWORD})).status_code == 204


async def test_no_password_and_no_code_is_kept_in_clear(world: World) -> None:
    await _signed_in(world)
    file = Path(str(world.service.records._database.url.database))
    kept = b"".join(path.read_bytes() for path in file.parent.glob(f"{file.name}*"))
    assert PASSWORD.encode() not in kept
    assert b"$argon2id$" in kept
