"""Live reads of a box through the embedded ACS, over real HTTP."""

from __future__ import annotations

import asyncio
import socket
import time

import pytest

from domain.box import ConnectionRequest, KnownBox
from domain.identifiers import Id1, MacAddress
from domain.metrics import box as m
from domain.reading import Reason
from domain.secret import Secret
from domain.snapshot import Outcome
from domain.states import Oper, PppStatus, Reach
from tests.collectors.boxes_support import DEVICE, IGD, KEY, NOW, PPP, TREE_098, Box, World, until, world


async def _first_contact(here: World, box: Box) -> KnownBox:
    assert (await box.session("0 BOOTSTRAP", "1 BOOT"))[-1] == 204
    box.rpcs.clear()
    return here.known()


async def test_a_box_that_never_informed_is_never_seen_and_nothing_is_sent() -> None:
    async with world() as here:
        outcome = await here.app.gateway.read(here.known(), 1)
    assert outcome.readings[m.BOX_REACH].reason is Reason.NEVER_SEEN
    assert outcome.readings[m.BOX_FIRMWARE].reason is Reason.NEVER_SEEN
    assert outcome.sources[0].outcome is Outcome.FAILED
    assert here.app.stats.calls == 0


async def test_a_live_read_brings_every_value_of_the_vocabulary() -> None:
    async with world() as here, here.box().listening() as box:
        known = await _first_contact(here, box)
        outcome = await here.app.gateway.read(known, 3)
    r = outcome.readings
    assert r.value(m.BOX_REACH) is Reach.ANSWERED
    assert r.value(m.BOX_FIRMWARE) == "9.29.65_F5350_Box"
    assert r.value(m.BOX_MAC) == MacAddress("D8D775557E90")
    assert r.value(m.BOX_PPP_STATUS) is PppStatus.CONNECTED
    assert r.value(m.BOX_PPP_LAST_ERROR) == "ERROR_NONE"
    assert r.value(m.BOX_WAN_IP) == "203.0.113.10"
    assert r.value(m.BOX_WAN_LINK) is Oper.UP
    assert r.value(m.BOX_UPTIME_S) == 1234
    assert r.value(m.BOX_INFORM_INTERVAL_S) == 3600
    assert r.value(m.BOX_MODEL) == "F@ST 5350"
    assert r.value(m.BOX_LAST_INFORM) == NOW
    assert outcome.sources[0].outcome is Outcome.OK
    assert box.rpcs == ["GetParameterValues"]  # the names are known by now
    assert here.app.stats.open_sessions == 0


async def test_readers_of_one_box_share_one_call_and_one_session() -> None:
    async with world() as here, here.box().listening() as box:
        known = await _first_contact(here, box)
        outcomes = await asyncio.gather(*(here.app.gateway.read(known, 3) for _ in range(5)))
        await asyncio.gather(*box.tasks)
    assert {o.readings.value(m.BOX_REACH) for o in outcomes} == {Reach.ANSWERED}
    assert box.calls == 1
    assert box.rpcs == ["GetParameterValues"]


async def test_a_closed_port_is_refused_at_once() -> None:
    async with world() as here:
        async with here.box().listening() as box:
            known = await _first_contact(here, box)
        outcome = await here.app.gateway.read(known, 5)
    assert outcome.readings.value(m.BOX_REACH) is Reach.REFUSED
    assert outcome.readings[m.BOX_FIRMWARE].reason is Reason.UNREACHABLE
    assert outcome.sources[0].elapsed_ms < 1000


async def test_a_box_that_says_nothing_is_silent_at_the_deadline() -> None:
    async with world() as here, here.box(answers_calls=False).listening() as box:
        known = await _first_contact(here, box)
        started = time.monotonic()
        outcome = await here.app.gateway.read(known, 0.2)
        assert 0.15 < time.monotonic() - started < 1.0
    assert outcome.readings.value(m.BOX_REACH) is Reach.SILENT
    assert outcome.readings[m.BOX_PPP_STATUS].reason is Reason.TIMEOUT
    assert not here.app._desk.flights


async def test_a_box_that_informs_but_dies_before_its_values_has_answered() -> None:
    async with world() as here, here.box().listening() as box:
        known = await _first_contact(here, box)
        box.only_inform = True
        outcome = await here.app.gateway.read(known, 0.3)
    assert outcome.readings.value(m.BOX_REACH) is Reach.ANSWERED
    assert outcome.readings.value(m.BOX_FIRMWARE) == "9.29.65_F5350_Box"  # its Inform carries it
    assert outcome.readings[m.BOX_PPP_STATUS].reason is Reason.TIMEOUT
    assert outcome.sources[0].outcome is Outcome.PARTIAL


