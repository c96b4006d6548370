"""Box collection where no other test tries it on the wire: Inform phases, scans, starts, big answers, calls."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from collectors.boxes.schedule import phase
from collectors.boxes.settings import AcsSettings
from domain import box_actions as act
from domain.box import boot_cause
from domain.box_actions import BoxOutcome, Diagnostic
from domain.box_tables import WifiNeighbour
from domain.metrics import box as m
from domain.metrics.box_tables import BOX_WIFI_NEIGHBOURS
from domain.states import BootCause
from simulators.plant.state import DataModel
from tests.collectors.boxes_support import IGD, Box, envelope, inform_xml, until, values_xml, world
from tests.collectors.test_boxes_every_rpc import box

EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("model", DataModel)
async def test_a_box_informs_at_the_instant_of_its_own_that_it_was_given(model: DataModel) -> None:
    async with box(model) as here:
        interval = timedelta(seconds=here.truth.periodic_inform_s)
        planned = here.site.fleet._cpe(here.ont).periodic_at
    assert planned is not None
    assert (planned - phase(here.known.device)) % interval == timedelta(0)


# Tests that the box runs


async def test_a_scan_lists_the_networks_around_the_box() -> None:
    async with box(DataModel.TR181) as here:
        here.site.plant.fault("wifi-weak", str(here.ont), busy_percent=65)
        result = await here.acted(act.Diagnose(Diagnostic.WIFI_SCAN))
        busy, channel = here.truth.wifi.channel_busy_percent, here.truth.wifi.channel
    found = result.readings.value(BOX_WIFI_NEIGHBOURS)
    assert result.done
    assert found is not None
    assert len(found) == min(1 + busy // 20, 5)  # rows that the box leaves empty are none
    assert all(isinstance(one, WifiNeighbour) and one.channel == channel and one.ssid and one.bssid for one in found)
    assert here.site.store.observations[-1].value(BOX_WIFI_NEIGHBOURS) == found


async def test_a_box_whose_model_has_no_scan_says_so() -> None:
    async with box(DataModel.TR098) as here:
        result = await here.acted(act.Diagnose(Diagnostic.WIFI_SCAN))
    assert (result.outcome, result.message) == (BoxOutcome.FAILED, "test non pris en charge par cette box")


@pytest.mark.parametrize("model", DataModel)
async def test_an_upload_gives_the_rate_towards_the_network(model: DataModel) -> None:
    async with box(model) as here:
        order = act.Diagnose(Diagnostic.UPLOAD, "http://192.0.2.80/up", size=20_000_000)
        result = await here.acted(order)
    assert result.readings.value(m.BOX_WIRED_UP_MBPS) == pytest.approx(912, rel=1e-4)
    assert result.readings.value(m.BOX_WIRED_MBPS) is None


# Starts


@pytest.mark.parametrize(
    ("events", "cause"),
    [
        (("0 BOOTSTRAP", "1 BOOT"), BootCause.FACTORY_RESET),
        (("1 BOOT", "M Reboot"), BootCause.ORDERED),
        (("1 BOOT", "7 TRANSFER COMPLETE", "M Download"), BootCause.FIRMWARE),
        (("1 BOOT",), BootCause.LOCAL),
        (("1 BOOT", "4 VALUE CHANGE"), BootCause.LOCAL),
        (("2 PERIODIC", "7 TRANSFER COMPLETE"), None),
        ((), None),
    ],
)
def test_the_events_of_an_inform_tell_why_a_box_started(events: tuple[str, ...], cause: BootCause | None) -> None:
    assert boot_cause(events) is cause


# Big answers, and calls that are refused


@pytest.mark.parametrize("model", DataModel)
async def test_the_whole_tree_of_a_box_is_read_at_once(model: DataModel) -> None:
    async with box(model) as here:
        found = await here.acted(act.GetValues((here.root,)))
    assert found.done
    assert len(found.values) > 140
    assert found.values[f"{here.root}DeviceInfo.SoftwareVersion"] == here.truth.firmware


@dataclass
class Verbose(Box):
    """A box with thousands of parameters, which sends its answers in chunks."""

    many: int = 5_000

    async def session(self, *events: str) -> list[int]:
        """One session; every body in chunks of 1,000 bytes."""
        body = envelope(inform_xml({self.root + "ManagementServer.ConnectionRequestURL": self.url}, *events))
        statuses = []
        async with httpx.AsyncClient(trust_env=False, timeout=10) as http:
            while True:
                answer = await http.post(self.acs_url, content=_chunks(body))
                statuses.append(answer.status_code)
                if answer.status_code != 200:
                    return statuses
                body = self.answer(answer.text)
                if "<cwmp:GetParameterValues>" in answer.text and "Verbose." in answer.text:
                    many = {f"{IGD}Verbose.{number}.Value": "é" * 20 for number in range(self.many)}
                    body = envelope(f"<c:GetParameterValuesResponse>{values_xml(many)}</c:GetParameterValuesResponse>")


async def _chunks(body: bytes):
    for start in range(0, len(body), 1_000):
        yield body[start : start + 1_000]


async def test_five_thousand_values_in_chunks_are_read_and_none_is_lost() -> None:
    async with world() as here, Verbose(here.url).listening() as verbose:
        await verbose.session("0 BOOTSTRAP")
        result = await here.app.actions.act(here.known(), act.GetValues((IGD + "Verbose.",)), "k1", 10)
    assert result.done
    assert len(result.values) == 5_000
    assert set(result.values.values()) == {"é" * 20}


@dataclass
class Busy(Box):
    """A box that refuses calls, and when it was called."""

    called: list[float] = field(default_factory=list)

    def _status(self, request: str) -> int:
        self.called.append(asyncio.get_running_loop().time())
        return 503


async def test_a_box_that_refuses_is_called_again_after_waits_that_double() -> None:
    settings = AcsSettings(call_retry_s=0.05, call_retry_cap_s=0.2)
    async with world(settings=settings) as here, Busy(here.url).listening() as busy:
        await busy.session("0 BOOTSTRAP")
        asked = asyncio.create_task(here.app.actions.act(here.known(), act.Reboot(), "k1", 10))
        await until(lambda: len(busy.called) == 6)
        asked.cancel()
        await asyncio.gather(asked, return_exceptions=True)
    waits = [later - earlier for earlier, later in zip(busy.called, busy.called[1:], strict=False)]
    for wait, least in zip(waits, (0.05, 0.1, 0.2, 0.2, 0.2), strict=True):
        assert wait >= least * 0.9
    assert "Reboot" not in busy.rpcs
