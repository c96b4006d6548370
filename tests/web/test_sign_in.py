from __future__ import annotations

from datetime import timedelta

import httpx
import pytest

from api.security.sign_in import COOKIE
from api.web.sign_in import local_path
from tests.web import golden
from tests.web.html import alert, parse, words
from tests.web.world import SUPPORT, World

ACCESS = "/acces/F00000015/resultats"


def _token(world: World) -> str:
    return world.tokens[f"{SUPPORT.operator_id}/{SUPPORT.account}"]


def _cookie(answer: httpx.Response) -> str:
    return answer.headers.get("set-cookie", "")


@pytest.mark.parametrize("path", ["/", ACCESS, "/acces/F00000015/demandes"])
async def test_a_page_asks_to_sign_in_first_and_comes_back_afterwards(world: World, path: str) -> None:
    async with world.client(None) as browser:
        refused = await browser.get(path)
        form = parse((await browser.get(refused.headers["location"])).text)
    assert (refused.status_code, httpx.URL(refused.headers["location"]).path) == (303, "/connexion")
    assert form.xpath("//input[@name='suite']/@value") == [path]


async def test_a_pasted_token_opens_the_page_in_a_cookie_that_scripts_and_other_sites_cannot_use(world: World) -> None:
    async with world.client(None) as browser:
        answer = await browser.post("/connexion", data={"jeton": f" {_token(world)}\n", "suite": ACCESS})
        page = await browser.get(ACCESS)
    assert (answer.status_code, answer.headers["location"]) == (303, ACCESS)
    assert {"HttpOnly", "SameSite=strict", "Path=/"} <= set(_cookie(answer).split("; "))
    assert page.status_code == 200
    assert "support.n2" in words(parse(page.text))


@pytest.mark.parametrize(
    ("token", "status", "sentence"),
    [("", 422, "Collez votre jeton d'accès."), ("jf_invalid", 401, "Ce jeton n'est pas valable")],
)
async def test_a_token_that_is_not_valid_is_refused_in_french(
    world: World, token: str, status: int, sentence: str
) -> None:
    async with world.client(None) as browser:
        answer = await browser.post("/connexion", data={"jeton": token, "suite": ACCESS})
    page = parse(answer.text)
    assert answer.status_code == status
    assert sentence in alert(page)
    assert page.xpath("//input[@name='suite']/@value") == [ACCESS]
    assert page.xpath("//input[@name='jeton']/@value") == []
    assert COOKIE not in _cookie(answer)


async def test_a_one_time_link_works_once(world: World) -> None:
    code = world.service.codes.draw(_token(world))
    async with world.client(None) as browser:
        first = await browser.get(f"/connexion/{code}", params={"suite": ACCESS})
        again = await browser.get(f"/connexion/{code}", params={"suite": ACCESS})
        page = await browser.get(ACCESS)
    assert (first.status_code, first.headers["location"], page.status_code) == (303, ACCESS, 200)
    assert again.status_code == 401
    assert "Ce lien de connexion a déjà servi ou n'est plus valable." in alert(parse(again.text))


async def test_a_one_time_link_followed_from_another_site_moves_on_from_our_own_page(world: World) -> None:
    code = world.service.codes.draw(_token(world))
    async with world.client(None) as browser:
        headers = {"sec-fetch-site": "cross-site"}
        answer = await browser.get(f"/connexion/{code}", params={"suite": ACCESS}, headers=headers)
    assert answer.status_code == 200
    assert parse(answer.text).xpath("//meta[@http-equiv='refresh']/@content") == [f"0; url={ACCESS}"]
    assert COOKIE in _cookie(answer)


async def test_a_link_whose_token_is_no_longer_valid_signs_nobody_in(world: World) -> None:
    code = world.service.codes.draw(_token(world))
    world.clock.instant += timedelta(days=30)
    async with world.client(None) as browser:
        answer = await browser.get(f"/connexion/{code}")
    assert answer.status_code == 401
    assert COOKIE not in _cookie(answer)


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.test/",
        "//evil.test/",
        "/\\evil.test",
        "\\\\evil.test",
        "evil.test",
        "javascript:alert(1)",
        "/\t/evil.test",
        "/é",
        "",
    ],
)
def test_signing_in_never_leads_to_another_site(elsewhere: str) -> None:
    assert local_path(elsewhere) == "/"


def test_signing_in_leads_to_any_page_of_this_site() -> None:
    assert local_path("/acces/F00000015/resultats?page=2") == "/acces/F00000015/resultats?page=2"


async def test_an_expired_session_says_so_and_keeps_the_way_back(world: World) -> None:
    world.clock.instant += timedelta(days=30)
    async with world.client() as browser:
        answer = await browser.get(ACCESS)
        form = parse((await browser.get(answer.headers["location"])).text)
    assert answer.status_code == 303
    assert "Votre session a expiré. Connectez-vous de nouveau." in words(form)
    assert form.xpath("//input[@name='suite']/@value") == [ACCESS]


async def test_htmx_and_the_event_stream_of_an_expired_session_lead_to_the_sign_in_too(world: World) -> None:
    number = await world.finished(golden.inactive_box())
    world.clock.instant += timedelta(days=30)
    htmx = {"hx-request": "true", "hx-current-url": f"http://sav.test{ACCESS}/{number}"}
    async with world.client() as browser:
        part = await browser.get(f"{ACCESS}/{number}/ligne", headers=htmx)
    async with world.client() as browser:
        stream = await browser.get(f"{ACCESS}/{number}/suivi", headers={"accept": "text/event-stream"})
    target = httpx.URL(part.headers["hx-redirect"])
    assert (target.path, target.params["suite"], target.params["motif"]) == (
        "/connexion",
        f"{ACCESS}/{number}",
        "expiree",
    )
    assert (stream.status_code, stream.headers.get("location")) == (401, None)


async def test_signing_out_takes_the_session_away(world: World) -> None:
    async with world.client() as browser:
        answer = await browser.post("/deconnexion")
        form = await browser.get(answer.headers["location"])
    assert (answer.status_code, answer.headers["location"]) == (303, "/connexion?motif=deconnexion")
    assert _cookie(answer).startswith(f'{COOKIE}=""')
    assert "Vous êtes déconnecté." in words(parse(form.text))


@pytest.mark.parametrize("path", ["/connexion", "/deconnexion"])
async def test_another_site_can_neither_sign_in_nor_out(world: World, path: str) -> None:
    async with world.client() as browser:
        form = {"jeton": _token(world)}
        answer = await browser.post(path, data=form, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403
    assert _cookie(answer) == ""