async def test_wrong_credentials_are_refused_and_set_again_at_the_next_inform() -> None:
    async with world() as here, here.box().listening() as box:
        known = await _first_contact(here, box)
        box.tree[IGD + "ManagementServer.ConnectionRequestPassword"] = "reset by hand"
        refused = await here.app.gateway.read(known, 3)
        await box.session("2 PERIODIC")
        again = await here.app.gateway.read(known, 3)
        await asyncio.gather(*box.tasks)
    assert refused.readings.value(m.BOX_REACH) is Reach.REFUSED
    assert again.readings.value(m.BOX_REACH) is Reach.ANSWERED


async def test_a_dropped_connection_is_tried_once_more() -> None:
    async with world() as here, here.box(dropped_calls=1).listening() as box:
        known = await _first_contact(here, box)
        outcome = await here.app.gateway.read(known, 3)
        assert outcome.readings.value(m.BOX_REACH) is Reach.ANSWERED
        box.dropped_calls = 2
        assert (await here.app.gateway.read(known, 3)).readings.value(m.BOX_REACH) is Reach.REFUSED


@pytest.mark.parametrize("status", [301, 404, 503])
async def test_another_status_is_a_refusal_and_no_redirect_is_followed(status: int) -> None:
    async with world() as here, here.box(calls_answer=status).listening() as box:
        known = await _first_contact(here, box)
        outcome = await here.app.gateway.read(known, 3)
    assert outcome.readings.value(m.BOX_REACH) is Reach.REFUSED
    assert box.calls == 0


@pytest.mark.parametrize(
    "url",
    [
        "http://192.0.2.1/x",
        "http://169.254.169.254/latest/meta-data",
        "https://127.0.0.1/x",
        "http://user:pw@127.0.0.1/x",
        "http://localhost/x",
        "http://[::ffff:192.0.2.1]/x",
        "file:///etc/passwd",
        "http://2130706433/",
        "not a url at all",
        "http://127.0.0.1:notaport/",
    ],
)
async def test_a_url_outside_the_allowed_networks_is_never_called(url: str) -> None:
    async with world() as here:
        box = KnownBox("OPER", Id1("F00000015"), DEVICE, ConnectionRequest(url, "", Secret("")))
        outcome = await here.app.gateway.read(box, 1)
    assert outcome.readings[m.BOX_REACH].value is None
    assert outcome.readings[m.BOX_REACH].reason is Reason.NOT_READ


async def test_a_periodic_session_serves_a_reader_who_waits() -> None:
    async with world() as here, here.box(answers_calls=False).listening() as box:
        known = await _first_contact(here, box)
        reading = asyncio.create_task(here.app.gateway.read(known, 3))
        await until(lambda: here.app._desk.waiting(DEVICE))
        await box.session("2 PERIODIC")
        outcome = await reading
    assert outcome.readings.value(m.BOX_FIRMWARE) == "9.29.65_F5350_Box"


async def test_closing_the_acs_wakes_the_readers() -> None:
    async with world() as here, here.box(answers_calls=False).listening() as box:
        known = await _first_contact(here, box)
        reading = asyncio.create_task(here.app.gateway.read(known, 30))
        await until(lambda: here.app._desk.waiting(DEVICE))
        await here.app.gateway.close()
        outcome = await asyncio.wait_for(reading, 2)
        later = await here.app.gateway.read(known, 30)
    for found in (outcome, later):
        assert found.readings[m.BOX_REACH].reason is Reason.NOT_READ  # our own fault is not the box's silence


async def test_a_name_the_box_lost_is_discovered_again() -> None:
    async with world() as here, here.box().listening() as box:
        known = await _first_contact(here, box)
        del box.tree[PPP + "MACAddress"]  # the same firmware, another configuration
        box.tree[IGD + "LANDevice.1.LANEthernetInterfaceConfig.2.MACAddress"] = "D8-D7-75-55-7E-91"
        outcome = await here.app.gateway.read(known, 3)
    assert outcome.readings.value(m.BOX_MAC) == MacAddress("D8D775557E91")
    assert outcome.readings.value(m.BOX_PPP_STATUS) is PppStatus.CONNECTED


