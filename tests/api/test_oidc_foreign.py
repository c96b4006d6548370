"""Sign-in through a provider written by others, in a process of its own: up, down, slow, restarted."""

from __future__ import annotations

import os
import signal
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api.security.sign_in import COOKIE
from domain.errors import UnauthenticatedError
from domain.principal import Principal, Right
from tests.api.oidc_kit import CAMILLE, Ticks, declared, foreign_provider, free_port, query, signing_in, trip
from tests.web import golden
from tests.web.html import alert, parse, words
from tests.web.world import ADMINISTRATOR, World, opened

ACCESS = "/acces/F00000015/resultats"


@pytest.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    async with opened(tmp_path, monkeypatch) as found:
        found.clock.instant = datetime.now(UTC)
        yield found


async def test_somebody_signs_in_through_the_provider_and_out_again(world: World) -> None:
    async with foreign_provider(CAMILLE) as (issuer, _, _), signing_in(world, declared(issuer)), trip(world) as way:
        back = await way.whole(ACCESS)
        assert back.status_code == 200
        assert parse(back.text).xpath("//meta[@http-equiv='refresh']/@content") == [f"0; url={ACCESS}"]
        page = await way.browser.get(ACCESS)
        assert "camille.durand" in words(parse(page.text))
        token = way.browser.cookies[COOKIE]
        who = await world.service.records.tokens.authenticate(token, world.clock.now())
        assert who == Principal(golden.OPERATOR, "camille.durand", frozenset({Right.TEST}))
        account = await world.service.records.accounts.get(who, who.account)
        assert account.profile is not None
        assert (account.profile.last_name, account.has_password) == ("DURAND", False)
        out = await way.browser.post("/deconnexion")
        form = parse((await way.browser.get(out.headers["location"])).text)
        assert "Vous êtes déconnecté." in words(form)
        (leave,) = form.xpath("//a[contains(., 'Se déconnecter aussi de Annuaire')]/@href")
        away = await way.browser.get(leave)
        assert away.headers["location"].startswith(f"{issuer}/oauth2/end_session?client_id=esav")
        assert (await way.outside.get(away.headers["location"])).status_code == 200
        with pytest.raises(UnauthenticatedError):
            await world.service.records.tokens.authenticate(token, world.clock.now())


async def test_the_second_time_it_is_the_same_account(world: World) -> None:
    async with foreign_provider(CAMILLE) as (issuer, _, _), signing_in(world, declared(issuer)):
        for _ in range(2):
            async with trip(world) as way:
                assert (await way.whole()).status_code == 200
        logins = [one.login for one in await world.service.accounts.list(ADMINISTRATOR)]
        assert logins.count("camille.durand") == 1


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("fr", "Le service de connexion « Annuaire » ne répond pas"), ("en", "« Annuaire » does not answer")],
)
async def test_a_provider_that_is_down_is_told_and_needs_no_restart_of_ours(
    world: World, language: str, sentence: str
) -> None:
    port, ticks = free_port(), Ticks()
    async with signing_in(world, declared(f"http://127.0.0.1:{port}"), ticks), trip(world, language) as way:
        down = await way.browser.get("/connexion/oidc/annuaire")
        page = parse(down.text)
        assert (down.status_code, page.xpath("/html/@lang")) == (504, [language])
        assert sentence in alert(page)
        ticks.now += 6
        async with foreign_provider(CAMILLE, port=port):
            assert (await way.whole()).status_code == 200


async def test_a_provider_that_hangs_makes_nobody_wait_longer_than_its_time_limit(world: World) -> None:
    async with (
        foreign_provider(CAMILLE) as (issuer, _, process),
        signing_in(world, declared(issuer)) as service,
        trip(world) as way,
    ):
        back = await way.at_provider(await way.to_provider())
        fetcher = service.provider("annuaire")._fetcher
        patience, fetcher._timeout_s = fetcher._timeout_s, 0.3
        os.kill(process, signal.SIGSTOP)
        hung = await way.browser.get(back)
        os.kill(process, signal.SIGCONT)
        fetcher._timeout_s = patience
        assert hung.status_code == 504
        assert COOKIE not in way.browser.cookies
        assert (await way.whole()).status_code == 200


