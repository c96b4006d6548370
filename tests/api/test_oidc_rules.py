"""Sign-in by OpenID Connect: its settings, its mapping and the attempts under way, without a provider."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from api.oidc import attempts
from api.oidc.attempts import LIFE_S, Attempts
from api.oidc.errors import SignInError
from api.oidc.mapping import claimed, values
from api.oidc_settings import OidcSettings
from api.settings import Settings, explain
from domain.account import Profile
from domain.principal import Right
from tests.api.oidc_kit import CAMILLE, Ticks, declared

ISSUER = "https://sso.operateur.example"


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"issuer": "http://sso.operateur.example"}, "HTTPS"),
        ({"issuer": "https://user@sso.operateur.example"}, "HTTPS"),
        ({"issuer": "https://sso.operateur.example/#x"}, "HTTPS"),
        ({"issuer": f"https://{'a' * 250}.example"}, "255"),
        ({"operator": ""}, "operator"),
        ({"operator_claim": "org", "operators": {"a": "b"}}, "operator"),
        ({"rights": {}}, "rights"),
        ({"rights": {"g": ["tout"]}}, "Input should be"),
        ({"rights_from": "account"}, "accounts=create"),
        ({"accounts": "link"}, "link_by"),
        ({"scopes": ["profile"]}, "openid"),
        ({"algorithms": ["none"]}, "Input should be"),
        ({"algorithms": ["HS256"]}, "Input should be"),
        ({"algorithms": []}, "at least 1"),
        ({"api_audience": "esav"}, "api_audience"),
        ({"client_secret": "changeme"}, "placeholder"),
        ({"leeway_s": 301}, "300"),
        ({"leeway_s": -1}, "0"),
        ({"unknown": 1}, "Extra"),
    ],
)
def test_a_declaration_that_would_let_in_the_wrong_people_is_refused(changes: dict[str, Any], word: str) -> None:
    with pytest.raises(ValidationError) as caught:
        declared(**({"issuer": ISSUER} | changes))
    assert word in explain(caught.value)
    assert "a secret of the client" not in explain(caught.value)


@pytest.mark.parametrize("issuer", [ISSUER, "http://127.0.0.1:9400", "http://[::1]:9400", "http://localhost:9400/x"])
def test_an_issuer_is_an_https_address_or_of_this_machine(issuer: str) -> None:
    assert declared(issuer, leeway_s=300).issuer == issuer


def test_providers_are_declared_in_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "DIAG_PUBLIC_URL": "https://esav.example",
        "DIAG_OIDC__ACME__ISSUER": ISSUER,
        "DIAG_OIDC__ACME__CLIENT_ID": "esav",
        "DIAG_OIDC__ACME__OPERATOR": "397480930",
        "DIAG_OIDC__ACME__ACCOUNTS": "create",
        "DIAG_OIDC__ACME__RIGHTS": '{"sav-n1": ["e-SAV Test"]}',
    }.items():
        monkeypatch.setenv(name, value)
    settings = Settings.ephemeral(tmp_path)
    assert settings.oidc["acme"].rights == {"sav-n1": [Right.TEST]}
    monkeypatch.delenv("DIAG_PUBLIC_URL")
    with pytest.raises(ValidationError, match="DIAG_PUBLIC_URL"):
        Settings.ephemeral(tmp_path)


def _declared(**changes: Any) -> OidcSettings:
    return declared(ISSUER, **changes)


def test_claims_become_an_operator_a_login_rights_and_a_profile() -> None:
    found = claimed(_declared(), CAMILLE)
    assert (found.who.operator_id, found.who.account, found.who.rights) == (
        "397480930",
        "camille.durand",
        frozenset({Right.TEST}),
    )
    assert found.profile == Profile("DURAND", "Camille", "camille.durand@operateur.example")
    assert (found.subject, found.email) == ("u-camille", "camille.durand@operateur.example")


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"groups": None}, "None of your groups"),
        ({"groups": {"sav-n1": True}}, "None of your groups"),
        ({"groups": ["SAV-N1"]}, "None of your groups"),
        ({"preferred_username": "abcd"}, "no usable"),
        ({"preferred_username": "écoute"}, "no usable"),
        ({"preferred_username": None}, "no usable"),
        ({"preferred_username": 12345}, "no usable"),
        ({"sub": ""}, "no usable"),
        ({"sub": "x" * 256}, "no usable"),
    ],
)
def test_claims_that_the_mapping_does_not_cover_are_refused(changes: dict[str, Any], text: str) -> None:
    with pytest.raises(SignInError, match=text) as caught:
        claimed(_declared(), CAMILLE | changes)
    assert caught.value.status == 403


def test_an_address_that_is_not_verified_links_to_nobody() -> None:
    for verified in (False, None, "true", 1):
        assert claimed(_declared(), CAMILLE | {"email_verified": verified}).email is None


@pytest.mark.parametrize(
    ("claims", "claim", "found"),
    [
        ({"groups": ["a", 1, "b"]}, "groups", ["a", "b"]),
        ({"groups": "a b"}, "groups", ["a b"]),
        ({"scope": "a b"}, "scope", ["a", "b"]),
        ({"realm_access": {"roles": ["a"]}}, "realm_access.roles", ["a"]),
        ({"https://x.example/roles": ["a"]}, "https://x.example/roles", ["a"]),
        ({"realm_access": ["roles"]}, "realm_access.roles", []),
        ({}, "a.b.c", []),
    ],
)
def test_a_claim_is_read_wherever_providers_put_it(claims: dict[str, Any], claim: str, found: list[str]) -> None:
    assert values(claims, claim) == found


def test_an_attempt_is_good_once_for_its_provider_and_ten_minutes() -> None:
    ticks = Ticks()
    kept = Attempts(ticks)
    for provider, wait in (("other", 0.0), ("annuaire", LIFE_S)):
        attempt = kept.begin("annuaire", "/")
        ticks.now += wait
        with pytest.raises(SignInError):
            kept.end(provider, attempt.state, attempt.browser)
        with pytest.raises(SignInError):
            kept.end("annuaire", attempt.state, attempt.browser)
    attempt = kept.begin("annuaire", "/acces/F00000015")
    ticks.now += LIFE_S - 1
    assert kept.end("annuaire", attempt.state, attempt.browser) == attempt


def test_attempts_of_strangers_do_not_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attempts, "MOST", 3)
    kept = Attempts(Ticks())
    first, *others = [kept.begin("annuaire", "/") for _ in range(4)]
    with pytest.raises(SignInError):
        kept.end("annuaire", first.state, first.browser)
    for attempt in others:
        assert kept.end("annuaire", attempt.state, attempt.browser) == attempt
