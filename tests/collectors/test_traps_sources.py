"""Whose notifications are taken: what a resolver and a clock may do to it."""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import pytest

from collectors.traps.filtering import Copies
from collectors.traps.sources import Sources
from domain.olt import OltTarget
from domain.secret import Secret


def named(name: str, host: str) -> OltTarget:
    return OltTarget("infra", name, "nokia_isam", host, 161, Secret("public"))


class Resolver:
    """Stands for the loop's: names that it knows, and those that take for ever."""

    def __init__(self, known: dict[str, str]) -> None:
        self.known = known
        self.asked: list[str] = []
        self.at_once = self.most = 0

    async def getaddrinfo(self, host: str, *_: Any, **__: Any) -> list[Any]:
        self.asked.append(host)
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        try:
            await asyncio.sleep(0)
            if host not in self.known:
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
            return [(socket.AF_INET, socket.SOCK_DGRAM, 17, "", (self.known[host], 0))]
        finally:
            self.at_once -= 1


@pytest.fixture
async def resolver(monkeypatch: pytest.MonkeyPatch) -> Resolver:
    made = Resolver({f"olt{n}.example": f"192.0.2.{n}" for n in range(1, 40)})
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", made.getaddrinfo, raising=False)
    return made


async def test_names_are_resolved_side_by_side_and_once_each(resolver: Resolver) -> None:
    sources = Sources()
    await sources.use([named(f"OLT-{n}", f"olt{n}.example") for n in range(1, 40)] + [named("X", "olt1.example")])
    assert (resolver.most > 1, resolver.most <= 16, len(resolver.asked)) == (True, True, 39)
    assert len(sources.at("192.0.2.1")) == 2


async def test_a_name_that_is_no_more_resolved_keeps_its_address(resolver: Resolver) -> None:
    sources = Sources()
    await sources.use([named("A", "olt1.example")])
    resolver.known.clear()
    await sources.use([named("A", "olt1.example")])
    assert sources.knows("192.0.2.1")


async def test_a_name_that_is_never_resolved_is_said_once(resolver: Resolver, capsys) -> None:
    sources = Sources()
    for _ in range(3):
        await sources.use([named("A", "nowhere.example"), named("B", "192.0.2.77")])
    assert capsys.readouterr().err.count("trap_source_unresolved") == 1
    assert sources.knows("192.0.2.77")


def test_a_clock_that_was_set_back_makes_news_of_what_comes_again() -> None:
    copies = Copies(60)
    assert copies.first(b"fall", 5000.0)
    assert not copies.first(b"fall", 5030.0)
    assert copies.first(b"fall", 1000.0)
    assert not copies.first(b"fall", 1030.0)