async def test_an_answer_that_comes_twice_signs_in_once(world: World) -> None:
    async with foreign_provider(CAMILLE) as (issuer, _, _), signing_in(world, declared(issuer)), trip(world) as way:
        back = await way.at_provider(await way.to_provider())
        assert (await way.browser.get(back)).status_code == 200
        again = await way.browser.get(back)
        assert again.status_code == 400
        assert "a déjà servi ou a expiré" in alert(parse(again.text))


async def test_a_code_that_was_used_is_not_taken_with_another_state(world: World) -> None:
    async with foreign_provider(CAMILLE) as (issuer, _, _), signing_in(world, declared(issuer)), trip(world) as way:
        back = await way.at_provider(await way.to_provider())
        assert (await way.browser.get(back)).status_code == 200
        code = query(back)["code"]
        state = query(await way.to_provider())["state"]
        replayed = await way.browser.get("/connexion/oidc/annuaire/retour", params={"code": code, "state": state})
        assert replayed.status_code == 400


async def test_a_code_of_another_attempt_has_the_wrong_nonce(world: World) -> None:
    async with foreign_provider(CAMILLE) as (issuer, _, _), signing_in(world, declared(issuer)), trip(world) as way:
        code = query(await way.at_provider(await way.to_provider()))["code"]
        state = query(await way.to_provider())["state"]
        swapped = await way.browser.get("/connexion/oidc/annuaire/retour", params={"code": code, "state": state})
        assert swapped.status_code == 502
        assert "(nonce)" in alert(parse(swapped.text))


async def test_an_answer_is_taken_by_the_browser_that_began_and_no_other(world: World) -> None:
    async with (
        foreign_provider(CAMILLE) as (issuer, _, _),
        signing_in(world, declared(issuer)),
        trip(world) as way,
        trip(world) as victim,
    ):
        back = await way.at_provider(await way.to_provider())
        await victim.to_provider()
        assert (await victim.browser.get(back)).status_code == 400
        assert COOKIE not in victim.browser.cookies


@pytest.mark.parametrize(
    ("skew", "status"), [(timedelta(seconds=-45), 200), (timedelta(seconds=-90), 502), (timedelta(seconds=45), 200)]
)
async def test_clocks_may_differ_by_a_minute(world: World, skew: timedelta, status: int) -> None:
    world.clock.instant += skew
    async with foreign_provider(CAMILLE) as (issuer, _, _), signing_in(world, declared(issuer)), trip(world) as way:
        assert (await way.whole()).status_code == status


async def test_an_expired_token_signs_nobody_in(world: World) -> None:
    world.clock.instant += timedelta(hours=1, seconds=90)
    async with foreign_provider(CAMILLE) as (issuer, _, _), signing_in(world, declared(issuer)), trip(world) as way:
        back = await way.whole()
        assert back.status_code == 502
        assert "(exp)" in alert(parse(back.text))


async def test_a_provider_restarted_with_other_keys_signs_in_again(world: World) -> None:
    ticks = Ticks()
    async with foreign_provider(CAMILLE) as (issuer, port, _):
        service = signing_in(world, declared(issuer), ticks)
        await service.__aenter__()
        async with trip(world) as way:
            assert (await way.whole()).status_code == 200
    async with foreign_provider(CAMILLE, port=port), trip(world) as way:
        ticks.now += 11
        assert (await way.whole()).status_code == 200
    await service.__aexit__(None, None, None)


async def test_who_says_no_at_the_provider_is_not_signed_in(world: World) -> None:
    async with foreign_provider(CAMILLE) as (issuer, _, _), signing_in(world, declared(issuer)), trip(world) as way:
        address = await way.to_provider()
        refused = await way.outside.post(address, data={"action": "deny"})
        assert query(refused.headers["location"])["error"] == "access_denied"
        state = query(address)["state"]
        answer = await way.browser.get(
            "/connexion/oidc/annuaire/retour", params={"error": "access_denied", "state": state}
        )
        assert answer.status_code == 403
        assert "n'a laissé entrer personne" in alert(parse(answer.text))


async def test_who_is_in_no_declared_group_is_refused_and_gets_no_account(world: World) -> None:
    nobody = CAMILLE | {"groups": ["cantine"]}
    async with foreign_provider(nobody) as (issuer, _, _), signing_in(world, declared(issuer)), trip(world) as way:
        refused = await way.whole()
        assert refused.status_code == 403
        assert "Aucun de vos groupes (« groups ») ne donne de droit ici" in alert(parse(refused.text))
        assert "camille.durand" not in {one.login for one in await world.service.accounts.list(ADMINISTRATOR)}
