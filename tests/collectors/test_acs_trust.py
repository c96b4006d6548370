"""Boxes that come back with a shared secret: after a reset of ours, of their customer, after a rotation, or as thieves.

The boxes are the simulated ones, which answer the digest of the ACS; thieves are plain HTTP clients that know the
shared secret.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from collectors.boxes.app import AcsApp, acs_app
from collectors.boxes.server import AcsServer
from collectors.boxes.settings import AcsSettings, AuthMode
from domain import box_actions as act
from domain.box import KnownBox
from domain.box_actions import OPEN_UNTIL, BoxOutcome
from domain.identifiers import Id1, OntName
from domain.metric import Readings
from domain.metrics import box as m
from domain.secret import Secret
from domain.states import BoxSecret
from simulators.cwmp_box import BoxFleet
from simulators.plant.box_orders import OrderKind
from simulators.plant.state import DataModel
from simulators.run import RunOptions, running
from tests.collectors.boxes_support import IGD, KEY, LOOPBACK, MemoryStore, envelope, fault_xml, inform_xml, until
from tests.collectors.test_boxes_fleet import PlantTime

URL = IGD + "ManagementServer.ConnectionRequestURL"
OLD, NEW = "first contact of last year", "first contact of this year"
REQUIRED = AcsSettings(auth=AuthMode.REQUIRED, bootstrap=Secret(OLD), call_retry_s=0.05)


@dataclass
class Site:
    """An ACS, one simulated box that was made with a shared secret, and its store."""

    app: AcsApp
    store: MemoryStore
    fleet: BoxFleet
    plant: Any  # its clock can be advanced
    ont: OntName
    url: str

    @property
    def known(self) -> KnownBox:
        return self.store.boxes[self.fleet.box(self.ont).device]

    @property
    def login(self) -> tuple[str, str]:
        settings = self.fleet._cpe(self.ont).settings
        return settings.acs_username, settings.acs_password

    def own(self, generation: int = 0) -> tuple[str, str]:
        name = f"{self.known.device}#{generation}" if generation else str(self.known.device)
        return name, self.app.credentials.own(name).reveal()

    @property
    def seen(self) -> Readings:
        found = Readings()
        for readings in self.store.observations:
            found = found.merged(readings)
        return found

    async def resets(self) -> None:
        """Its customer presses the button: it is as delivered, and makes a first contact."""
        await self.fleet.bootstrap(self.ont)

    async def comes(self) -> None:
        await asyncio.wait_for(self.fleet.wait_informed(self.ont), 5)

    async def contact(self) -> None:
        """A first contact, and an Inform with what it was given by it."""
        await self.resets()
        await self.comes()
        await self.speaks()

    async def speaks(self) -> None:
        """One more Inform, of its own."""
        cpe, heard = self.fleet._cpe(self.ont), self.app.stats.informs
        sessions, failures = self.fleet.stats.sessions, self.fleet.stats.failures
        cpe.report("2 PERIODIC")
        self.fleet._plan(cpe)
        await until(lambda: self.app.stats.informs > heard)
        await until(lambda: self.fleet.stats.sessions + self.fleet.stats.failures > sessions + failures)

    async def refused(self) -> None:
        """Wait until it has been refused once more."""
        failures = self.fleet.stats.failures
        await until(lambda: self.fleet.stats.failures > failures)

    async def thief(self, secret: str, *events: str, name: str = "bootstrap") -> int:
        """Who knows a shared secret and says that he is the box."""
        body = envelope(inform_xml({IGD + "DeviceInfo.SoftwareVersion": "9"}, *events, device=self.known.device))
        async with httpx.AsyncClient(trust_env=False, auth=httpx.DigestAuth(name, secret)) as http:
            return (await http.post(self.url, content=body)).status_code


@asynccontextmanager
async def site(settings: AcsSettings = REQUIRED, made_with: str = OLD) -> AsyncIterator[Site]:
    time, store = PlantTime(), MemoryStore()
    app = acs_app(store, time, KEY, LOOPBACK, settings)
    async with AcsServer(app, "127.0.0.1", 0) as server, running(options=RunOptions(windows=frozenset())) as live:
        time.clock = live.clock
        ont, box = next(
            (ont, box) for ont, box in live.plant.state.boxes.items()
            if box.data_model is DataModel.TR098 and box.management_up
        )  # fmt: skip
        store.boxes[box.device] = KnownBox("OPER", Id1("F00000015"), box.device)
        url = f"http://127.0.0.1:{server.port}/acs"
        async with BoxFleet(live.plant, "127.0.0.1", url, acs_login=("bootstrap", made_with)) as fleet:
            yield Site(app, store, fleet, live.plant, ont, url)


async def test_a_simulated_box_comes_with_the_shared_secret_and_then_with_its_own() -> None:
    async with site() as here:
        assert here.login == ("bootstrap", OLD)
        await here.contact()
        assert here.login == here.own()
        assert here.known.secured
        assert here.app.stats.readmitted == 0


async def test_a_box_that_its_customer_reset_is_refused_and_what_it_tried_is_shown() -> None:
    async with site() as here:
        await here.contact()
        await here.resets()
        await here.refused()
        assert here.seen.value(m.BOX_REFUSED_AT) is not None
        assert here.seen.value(m.BOX_REFUSED_FROM) == "127.0.0.1"
        assert here.seen.value(m.BOX_REFUSED_SECRET) is BoxSecret.SHARED
        assert here.known.secured
        assert here.app.stats.refused_secrets == 1
        noted = len(here.store.observations)
        assert await here.thief(OLD, "0 BOOTSTRAP") == 401
        assert len(here.store.observations) == noted  # no more than once a minute


async def test_who_proves_nothing_leaves_no_trace_on_the_access() -> None:
    async with site() as here:
        await here.contact()
        noted = len(here.store.observations)
        assert await here.thief("guessed", "0 BOOTSTRAP") == 401
        assert await here.thief("guessed", "0 BOOTSTRAP", name=str(here.known.device)) == 401
        other = here.app.credentials.own("D8D775-OTHER").reveal()
        assert await here.thief(other, "0 BOOTSTRAP", name="D8D775-OTHER") == 401
        assert len(here.store.observations) == noted


async def test_level_2_accepts_it_again_for_a_time_and_it_is_given_another_secret() -> None:
    async with site() as here:
        await here.contact()
        await here.resets()
        await here.refused()
        result = await here.app.actions.act(here.known, act.Readmit(), "k1", 5)
        assert result.done
        assert here.known.open_until is not None
        assert result.values == {OPEN_UNTIL: here.known.open_until.isoformat()}
        settled = await here.app.actions.settle(here.known, act.Readmit(), "k1", result.at, 1)
        assert settled.done
        here.plant.clock.advance(20)
        await here.comes()
        assert here.known.open_until is None
        assert not here.known.secured
        assert here.login == here.own(1)
        await here.speaks()
        assert (here.known.secured, here.known.generation) == (True, 1)
        assert here.seen.value(m.BOX_READMITTED_FROM) == "127.0.0.1"
        assert here.seen.value(m.BOX_READMITTED_AT) is not None
        assert await here.thief(OLD, "0 BOOTSTRAP") == 401  # the window serves once
        assert here.app.stats.readmitted == 1


async def test_the_window_closes_by_itself() -> None:
    async with site(replace(REQUIRED, readmit_s=600)) as here:
        await here.contact()
        await here.app.actions.act(here.known, act.Readmit(), "k1", 5)
        here.plant.clock.advance(601)
        assert await here.thief(OLD, "0 BOOTSTRAP") == 401
        settled = await here.app.actions.settle(here.known, act.Readmit(), "k1", datetime.now(UTC), 1)
        assert settled.outcome is BoxOutcome.UNKNOWN


async def test_a_thief_in_the_window_is_seen_and_the_secret_of_the_box_is_not_his_for_ever() -> None:
    async with site() as here:
        await here.contact()
        first = here.own()
        await here.app.actions.act(here.known, act.Readmit(), "k1", 5)
        assert await here.thief(OLD, "2 PERIODIC") == 401  # it shows no sign of a reset
        assert await here.thief(OLD, "0 BOOTSTRAP") == 200
        assert here.seen.value(m.BOX_READMITTED_FROM) == "127.0.0.1"
        await here.speaks()  # the box, which nobody had reset: its secret is not the last one any more
        assert here.login == first
        assert here.seen.value(m.BOX_REFUSED_SECRET) is BoxSecret.FORMER_OWN
        await here.app.actions.act(here.known, act.Readmit(), "k2", 5)
        await here.resets()
        await here.comes()
        await here.speaks()
        stolen = here.own(1)
        assert await here.thief(stolen[1], "2 PERIODIC", name=stolen[0]) == 401
        assert here.login == here.own(here.known.generation)


async def test_a_factory_reset_of_ours_opens_the_window_and_the_box_is_back_by_itself() -> None:
    async with site() as here:
        await here.contact()
        asked = asyncio.create_task(here.app.actions.act(here.known, act.FactoryReset(), "k1", 8))
        await until(lambda: here.known.open_until is not None)
        assert here.known.secured  # it is not thrown open to whoever comes
        assert await here.thief(OLD, "2 PERIODIC") == 401
        orders = here.plant.orders.executed
        await until(lambda: orders and orders[-1].kind is OrderKind.FACTORY_RESET)
        here.plant.clock.advance(30)
        here.plant.run_due()
        assert (await asked).done
        await here.comes()
        await here.speaks()
        assert here.login == here.own(1)
        assert (here.known.secured, here.known.generation, here.known.open_until) == (True, 1, None)


async def test_in_bootstrap_mode_a_secured_box_that_comes_with_the_shared_secret_is_let_in_but_not_silently() -> None:
    async with site(replace(REQUIRED, auth=AuthMode.BOOTSTRAP)) as here:
        await here.contact()
        assert await here.thief(OLD, "0 BOOTSTRAP") == 200
        assert here.seen.value(m.BOX_READMITTED_FROM) == "127.0.0.1"
        assert here.known.generation == 0
        await here.speaks()
        assert here.fleet.stats.failures == 0


# A secret that was offered more than once


async def offered_to(here: Site, name: str, secret: str, *events: str) -> tuple[str, str]:
    """What who comes with that secret is given of the box's own; he answers as a box that tells no names."""
    body = envelope(inform_xml({IGD + "DeviceInfo.SoftwareVersion": "9", URL: "http://127.0.0.1:9/b"}, *events,
                               device=here.known.device))  # fmt: skip
    async with httpx.AsyncClient(trust_env=False) as http:
        assert (await http.post(here.url, content=body, auth=httpx.DigestAuth(name, secret))).status_code == 200
        if "GetParameterNames" not in (await http.post(here.url, content=b"")).text:
            return "", ""
        asked = (await http.post(here.url, content=envelope(fault_xml(9000)))).text
        found = dict(re.findall(r"<Name>[^<]*ManagementServer\.(\w+)</Name><Value[^>]*>([^<]*)", asked))
        taken = "<c:SetParameterValuesResponse><Status>0</Status></c:SetParameterValuesResponse>"
        await http.post(here.url, content=envelope(taken))
    return found.get("Username", ""), found.get("Password", "")


