"""A provider that checks all that we send, and that lies: nobody is signed in by what is not proved."""

from __future__ import annotations

import asyncio
import base64
import hmac
import json
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import RSAKey
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response

from api.oidc.fetching import Fetcher
from api.oidc.provider import Provider
from api.security.sign_in import COOKIE
from domain.account import Profile
from domain.principal import Principal, Right
from tests.api.oidc_kit import CAMILLE, Strict, Ticks, declared, query, signing_in, strict_provider, trip
from tests.web import golden
from tests.web.html import alert, parse
from tests.web.world import ADMINISTRATOR, World, opened

API = "esav-api"


@pytest.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    async with opened(tmp_path, monkeypatch) as found:
        yield found


@pytest.fixture
async def strict(world: World) -> AsyncIterator[Strict]:
    async with strict_provider() as found:
        found.now = world.clock.now
        yield found


async def _back(world: World, strict: Strict, **settings: Any) -> tuple[int, str]:
    """Status and sentence of a whole sign-in."""
    async with signing_in(world, declared(strict.issuer, **settings)), trip(world) as way:
        address = await way.browser.get("/connexion/oidc/annuaire")
        answer = address
        if address.status_code == 303:
            answer = await way.browser.get(await way.at_provider(address.headers["location"]))
        assert (COOKIE in way.browser.cookies) is (answer.status_code == 200)
        return answer.status_code, alert(parse(answer.text))


async def test_the_code_flow_proves_itself_by_pkce_and_secret(world: World, strict: Strict) -> None:
    assert await _back(world, strict) == (200, "")


async def test_a_wrong_client_secret_is_told_without_the_secret(world: World, strict: Strict) -> None:
    status, sentence = await _back(world, strict, client_secret="not that one")
    assert (status, "(token)" in sentence, "not that one" in sentence) == (502, True, False)


