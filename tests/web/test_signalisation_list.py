"""« Signalisations »: page after page, by state, by access; what cannot be read is said beside the filter."""

from __future__ import annotations

from typing import Any, cast

from domain.identifiers import Id1
from domain.ticket import Action
from tests.web import golden
from tests.web.html import alert, parse, words
from tests.web.world import CLERK, DEPOSITOR, World

ID1 = "F00000015"


def numbers(page: Any) -> list[str]:
    """What the list shows, in its order."""
    return [found.text for found in page.xpath("//table//th[@scope='row']/a")]


def link(page: Any, text: str) -> str | None:
    """The address behind a link of the pages."""
    found = page.xpath(f"//nav[@class='feuilles']/a[.='{text}']/@href")
    return cast("str", found[0]) if found else None


async def drafted(world: World, count: int) -> list[str]:
    """That many drafts; their numbers, as listed: of one instant, so that the number alone decides."""
    await world.service.lifecycle.provision(CLERK, golden.access())
    made = [(await world.service.tickets.draft(DEPOSITOR, Id1(ID1), "84", {}))[0].number for _ in range(count)]
    return sorted(made, reverse=True)


async def test_every_signalisation_is_shown_once_over_the_pages(world: World) -> None:
    made = await drafted(world, 101)
    seen: list[str] = []
    sizes = []
    address: str | None = "/signalisations"
    newest = None
    async with world.client(DEPOSITOR) as browser:
        while address is not None:
            page = parse((await browser.get(address)).text)
            seen += numbers(page)
            sizes.append(len(numbers(page)))
            newest, address = link(page, "Les plus récentes"), link(page, "Plus anciennes")
    assert sizes == [50, 50, 1]
    assert seen == made
    assert newest == "/signalisations?"


async def test_a_page_that_is_just_full_has_none_behind_it(world: World) -> None:
    await drafted(world, 50)
    async with world.client(DEPOSITOR) as browser:
        page = parse((await browser.get("/signalisations")).text)
    assert len(numbers(page)) == 50
    assert link(page, "Plus anciennes") is None


async def test_by_state_and_access_also_on_the_next_page(world: World) -> None:
    made = await drafted(world, 53)
    await world.service.tickets.move(DEPOSITOR, made[-1], Action.CANCEL)
    async with world.client(DEPOSITOR) as browser:
        drafts = parse((await browser.get("/signalisations", params={"etat": "Brouillon", "id1": " f00000015 "})).text)
        rest = parse((await browser.get(link(drafts, "Plus anciennes") or "")).text)
        other = parse((await browser.get("/signalisations", params={"id1": "F00000099"})).text)
    assert numbers(drafts) + numbers(rest) == made[:-1]
    assert rest.xpath("//select[@name='etat']/option[@selected]")[0].text == "Brouillon"
    assert rest.xpath("//input[@name='id1']/@value") == ["f00000015"]
    assert numbers(other) == []
    assert "Aucune signalisation ne répond à cette recherche." in words(other)


async def test_what_is_no_id1_is_told_beside_the_filter(world: World) -> None:
    async with world.client(DEPOSITOR) as browser:
        answer = await browser.get("/signalisations", params={"id1": "15"})
        unknown = await browser.get("/signalisations", params={"avant": "SIG201905-0000001"})
        state = await browser.get("/signalisations", params={"etat": "Perdue"})
    page = parse(answer.text)
    assert answer.status_code == 422
    assert "15" in alert(page)
    assert "Aucune signalisation" not in words(page)
    assert page.xpath("//input[@name='id1']/@aria-describedby") == ["erreur-filtre"]
    assert unknown.status_code == 404
    assert state.status_code == 400