async def test_a_box_that_never_proves_the_secret_it_was_given_is_given_the_same_one_each_time() -> None:
    async with site() as here:
        given = [await offered_to(here, "bootstrap", OLD, event) for event in ("1 BOOT", "2 PERIODIC", "1 BOOT")]
        assert given == [here.own()] * 3
        assert (here.known.secured, here.known.generation) == (False, 0)
        assert here.app.stats.readmitted == 2  # and it goes on being noted
        await here.app.actions.act(here.known, act.Readmit(), "k1", 5)  # level 2 wants it to have another one
        assert await offered_to(here, "bootstrap", OLD, "2 PERIODIC") == here.own(1)
        assert here.known.open_until is None
        assert await here.thief(here.own()[1], "2 PERIODIC", name=here.own()[0]) == 401


async def test_a_secret_that_was_offered_twice_is_replaced_by_one_that_only_who_proves_it_is_given() -> None:
    async with site() as here:
        for _ in range(2):  # the box, and who knows the shared secret and came before it had spoken again
            assert await offered_to(here, "bootstrap", OLD, "2 PERIODIC") == here.own()
        mine = await offered_to(here, *here.own(), "2 PERIODIC")
        assert mine == here.own(1)
        assert here.known.secured
        assert await here.thief(OLD, "0 BOOTSTRAP") == 401
        theirs = await offered_to(here, *here.own(), "2 PERIODIC")
        assert theirs == here.own(2)
        assert await here.thief(mine[1], "2 PERIODIC", name=mine[0]) == 200
        assert await here.thief(here.own()[1], "2 PERIODIC", name=here.own()[0]) == 401
        assert here.seen.value(m.BOX_REFUSED_SECRET) is BoxSecret.FORMER_OWN