def _with(**changes: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda claims: {key: value for key, value in (claims | changes).items() if value is not None}


LIES: list[tuple[dict[str, Any], str]] = [
    ({"iss": "https://other.example"}, "iss"),
    ({"aud": "somebody"}, "aud"),
    ({"aud": ["esav", "somebody"]}, "azp"),
    ({"aud": ["esav", "somebody"], "azp": "somebody"}, "azp"),
    ({"exp": None}, "exp"),
    ({"iat": None}, "iat"),
    ({"sub": None}, "sub"),
    ({"exp": "demain"}, "exp"),
    ({"nonce": None}, "nonce"),
    ({"nonce": "another"}, "nonce"),
    ({"at_hash": "AAAAAAAAAAAAAAAAAAAAAA"}, "at_hash"),
]


async def test_an_id_token_that_claims_something_else_is_refused(world: World, strict: Strict) -> None:
    for changes, word in LIES:
        strict.bend = _with(**changes)
        status, sentence = await _back(world, strict)
        assert (status, f"({word})" in sentence) == (502, True), (changes, sentence)


async def test_an_id_token_is_good_until_its_expiry_and_a_minute(world: World, strict: Strict) -> None:
    issued = world.clock.now()
    strict.now = lambda: issued
    for late, status in ((359, 200), (360, 502), (361, 502)):
        world.clock.instant = issued + timedelta(seconds=late)
        assert (await _back(world, strict))[0] == status, late


async def test_an_id_token_of_the_future_is_allowed_a_minute(world: World, strict: Strict) -> None:
    issued = world.clock.now()
    strict.now = lambda: issued
    for early, status in ((59, 200), (60, 200), (61, 502)):
        world.clock.instant = issued - timedelta(seconds=early)
        assert (await _back(world, strict))[0] == status, early


def _by_hand(header: dict[str, Any], claims: dict[str, Any], sign: Callable[[bytes], bytes]) -> str:
    """A token whose signature no library would make."""

    def coded(octets: bytes) -> bytes:
        return base64.urlsafe_b64encode(octets).rstrip(b"=")

    text = coded(json.dumps(header).encode()) + b"." + coded(json.dumps(claims).encode())
    return (text + b"." + coded(sign(text))).decode()


async def test_signatures_that_are_not_allowed_are_refused(world: World, strict: Strict) -> None:
    stranger = RSAKey.generate_key(2048, auto_kid=True)
    public = strict.key.as_pem(private=False)
    forged: dict[str, Callable[[dict[str, Any]], str]] = {
        "unsigned": lambda claims: _by_hand({"alg": "none"}, claims, lambda _: b""),
        "public key as a shared secret": lambda claims: _by_hand(
            {"alg": "HS256", "kid": strict.key.kid}, claims, lambda text: hmac.digest(public, text, "sha256")
        ),
        "another key of the same name": lambda claims: jwt.encode(
            {"alg": "RS256", "kid": strict.key.kid}, claims, stranger
        ),
        "a key that is not published": lambda claims: jwt.encode(
            {"alg": "RS256", "kid": stranger.kid}, claims, stranger
        ),
        "an algorithm not on the list": lambda claims: jwt.encode(
            {"alg": "RS512", "kid": strict.key.kid}, claims, strict.key, ["RS512"]
        ),
        "a key in the header": lambda claims: jwt.encode(
            {"alg": "RS256", "jwk": stranger.as_dict(private=False)}, claims, stranger
        ),
        "no token": lambda _claims: "a.b.c",
    }
    for name, sign in forged.items():
        strict.sign = sign
        status, _ = await _back(world, strict)
        assert status == 502, name


async def test_keys_are_asked_for_again_when_they_change_and_not_at_every_lie(world: World, strict: Strict) -> None:
    ticks = Ticks()
    async with signing_in(world, declared(strict.issuer), ticks):
        async with trip(world) as way:
            assert (await way.whole()).status_code == 200
        strict.key = RSAKey.generate_key(2048, {"use": "sig"}, auto_kid=True)
        ticks.now += 10
        async with trip(world) as way:
            assert (await way.whole()).status_code == 200
        strict.sign = lambda claims: jwt.encode({"alg": "RS256", "kid": "made up"}, claims, strict.key)
        asked = strict.seen.count("/jwks")
        for _ in range(3):
            async with trip(world) as way:
                assert (await way.whole()).status_code == 502
    assert (asked, strict.seen.count("/jwks")) == (2, 2)


async def test_what_the_provider_said_last_serves_while_it_says_nothing_more(world: World, strict: Strict) -> None:
    ticks = Ticks()
    async with signing_in(world, declared(strict.issuer), ticks):
        async with trip(world) as way:
            assert (await way.whole()).status_code == 200
        strict.documents = {
            path: lambda: PlainTextResponse("maintenance", 503)
            for path in ("/jwks", "/.well-known/openid-configuration")
        }
        ticks.now += 2 * 3600
        async with trip(world) as way:
            assert (await way.whole()).status_code == 200


DOCUMENTS: list[tuple[str, Callable[[Any], Response], int, str]] = [
    ("/.well-known/openid-configuration", lambda _: PlainTextResponse("<html>"), 502, "(JSON)"),
    ("/.well-known/openid-configuration", lambda _: PlainTextResponse("[" * 100_000), 502, "(JSON)"),
    ("/.well-known/openid-configuration", lambda _: JSONResponse(["x"]), 502, "(JSON)"),
    ("/.well-known/openid-configuration", lambda _: PlainTextResponse("x" * 600_000), 502, "(size)"),
    ("/.well-known/openid-configuration", lambda _: RedirectResponse("/jwks"), 502, "(HTTP 307)"),
    ("/.well-known/openid-configuration", lambda _: PlainTextResponse("", 500), 504, "ne répond pas"),
    ("/.well-known/openid-configuration", lambda d: JSONResponse(d | {"issuer": "https://x.example"}), 502, "iss"),
    (
        "/.well-known/openid-configuration",
        lambda d: JSONResponse(d | {"jwks_uri": "http://x.example/"}),
        502,
        "jwks",
    ),
    ("/.well-known/openid-configuration", lambda d: JSONResponse(d | {"token_endpoint": 5}), 502, "token_endpoint"),
    ("/jwks", lambda _: JSONResponse({"keys": "none"}), 502, "(jwks)"),
    ("/jwks", lambda _: JSONResponse({"keys": []}), 502, "(jwks)"),
]


async def test_documents_that_are_not_openid_connect_are_refused(world: World, strict: Strict) -> None:
    discovery = strict.discovery()
    for path, answer, status, word in DOCUMENTS:
        strict.documents = {path: partial(answer, discovery)}
        found, sentence = await _back(world, strict)
        assert (found, word in sentence) == (status, True), (word, sentence)


@pytest.mark.parametrize("iss", ["https://other.example", ""])
async def test_an_answer_of_another_provider_is_refused(world: World, strict: Strict, iss: str) -> None:
    strict.back = {"iss": iss}
    status, sentence = await _back(world, strict)
    assert (status, "(iss)" in sentence) == (502, True)


async def test_groups_of_the_userinfo_endpoint_count_when_they_are_of_the_same_subject(
    world: World, strict: Strict
) -> None:
    strict.bend = _with(groups=None)
    assert (await _back(world, strict))[0] == 403
    assert (await _back(world, strict, userinfo=True))[0] == 200
    strict.documents["/userinfo"] = lambda: JSONResponse(CAMILLE | {"sub": "u-somebody"})
    assert (await _back(world, strict, userinfo=True))[0] == 502


async def test_several_operators_of_one_provider_are_told_apart_by_a_declared_claim(
    world: World, strict: Strict
) -> None:
    shared = {"operator": "", "operator_claim": "org.id", "operators": {"acme": golden.OPERATOR, "ghost": "000000000"}}
    for organisation, status, word in (
        ({"id": "acme"}, 200, ""),
        ({"id": "ghost"}, 403, "n'existe pas ici"),
        ({"id": "another"}, 403, "Aucun opérateur n'est déclaré"),
        ({}, 403, "Aucun opérateur n'est déclaré"),
        ({"id": ["acme", "ghost"]}, 403, "Plusieurs opérateurs"),
    ):
        strict.user = CAMILLE | {"org": organisation, "sub": f"u-{json.dumps(organisation)}"}
        found, sentence = await _back(world, strict, **shared)
        assert (found, word in sentence) == (status, True), (organisation, sentence)


PROFILE = Profile("DURAND", "Camille", "Camille.Durand@operateur.example", "0199001234")


async def test_a_first_sign_in_is_linked_to_the_account_of_the_same_verified_address(
    world: World, strict: Strict
) -> None:
    rule = {"accounts": "link", "link_by": "email", "rights_from": "account", "rights": {}}
    assert (await _back(world, strict, **rule))[0] == 403
    await world.service.accounts.create(ADMINISTRATOR, "c.durand", PROFILE, frozenset({Right.SIGNALISATION}))
    strict.user = CAMILLE | {"email_verified": False}
    assert (await _back(world, strict, **rule))[0] == 403
    strict.user = CAMILLE
    assert (await _back(world, strict, **rule))[0] == 200
    account = await world.service.accounts.get(ADMINISTRATOR, "c.durand")
    assert account.rights == {Right.SIGNALISATION}
    strict.user = CAMILLE | {"sub": "u-impostor"}
    status, sentence = await _back(world, strict, **rule)
    assert (status, "« c.durand » n'est pas le vôtre" in sentence) == (403, True)


async def test_an_address_that_two_accounts_have_links_to_neither(world: World, strict: Strict) -> None:
    for login in ("c.durand", "c.durand.2"):
        await world.service.accounts.create(ADMINISTRATOR, login, PROFILE, frozenset({Right.TEST}))
    status, sentence = await _back(world, strict, accounts="link", link_by="email")
    assert (status, "Plusieurs comptes" in sentence) == (403, True)


async def test_a_login_that_is_somebody_elses_is_not_taken_over_unless_the_rule_says_so(
    world: World, strict: Strict
) -> None:
    await world.service.accounts.create(ADMINISTRATOR, "camille.durand", PROFILE, frozenset({Right.TEST}))
    assert (await _back(world, strict))[0] == 403
    assert (await _back(world, strict, link_by="login"))[0] == 200


async def test_rights_follow_the_groups_at_each_sign_in_and_a_deleted_account_stays_out(
    world: World, strict: Strict
) -> None:
    assert (await _back(world, strict))[0] == 200
    strict.user = CAMILLE | {"groups": ["sav-n2"]}
    assert (await _back(world, strict))[0] == 200
    account = await world.service.accounts.get(ADMINISTRATOR, "camille.durand")
    assert account.rights == {Right.TEST, Right.TELEACTION}
    await world.service.accounts.delete(ADMINISTRATOR, "camille.durand")
    status, sentence = await _back(world, strict)
    assert (status, "a été supprimé" in sentence) == (403, True)


async def _asked(world: World, token: str) -> httpx.Response:
    transport = httpx.ASGITransport(world.app)
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://sav.test", headers=headers) as machine:
        return await machine.get("/api/v1/me")


async def test_a_machine_asks_the_api_with_an_access_token_of_the_provider(world: World, strict: Strict) -> None:
    async with signing_in(world, declared(strict.issuer, api_audience=API)):
        answer = await _asked(world, strict.access_token())
        assert answer.json() == {"operator": golden.OPERATOR, "account": "robot.sav", "rights": ["e-SAV Test"]}
        refused = {
            "an ID token": strict.token({"iss": strict.issuer, "aud": "esav", **CAMILLE, "iat": 1, "exp": 9**10}),
            "another audience": strict.access_token(aud="somebody"),
            "no audience": strict.access_token(aud=None),
            "another type": strict.access_token(typ="JWT"),
            "expired": strict.access_token(exp=int(world.clock.now().timestamp()) - 61),
            "no expiry": strict.access_token(exp=None),
            "of an unknown issuer": strict.access_token(iss="https://x.example"),
            "bent": strict.access_token()[:-4] + "AAAA",
            "no JSON": "a.b.c",
        }
        for name, token in refused.items():
            answer = await _asked(world, token)
            assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer"), name
        groupless = await _asked(world, strict.access_token(groups=[]))
        assert (groupless.status_code, groupless.headers["content-type"]) == (403, "application/problem+json")
        await world.service.accounts.delete(ADMINISTRATOR, "robot.sav")
        assert (await _asked(world, strict.access_token())).status_code == 403


async def test_without_an_audience_of_the_api_no_access_token_is_taken(world: World, strict: Strict) -> None:
    async with signing_in(world, declared(strict.issuer)):
        assert (await _asked(world, strict.access_token())).status_code == 401
        assert (await _asked(world, strict.access_token(aud=""))).status_code == 401
    assert strict.seen == []


async def test_a_machine_narrowed_by_its_groups_loses_the_right_at_its_next_request(
    world: World, strict: Strict
) -> None:
    async with signing_in(world, declared(strict.issuer, api_audience=API)):
        wide = await _asked(world, strict.access_token(groups=["sav-n2"]))
        narrow = await _asked(world, strict.access_token(groups=["sav-n1"]))
    assert (len(wide.json()["rights"]), len(narrow.json()["rights"])) == (2, 1)


async def test_no_secret_of_the_provider_shows_itself(
    world: World, strict: Strict, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = declared(strict.issuer)
    assert "a secret of the client" not in repr(settings)
    async with signing_in(world, settings) as service, trip(world) as way:
        attempt, _ = await service.begin("annuaire", "/", "fr")
        assert all(secret not in repr(attempt) for secret in (attempt.state, attempt.nonce, attempt.verifier))
        address = await way.to_provider()
        assert query(address)["code_challenge_method"] == "S256"
        back = await way.at_provider(address)
        await way.browser.get(back)
        said = "".join(capsys.readouterr())
        assert query(back)["code"] not in said
        assert way.browser.cookies[COOKIE] not in said
    assert await world.service.records.accounts.get(Principal(golden.OPERATOR, "x", frozenset()), "camille.durand")


async def test_two_windows_of_the_same_person_make_one_account(world: World, strict: Strict) -> None:
    async with signing_in(world, declared(strict.issuer)), trip(world) as one, trip(world) as two:
        ways = [(way, await way.at_provider(await way.to_provider())) for way in (one, two)]
        answers = await asyncio.gather(*(way.browser.get(back) for way, back in ways))
    assert [answer.status_code for answer in answers] == [200, 200]
    assert len(await world.service.accounts.list(ADMINISTRATOR, "camille.durand")) == 1


async def test_an_issuer_declared_twice_serves_each_audience_its_own_operator(world: World, strict: Strict) -> None:
    first = declared(strict.issuer, api_audience="another-api")
    async with signing_in(world, first) as service:
        other = declared(strict.issuer, api_audience=API, operator="512345678")
        provider = Provider("second", other, fetcher=Fetcher("second", other))
        service._providers = {**service._providers, "second": provider}
        answer = await _asked(world, strict.access_token())
        assert (answer.status_code, answer.json()["operator"]) == (200, "512345678")