async def test_a_box_without_get_parameter_names_is_read_by_halving() -> None:
    async with world() as here, here.box(discoverable=False).listening() as box:
        del box.tree[IGD + "DeviceInfo.ProductClass"]
        known = await _first_contact(here, box)
        assert any(len(names) == 1 for names in box.asked)  # halved down to the missing name
        outcome = await here.app.gateway.read(known, 3)
    assert outcome.readings.value(m.BOX_PPP_STATUS) is PppStatus.CONNECTED
    assert outcome.readings.value(m.BOX_MODEL) == "F@ST 5350"
    assert box.rpcs == ["GetParameterValues"]


async def test_a_box_that_gives_nothing_for_a_missing_name_is_read_all_the_same() -> None:
    async with world() as here, here.box(missing_fault=None).listening() as box:
        known = await _first_contact(here, box)
        del box.tree[IGD + "DeviceInfo.UpTime"]
        outcome = await here.app.gateway.read(known, 3)
    assert outcome.readings[m.BOX_UPTIME_S].reason is Reason.NO_READING
    assert outcome.readings.value(m.BOX_FIRMWARE) == "9.29.65_F5350_Box"


async def test_a_box_that_answers_no_request_ends_its_session_and_says_error() -> None:
    async with world() as here, here.box().listening() as box:
        known = await _first_contact(here, box)
        box.dead_turns = 100
        outcome = await here.app.gateway.read(known, 3)
        await asyncio.gather(*box.tasks)
    assert outcome.readings[m.BOX_PPP_STATUS].reason is Reason.ERROR
    assert len(box.rpcs) < 10
    assert here.app.stats.open_sessions == 0


async def test_values_that_make_no_sense_are_malformed_and_the_others_are_kept() -> None:
    tree = TREE_098 | {IGD + "DeviceInfo.UpTime": "12 days", PPP + "MACAddress": "zz:zz", PPP + "Enable": "True"}
    async with world() as here, here.box(tree=tree).listening() as box:
        known = await _first_contact(here, box)
        outcome = await here.app.gateway.read(known, 3)
    assert outcome.readings[m.BOX_UPTIME_S].reason is Reason.MALFORMED
    assert outcome.readings[m.BOX_UPTIME_S].raw == "12 days"
    assert outcome.readings[m.BOX_MAC].reason is Reason.MALFORMED
    assert outcome.readings.value(m.BOX_PPP_STATUS) is PppStatus.CONNECTED
    assert outcome.sources[0].outcome is Outcome.PARTIAL


async def test_the_credentials_are_those_derived_from_the_key_and_never_in_the_logs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async with world() as here, here.box().listening() as box:
        await _first_contact(here, box)
        username, password = here.app.credentials.of(DEVICE)
        box.tree[IGD + "ManagementServer.ConnectionRequestPassword"] = "other"
        await here.app.gateway.read(here.known(), 3)
    assert box.tree[IGD + "ManagementServer.ConnectionRequestUsername"] == username == str(DEVICE)
    assert len(password.reveal()) == 32
    captured = capsys.readouterr()
    assert password.reveal() not in captured.out + captured.err
    assert KEY.reveal() not in captured.out + captured.err


async def test_a_stored_user_name_and_password_win_over_the_derived_ones() -> None:
    async with world() as here, here.box().listening() as box:
        box.tree[IGD + "ManagementServer.ConnectionRequestUsername"] = "inventory"
        box.tree[IGD + "ManagementServer.ConnectionRequestPassword"] = "of the shop"
        connection = ConnectionRequest(box.url, "inventory", Secret("of the shop"))
        known = KnownBox("OPER", Id1("F00000015"), DEVICE, connection)
        here.store.boxes[DEVICE] = known
        outcome = await here.app.gateway.read(known, 3)
        await asyncio.gather(*box.tasks)
    assert outcome.readings.value(m.BOX_REACH) is Reach.ANSWERED


async def test_answers_are_not_delayed_by_the_kernel() -> None:
    """Without TCP_NODELAY each answer, written in two parts, waits 40 ms for an acknowledgement."""
    async with world() as here:
        _, writer = await asyncio.open_connection("127.0.0.1", here.port)
        await until(lambda: here.server.connections)
        (connection,) = here.server.connections
        accepted = connection.transport.get_extra_info("socket")
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        writer.close()
        await writer.wait_closed()