async def two_with_one_secret(here: Site) -> list[tuple[str, str]]:
    """What each of two is given who were both offered the same secret, and proved it."""
    for _ in range(2):
        await offered_to(here, "bootstrap", OLD, "2 PERIODIC")
    return [await offered_to(here, *here.own(), "2 PERIODIC") for _ in range(2)]


async def test_one_of_two_who_proved_the_same_secret_is_left_and_the_other_is_seen() -> None:
    """They come in turn, as two who were given the same schedule do: for ever, if each were given another each time."""
    async with site() as here:
        mine, theirs = await two_with_one_secret(here)
        assert [mine, theirs] == [here.own(1), here.own(2)]
        assert await offered_to(here, *mine, "2 PERIODIC") == ("", "")
        assert await here.thief(here.own()[1], "2 PERIODIC", name=here.own()[0]) == 401
        assert await offered_to(here, *theirs, "2 PERIODIC") == ("", "")
        assert await here.thief(mine[1], "2 PERIODIC", name=mine[0]) == 401
        assert (here.known.secured, here.known.generation, here.known.given) == (True, 2, 2)
        assert here.seen.value(m.BOX_REFUSED_SECRET) is BoxSecret.FORMER_OWN


async def test_a_restart_of_one_of_two_is_not_given_the_secret_of_the_other() -> None:
    async with site() as here:
        mine, _ = await two_with_one_secret(here)
        assert await offered_to(here, *mine, "1 BOOT") == mine


