"""Notifications sent by the simulated OLT, and by hand, to a real receiver on UDP."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyasn1.codec.ber import decoder, encoder
from pysnmp.proto.api import v1, v2c

from collectors.traps.filtering import Copies, Limit
from collectors.traps.meaning import Dialect, dialect, observe
from collectors.traps.notification import NotANotificationError, Notification, Refusal, decode
from collectors.traps.receiver import TrapReceiver
from collectors.traps.ring import EventRing
from collectors.traps.sources import Sources
from domain.clock import FixedClock
from domain.events import EventKind, EventObservation, EventScope
from domain.identifiers import OntName
from domain.olt import OltTarget
from domain.secret import Secret
from simulators.snmp.traps import TrapSender
from tests.simulators.plant_kit import GOLDEN, GOLDEN_PON, Kit, demo_kit

NOW = datetime(2019, 5, 9, 8, 29, tzinfo=UTC)
LINK_DOWN = (1, 3, 6, 1, 6, 3, 1, 1, 5, 3)
IF_INDEX = (1, 3, 6, 1, 2, 1, 2, 2, 1, 1)
ONT_INDEX = 231285760  # ONT-1-1-5-10-19
UPTIME = (1, 3, 6, 1, 2, 1, 1, 3, 0)
TRAP_OID = (1, 3, 6, 1, 6, 3, 1, 1, 4, 1, 0)


def olt(name: str = "OLT-TEST", community: str = "public", vendor: str = "nokia_isam") -> OltTarget:
    return OltTarget("infra", name, vendor, "127.0.0.1", 161, Secret(community))


@dataclass
class Sink:
    """Keeps events; can be closed for a while."""

    events: list[EventObservation] = field(default_factory=list)
    failing: bool = False
    open: asyncio.Event = field(default_factory=asyncio.Event)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def observed(self, events: Sequence[EventObservation]) -> None:
        await self.open.wait()
        if self.failing:
            raise OSError("disk full")
        async with self.changed:
            self.events.extend(events)
            self.changed.notify_all()

    async def reach(self, count: int) -> None:
        async with asyncio.timeout(5), self.changed:
            await self.changed.wait_for(lambda: len(self.events) >= count)


@asynccontextmanager
async def receiving(*targets: OltTarget, open_store: bool = True) -> AsyncIterator[tuple[TrapReceiver, Sink]]:
    sources, sink = Sources(), Sink()
    if open_store:
        sink.open.set()
    await sources.use(targets or (olt(),))
    async with TrapReceiver(sources, sink, FixedClock(NOW)) as receiver:
        yield receiver, sink


@asynccontextmanager
async def speaker(port: int) -> AsyncIterator[Speaker]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.setblocking(False)
        sender.connect(("127.0.0.1", port))
        yield Speaker(sender)


@dataclass
class Speaker:
    socket: socket.socket

    def say(self, datagram: bytes) -> None:
        self.socket.send(datagram)

    async def hear(self) -> bytes:
        async with asyncio.timeout(5):
            return await asyncio.get_running_loop().sock_recv(self.socket, 65535)


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - counters, which nobody waits for
            await asyncio.sleep(0)


def message(
    pdu_class: Any = v2c.SNMPv2TrapPDU,
    *,
    uptime: int = 4242,
    trap: tuple[int, ...] = LINK_DOWN,
    ifindex: int = ONT_INDEX,
    request_id: int = 7,
    community: str = "public",
    more: Sequence[tuple[Any, Any]] = (),
    signed: bool = True,
) -> bytes:
    pdu = pdu_class()
    v2c.apiPDU.set_defaults(pdu)
    v2c.apiPDU.set_request_id(pdu, request_id)
    variables = [
        (UPTIME, v2c.TimeTicks(uptime)),
        (TRAP_OID, v2c.ObjectIdentifier(trap)),
        ((*IF_INDEX, ifindex), v2c.Integer32(ifindex) if signed else v2c.Gauge32(ifindex)),
        *more,
    ]
    v2c.apiPDU.set_varbinds(pdu, variables)
    whole = v2c.Message()
    v2c.apiMessage.set_defaults(whole)
    v2c.apiMessage.set_community(whole, community)
    v2c.apiMessage.set_pdu(whole, pdu)
    return bytes(encoder.encode(whole))


def version_1(generic: int, specific: int = 0, ifindex: int = ONT_INDEX) -> bytes:
    pdu = v1.TrapPDU()
    v1.apiTrapPDU.set_defaults(pdu)
    v1.apiTrapPDU.set_enterprise(pdu, (1, 3, 6, 1, 4, 1, 637, 61, 1))
    v1.apiTrapPDU.set_agent_address(pdu, "192.0.2.7")
    v1.apiTrapPDU.set_generic_trap(pdu, generic)
    v1.apiTrapPDU.set_specific_trap(pdu, specific)
    v1.apiTrapPDU.set_timestamp(pdu, 99)
    v1.apiTrapPDU.set_varbinds(pdu, [((*IF_INDEX, ifindex), v1.Integer(ifindex))])
    whole = v1.Message()
    v1.apiMessage.set_defaults(whole)
    v1.apiMessage.set_community(whole, "public")
    v1.apiMessage.set_pdu(whole, pdu)
    return bytes(encoder.encode(whole))


def event_of(datagram: bytes, vendor: str = "nokia_isam") -> EventObservation:
    return observe(decode(datagram), "OLT-TEST", dialect(vendor), NOW)


# What a notification means


def test_a_link_down_of_an_ont_names_the_ont_and_its_pon_port() -> None:
    event = event_of(message())
    assert (event.kind, event.scope, event.ont, event.pon) == (
        EventKind.LINK_DOWN,
        EventScope.ONT,
        GOLDEN,
        GOLDEN_PON,
    )
    assert event.variables == ((".".join(map(str, (*IF_INDEX, ONT_INDEX))), str(ONT_INDEX)),)
    assert str(event.source) == "snmp:trap 1.3.6.1.6.3.1.1.5.3"


@pytest.mark.parametrize(
    ("ifindex", "scope"),
    [
        (229179392, EventScope.PON),
        (229179392 | 0x2000, EventScope.PON),
        (201925664, EventScope.UNI),
        (1, EventScope.INTERFACE),
        (0xFFFFFFFF, EventScope.INTERFACE),
    ],
)
def test_rows_of_other_levels_are_placed_or_stay_an_interface(ifindex: int, scope: EventScope) -> None:
    event = event_of(message(ifindex=ifindex, signed=ifindex < 1 << 31))
    assert event.scope is scope
    if scope in {EventScope.PON, EventScope.UNI}:
        assert event.pon == GOLDEN_PON


def test_a_notification_that_is_not_declared_is_kept_with_its_variables() -> None:
    own = (1, 3, 6, 1, 4, 1, 637, 61, 9, 9, 0, 1)
    event = event_of(message(trap=own, more=[((1, 3, 6, 1, 4, 1, 637, 1), v2c.OctetString("LOS"))]))
    assert (event.kind, event.scope) == (EventKind.OTHER, EventScope.ONT)
    assert ("1.3.6.1.4.1.637.1", "LOS") in event.variables


def test_another_vendor_without_declared_rows_gives_an_event_of_an_interface() -> None:
    event = observe(decode(message()), "OLT-2", Dialect(), NOW)
    assert (event.scope, event.ont) == (EventScope.INTERFACE, None)
    for stranger in ("no_such_vendor", "", "a.b"):
        assert dialect(stranger).kinds == Dialect().kinds


def test_a_cold_start_is_of_the_whole_olt() -> None:
    event = observe(decode(version_1(0)), "OLT-TEST", dialect("nokia_isam"), NOW)
    assert event.kind is EventKind.COLD_START


@pytest.mark.parametrize(
    ("generic", "specific", "trap"),
    [(2, 0, LINK_DOWN), (6, 12, (1, 3, 6, 1, 4, 1, 637, 61, 1, 0, 12))],
)
def test_a_version_1_trap_gets_the_identifier_of_rfc_3584(generic: int, specific: int, trap: tuple[int, ...]) -> None:
    read = decode(version_1(generic, specific))
    assert (read.trap, read.uptime_ticks, read.acknowledgement) == (trap, 99, None)
    assert [varbind.value for varbind in read.varbinds] == [ONT_INDEX]


def test_a_credential_among_the_variables_is_dropped_and_none_is_shown() -> None:
    secret = ((1, 3, 6, 1, 6, 3, 18, 1, 4, 0), v2c.OctetString("s3cr3t-community"))
    read = decode(message(v2c.InformRequestPDU, community="s3cr3t-community", more=[secret]))
    assert "s3cr3t-community" not in repr(read) + repr(observe(read, "O", dialect("nokia_isam"), NOW))


def test_an_encoding_that_only_the_complete_decoder_knows_is_read() -> None:
    uptime = b"\x30\x10\x06\x08\x2b\x06\x01\x02\x01\x01\x03\x00\x43\x04\x00\x00\x10\x92"
    name = b"\x06\x0a\x2b\x06\x01\x06\x03\x01\x01\x04\x01\x00"
    trap = b"\x06\x09\x2b\x06\x01\x06\x03\x01\x01\x05\x03"
    # A length in 6 octets is valid BER, and beyond the strict codec.
    odd = b"\x30\x0a\x06\x03\x2b\x06\x01\x44\x03\x9f\x78\x00"
    variables = uptime + b"\x30" + bytes((len(name) + len(trap),)) + name + trap + odd
    pdu = b"\x02\x01\x07" + b"\x02\x01\x00" * 2 + b"\x30\x85\x00\x00\x00\x00" + bytes((len(variables),)) + variables
    body = b"\x02\x01\x01\x04\x06public\xa7" + bytes((len(pdu),)) + pdu
    read = decode(b"\x30" + bytes((len(body),)) + body)
    assert (read.trap, read.uptime_ticks) == (LINK_DOWN, 4242)


@pytest.mark.parametrize(
    ("datagram", "why"),
    [
        (b"", Refusal.MALFORMED),
        (b"\x30\x03\x02\x01\x03", Refusal.VERSION),
        (message(v2c.GetRequestPDU), Refusal.NOT_A_NOTIFICATION),
        (message()[:-1], Refusal.MALFORMED),
        (message() + b"\x00", Refusal.MALFORMED),
    ],
)
def test_other_messages_are_refused_with_a_reason(datagram: bytes, why: Refusal) -> None:
    with pytest.raises(NotANotificationError) as refused:
        decode(datagram)
    assert refused.value.why is why


@given(st.binary(max_size=80), st.integers(0, 90), st.sampled_from([message(), version_1(2)]))
def test_no_datagram_breaks_the_decoder(noise: bytes, at: int, base: bytes) -> None:
    for datagram in (noise, base[:at] + noise, base[:at] + noise + base[at + len(noise) :]):
        try:
            read = decode(datagram)
        except NotANotificationError:
            continue
        assert isinstance(read, Notification)


# The receiver


async def test_a_trap_becomes_an_observation() -> None:
    async with receiving() as (receiver, sink), speaker(receiver.port) as sender:
        sender.say(message())
        await sink.reach(1)
    assert sink.events[0].ont == GOLDEN
    assert sink.events[0].at == NOW


async def test_copies_are_observed_once_and_news_each_time() -> None:
    async with receiving() as (receiver, sink), speaker(receiver.port) as sender:
        for request_id in (7, 7, 8):  # the same words, repeated and sent again
            sender.say(message(request_id=request_id))
        sender.say(message(uptime=5000))
        await sink.reach(2)
        await until(lambda: receiver.counters.received == 4)
    assert (receiver.counters.copies, len(sink.events)) == (2, 2)


async def test_an_inform_is_acknowledged_only_once_the_store_has_it() -> None:
    async with receiving(open_store=False) as (receiver, sink), speaker(receiver.port) as sender:
        inform = message(v2c.InformRequestPDU, request_id=99)
        sender.say(inform)
        sender.say(inform)
        await until(lambda: receiver.counters.received == 2)
        assert receiver.counters.acknowledged == 0
        sink.open.set()
        answer, _ = decoder.decode(await sender.hear(), asn1Spec=v2c.Message())
        pdu = v2c.apiMessage.get_pdu(answer)
        assert pdu.tagSet == v2c.ResponsePDU.tagSet
        assert (int(v2c.apiPDU.get_request_id(pdu)), int(v2c.apiPDU.get_error_status(pdu))) == (99, 0)
        sender.say(inform)  # its acknowledgement was lost on the way
        await sender.hear()
    assert (len(sink.events), receiver.counters.acknowledged) == (1, 2)


async def test_an_inform_that_the_store_refused_is_taken_when_it_comes_again() -> None:
    async with receiving() as (receiver, sink), speaker(receiver.port) as sender:
        inform = message(v2c.InformRequestPDU)
        sink.failing = True
        sender.say(inform)
        await until(lambda: receiver.counters.failed == 1)
        assert receiver.counters.acknowledged == 0
        sink.failing = False
        sender.say(inform)
        await sender.hear()
    assert len(sink.events) == 1


async def test_strangers_wrong_communities_and_nonsense_are_dropped_and_counted(capsys) -> None:
    async with receiving(olt(community="right")) as (receiver, sink), speaker(receiver.port) as sender:
        sender.say(message(community="wrong"))
        sender.say(b"\x30\x03\x02\x01\x03")
        sender.say(b"nonsense")
        sender.say(b"nonsense again")
        await until(lambda: receiver.counters.received == 4)
        counted = receiver.counters
        assert (counted.wrong_community, counted.other_version, counted.malformed) == (1, 1, 2)
        await receiver.sources.use([])
        sender.say(message(community="right"))
        await until(lambda: counted.unknown_source == 1)
    assert sink.events == []
    printed = capsys.readouterr().out
    assert printed.count("malformed") == 1  # each kind of refusal of a source is logged once
    assert "wrong community" in printed


async def test_two_olts_behind_one_address_are_told_apart_by_their_communities() -> None:
    async with receiving(olt("A", "a"), olt("B", "b")) as (receiver, sink), speaker(receiver.port) as sender:
        sender.say(message(community="b"))
        await sink.reach(1)
    assert sink.events[0].olt == "B"
    sources = Sources()
    await sources.use([olt("A", "same"), olt("B", "same")])
    assert sources.find("127.0.0.1", "same") is None  # nobody guesses which


async def test_a_source_that_shouts_is_limited_and_others_are_heard() -> None:
    async with receiving() as (receiver, sink), speaker(receiver.port) as sender:
        receiver._limits["127.0.0.1"] = Limit(rate_s=0.0, burst=3)
        for uptime in range(1, 9):
            sender.say(message(uptime=uptime))
        await until(lambda: receiver.counters.received == 8)
        await sink.reach(3)
    assert (receiver.counters.limited, len(sink.events)) == (5, 3)


def test_a_limit_refills_with_time() -> None:
    limit = Limit(rate_s=2.0, burst=2)
    assert [limit.allows(0.0), limit.allows(0.0), limit.allows(0.0)] == [True, True, False]
    assert [limit.allows(0.5), limit.allows(0.5)] == [True, False]


def test_a_copy_that_comes_after_the_window_is_news() -> None:
    copies = Copies(window_s=60)
    assert [copies.first(b"a", 0.0), copies.first(b"a", 59.0), copies.first(b"a", 61.0)] == [True, False, True]


# The ring


async def test_the_ring_keeps_the_last_events_and_tells_its_listeners() -> None:
    ring, heard = EventRing(size=2), []
    stop = ring.subscribe(heard.append)
    ring.subscribe(lambda _: 1 / 0)  # a listener that fails costs nobody else
    events = [event_of(message(uptime=n)) for n in (1, 2, 3)]
    await ring.observed(events)
    stop()
    await ring.observed(events[:1])
    assert len(heard) == 3
    assert len(ring.since("OLT-TEST", NOW)) == 2


async def test_the_ring_answers_what_concerns_an_ont_a_port_or_the_olt() -> None:
    ring = EventRing()
    pon, other = event_of(message(ifindex=229179392)), event_of(message(ifindex=ONT_INDEX + 512))
    start = event_of(version_1(0, ifindex=1))
    await ring.observed([event_of(message()), pon, other, start])
    mine = ring.since("OLT-TEST", NOW, ont=GOLDEN)
    assert [event.scope for event in mine] == [EventScope.ONT, EventScope.PON, EventScope.INTERFACE]
    assert len(ring.since("OLT-TEST", NOW, pon=GOLDEN_PON)) == 4
    assert other.ont == OntName.parse("ONT-1-1-5-10-20")
    assert ring.since("another", NOW) == []


# The simulated OLT


@asynccontextmanager
async def told(kit: Kit, **how: Any) -> AsyncIterator[tuple[TrapSender, TrapReceiver, Sink]]:
    async with (
        receiving() as (receiver, sink),
        TrapSender(kit.plant, [("127.0.0.1", receiver.port)], "public", **how) as sender,
    ):
        yield sender, receiver, sink


async def test_a_cut_of_the_feeder_is_told_once_a_row_and_its_repair_too() -> None:
    kit = demo_kit()
    onts = sum(1 for ont in kit.plant.state.onts.values() if ont.name.pon_name == GOLDEN_PON and ont.oper_up)
    async with told(kit, copies=2) as (sender, receiver, sink):
        kit.plant.fault("feeder-cut", str(GOLDEN_PON))
        await sink.reach(onts + 1)
        assert {event.kind for event in sink.events} == {EventKind.LINK_DOWN}
        assert {event.pon for event in sink.events} == {GOLDEN_PON}
        assert GOLDEN in {event.ont for event in sink.events}
        kit.plant.repair("all")
        await sink.reach(2 * (onts + 1))
        await until(lambda: receiver.counters.received == sender.stats.datagrams)
    assert receiver.counters.copies == 2 * (onts + 1)
    assert {event.kind for event in sink.events[onts + 1 :]} == {EventKind.LINK_UP}


async def test_informs_of_the_plant_are_acknowledged() -> None:
    kit = demo_kit()
    async with told(kit, informs=True) as (sender, _, sink):
        kit.plant.fault("drop-cut", str(GOLDEN))
        await sink.reach(1)
        await until(lambda: sender.stats.acknowledged == 1)
    assert [(event.kind, event.ont) for event in sink.events] == [(EventKind.LINK_DOWN, GOLDEN)]


async def test_what_was_wrong_before_and_what_happens_to_an_olt_cut_off_is_not_told() -> None:
    kit = demo_kit()
    kit.plant.fault("drop-cut", str(GOLDEN))
    async with told(kit) as (sender, _, sink):
        kit.plant.fault("olt-unreachable")
        kit.plant.repair("1")
        assert sender.check() == 0
        kit.plant.repair("all")
        assert sender.check() == 0
    assert (sink.events, sender.stats.notifications) == ([], 0)
