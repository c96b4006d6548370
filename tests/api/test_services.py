"""The services apart from HTTP: what is stopped stops whole, what is followed ends, what is closed is out of use."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from api.bootstrap import running
from api.clock import WallTime
from api.events import ProgressBus
from api.services.diagnoses import DiagnosisService
from api.services.line_sources import Deadlines, Sources
from api.services.linetest import LineTest
from api.services.ruleset import load_ruleset
from api.settings import Settings
from api.wiring import collection
from collectors.register import Site
from domain.access import Access, Place, TestName
from domain.clock import FixedClock
from domain.errors import ConflictError
from domain.identifiers import DiagnosisNumber, Id1, OntName
from domain.olt import OltTarget
from domain.principal import Principal, Right
from domain.secret import Secret
from storage.diagnosis_record import DiagnosisRecord, DiagnosisState
from storage.operators import Operator

NOW = datetime(2019, 5, 9, 8, 29, tzinfo=UTC)
ONT = OntName.parse("ONT-1-1-5-10-19")
WHO = Principal("OP", "agent.un", frozenset(Right))
ACCESS = Access("OP", Id1("F00000001"), None, "Essai", "FTTHMB1P", Place("OLT-1", ONT))
OLT = OltTarget("OP", "OLT-1", "nokia_isam", "127.0.0.1", 9, Secret("a community"))


class Hanging:
    """A driver whose reads never end; it writes down when they are cut and when it is closed."""

    vendor = "nokia_isam"

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.log: list[str] = []

    async def walk(self, _olt: OltTarget, _timeout_s: float, _without: object = ()) -> Any:
        return await self._hang("walk")

    async def read_ont(self, _olt: OltTarget, _ont: OntName, _timeout_s: float) -> Any:
        return await self._hang("ont")

    async def read_pon(self, _olt: OltTarget, _ont: OntName, _timeout_s: float) -> Any:
        return await self._hang("pon")

    async def close(self) -> None:
        self.log.append("closed")

    async def _hang(self, what: str) -> None:
        self.begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            self.log.append(f"{what} cut")


class Network:
    async def olt(self, _name: str) -> OltTarget:
        return OLT

    async def outside_of(self, _olt: str, _ont: OntName) -> dict[OntName, Any]:
        return {}


async def test_a_test_that_is_stopped_stops_its_reads() -> None:
    driver = Hanging()
    sources = Sources(Network(), lambda _: driver, None, None, None)  # type: ignore[arg-type, return-value]  # not used by DELC
    test = LineTest(sources, FixedClock(NOW), Deadlines(60))
    asked = asyncio.create_task(test.snapshot(ACCESS, TestName.DELC, lambda _: None))
    await driver.begun.wait()
    asked.cancel()
    await asyncio.gather(asked, return_exceptions=True)
    assert sorted(driver.log) == ["ont cut", "pon cut"]


class LostRecords:
    """Records in which nothing can be written any more: another process has ended the test."""

    async def create(self, *_: object) -> tuple[DiagnosisRecord, bool]:
        number = DiagnosisNumber("190509-1029-2879560")
        running_one = DiagnosisState.RUNNING
        return DiagnosisRecord("OP", number, ACCESS.id1, TestName.BOX, "X", "a", running_one, NOW, NOW, "0"), False

    async def finish(self, *_: object) -> None:
        raise ConflictError("diagnosis", "…", "it has ended already")

    async def fail(self, *_: object) -> None:
        raise ConflictError("diagnosis", "…", "it has ended already")


class Inventory:
    async def get(self, *_: object) -> Access:
        return Access("OP", ACCESS.id1, None, "Essai", "FTTHMB1P", None)


class NoBox:
    async def of_access(self, _access: Access) -> None:
        return None


async def test_whoever_follows_a_test_hears_its_end_even_when_it_cannot_be_recorded() -> None:
    bus = ProgressBus()
    sources = Sources(Network(), lambda _: Hanging(), NoBox(), None, None)  # type: ignore[arg-type, return-value]  # not used here
    service = DiagnosisService(
        accesses=Inventory(),  # type: ignore[arg-type]  # what is asked of it
        diagnoses=LostRecords(),  # type: ignore[arg-type]  # what is asked of it
        line_test=LineTest(sources, FixedClock(NOW), Deadlines(60)),
        ruleset=load_ruleset(),
        bus=bus,
        clock=FixedClock(NOW),
        max_running=1,
        code_version="0",
    )
    with bus.listen(DiagnosisNumber("190509-1029-2879560")) as steps:
        await service.ask(WHO, ACCESS.id1, TestName.BOX)
        async with asyncio.timeout(5):
            while not (await steps.get()).final:
                pass
    await service.close()


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> tuple[Hanging, list[Path | None]]:
    """The driver that the service will make, and the known hosts that it is given."""
    made, hosts = Hanging(), []

    def driver(_vendor: str, _clock: object, site: Site) -> Hanging:
        hosts.append(site.known_hosts)
        return made

    monkeypatch.setattr(collection, "driver", driver)
    return made, hosts


async def test_drivers_are_closed_after_what_reads_through_them(
    tmp_path: Path, opened: tuple[Hanging, list[Path | None]]
) -> None:
    made, _ = opened
    async with running(Settings.ephemeral(tmp_path), WallTime()) as service:
        await service.records.operators.put(Operator("OP", "OP", is_infrastructure=True))
        await service.inventory.put_olt(WHO, OLT)
        await made.begun.wait()
    assert made.log == ["walk cut", "closed"]


async def test_the_host_keys_of_the_settings_reach_the_drivers(
    tmp_path: Path, opened: tuple[Hanging, list[Path | None]]
) -> None:
    made, hosts = opened
    settings = Settings.ephemeral(tmp_path).model_copy(update={"known_hosts": tmp_path / "known_hosts"})
    async with running(settings, WallTime()) as service:
        await service.records.operators.put(Operator("OP", "OP", is_infrastructure=True))
        await service.inventory.put_olt(WHO, OLT)
        await made.begun.wait()
    assert hosts == [tmp_path / "known_hosts"]