async def test_of_two_who_come_by_one_window_at_once_one_is_let_in() -> None:
    async with site() as here:
        await here.contact()
        await here.app.actions.act(here.known, act.Readmit(), "k1", 5)
        before = here.known
        assert await here.thief(OLD, "0 BOOTSTRAP") == 200
        here.store.overtaken[before.device] = before
        assert await here.thief(OLD, "0 BOOTSTRAP") == 401
        assert (here.known.secured, here.known.generation) == (False, 1)


async def test_who_proves_a_secret_while_a_later_one_is_proved_is_not_trusted() -> None:
    """Their Informs are let in by what was kept before: the secret that a window had voided would be good again."""
    async with site() as here:
        await here.contact()
        stale = here.known
        here.store.boxes[stale.device] = replace(stale, generation=1, given=1)
        here.store.overtaken[stale.device] = replace(stale, offers=2)  # so that it would be given another
        assert await here.thief(here.own()[1], "2 PERIODIC", name=here.own()[0]) == 401
        assert (here.known.generation, here.known.given) == (1, 1)


async def test_in_bootstrap_mode_nobody_who_knows_the_shared_secret_has_the_one_of_a_box_replaced() -> None:
    async with site(replace(REQUIRED, auth=AuthMode.BOOTSTRAP)) as here:
        for _ in range(2):
            assert await offered_to(here, "bootstrap", OLD, "1 BOOT") == here.own()
        assert await offered_to(here, *here.own(), "2 PERIODIC") == ("", "")
        assert (here.known.secured, here.known.generation) == (True, 0)


# Rotation


def rotated(until_: datetime | None, **options: Any) -> AcsSettings:
    return replace(REQUIRED, bootstrap=Secret(NEW), former=Secret(OLD), former_until=until_, **options)


@pytest.mark.parametrize("made_with", [OLD, NEW])
async def test_after_a_rotation_both_secrets_serve_until_the_grace_ends(made_with: str) -> None:
    async with site(rotated(datetime(2019, 5, 10, tzinfo=UTC)), made_with) as here:  # the plant's day is the 9th
        await here.contact()
        assert here.known.secured
        assert here.login == here.own()
        mark = here.app.credentials.mark(Secret(made_with))
        assert here.known.mark == mark
        assert made_with not in mark
        assert here.app.stats.former_secrets == (made_with == OLD)


async def test_once_the_grace_is_over_the_former_secret_opens_nothing_and_the_attempt_is_shown() -> None:
    async with site(rotated(datetime(2019, 5, 9, tzinfo=UTC))) as here:
        await here.resets()
        await here.refused()
        assert here.seen.value(m.BOX_REFUSED_SECRET) is BoxSecret.FORMER_SHARED
        assert await here.thief(NEW, "0 BOOTSTRAP") == 200
    async with site(rotated(None)) as here:
        assert await here.thief(OLD, "0 BOOTSTRAP") == 401


async def test_the_grace_ends_while_the_acs_runs() -> None:
    async with site(rotated(datetime(2019, 5, 9, 12, tzinfo=UTC))) as here:
        assert await here.thief(OLD, "0 BOOTSTRAP") == 200
        here.plant.clock.advance(86_400)
        assert await here.thief(OLD, "0 BOOTSTRAP") == 401


async def test_a_box_made_with_a_retired_secret_comes_back_when_level_2_vouches_for_it() -> None:
    """Its factory settings cannot be changed from afar: without that, a customer's reset would cost a box."""
    async with site(rotated(datetime(2019, 5, 9, tzinfo=UTC))) as here:
        await here.resets()
        await here.refused()
        await here.app.actions.act(here.known, act.Readmit(), "k1", 5)
        here.plant.clock.advance(30)
        await here.comes()
        await here.speaks()
        assert here.known.secured
        assert await here.thief(OLD, "0 BOOTSTRAP") == 401


async def test_no_secret_is_in_the_logs(capsys: pytest.CaptureFixture[str]) -> None:
    async with site(rotated(datetime(2019, 5, 9, tzinfo=UTC))) as here:
        await here.resets()
        await here.refused()
        await here.app.actions.act(here.known, act.Readmit(), "k1", 5)
        here.plant.clock.advance(30)
        await here.comes()
        secrets = [OLD, NEW, here.own()[1], here.own(1)[1]]
    told = "".join(capsys.readouterr()) + repr(here.app.settings) + repr(here.store.observations)
    assert not [secret for secret in secrets if secret in told]


async def asked_of(here: Site, *events: str) -> list[str]:
    """What is asked in a whole session of who comes with the shared secret, and takes what it is given."""
    body = envelope(inform_xml({IGD + "DeviceInfo.SoftwareVersion": "9", URL: "http://127.0.0.1:9/b"}, *events,
                               device=here.known.device))  # fmt: skip
    asked: list[str] = []
    async with httpx.AsyncClient(trust_env=False) as http:
        assert (await http.post(here.url, content=body, auth=httpx.DigestAuth("bootstrap", OLD))).status_code == 200
        answer = b""
        while True:
            text = (await http.post(here.url, content=answer)).text
            method = re.search(r"<cwmp:(\w+)", text.partition("Body")[2])
            if method is None:
                return asked
            asked.append(method[1])
            taken = "<c:SetParameterValuesResponse><Status>0</Status></c:SetParameterValuesResponse>"
            answer = envelope(taken if method[1] == "SetParameterValues" else fault_xml(9005))


async def test_a_box_that_goes_on_with_the_shared_secret_is_offered_its_own_and_read_once_only() -> None:
    """A client of others was read whole in each of its 31 sessions: 284 requests instead of 106."""
    async with site() as here:
        first, *later = [await asked_of(here, event) for event in ("0 BOOTSTRAP", "2 PERIODIC", "2 PERIODIC")]
        assert first.count("GetParameterNames") > 5  # what it has is looked for
        assert later == [["GetParameterNames", *["SetParameterValues"] * (len(later[0]) - 1)]] * 2
