"""Notifications sent by hand to a real receiver on UDP: what they mean, and what is refused."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyasn1.codec.ber import decoder
from pysnmp.proto.api import v2c

from collectors.traps.filtering import Copies, Limit
from collectors.traps.meaning import Dialect, dialect, observe
from collectors.traps.notification import NotANotificationError, Notification, Refusal, decode
from collectors.traps.sources import Sources
from domain.events import EventKind, EventObservation, EventScope
from tests.collectors.traps_kit import (
    GOLDEN,
    GOLDEN_PON,
    IF_INDEX,
    LINK_DOWN,
    LINK_UP,
    NOW,
    ONT_INDEX,
    message,
    olt,
    receiving,
    speaker,
    until,
    version_1,
)


def event_of(datagram: bytes, vendor: str = "nokia_isam") -> EventObservation:
    return observe(decode(datagram), "OLT-TEST", dialect(vendor), NOW)


# What a notification means


def test_a_link_down_of_an_ont_names_the_ont_and_its_pon_port() -> None:
    event = event_of(message())
    assert (event.kind, event.scope, event.ont, event.pon) == (
        EventKind.ONT_DOWN,
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
        assert dialect(stranger).tell(IF_INDEX, 1) is None


SNMP_SMARTAX, SNMP_ZTE = (1, 3, 6, 1, 4, 1, 2011, 6, 128, 1, 1, 2), (1, 3, 6, 1, 4, 1, 3902)
SNMP_FIBERHOME, SNMP_ISAM = (1, 3, 6, 1, 4, 1, 5875, 800, 3), (1, 3, 6, 1, 4, 1, 637, 61, 1, 35)
SMARTAX_PON, OWN_TRAP = 0xFA000000 + 5 * 0x2000 + 0x100, (1, 3, 6, 1, 4, 1, 9999, 0, 1)
ISAM_ALARMS = (*SNMP_ISAM, 10, 4, 1, 2, ONT_INDEX)
SMARTAX_STATE, SMARTAX_CAUSE = (*SNMP_SMARTAX, 46, 1, 15, SMARTAX_PON, 3), (*SNMP_SMARTAX, 46, 1, 24, SMARTAX_PON, 3)
ZTE_1082 = (*SNMP_ZTE, 1082, 500, 10, 2, 3, 8, 1, 4, 0x11010203, 7)
ZTE_1012 = (*SNMP_ZTE, 1012, 3, 28, 2, 1, 4, 0x10020300, 7)
FIBERHOME_ONU = (*SNMP_FIBERHOME, 10, 1, 1, 11, 1 << 25 | 1 << 19 | 4 << 8)
SMARTAX_ONT, ZTE_ONT, FIBERHOME_ONT = "ONT-0-0-5-1-3", "ONT-1-1-2-3-7", "ONT-1-1-1-1-4"


@pytest.mark.parametrize(
    ("vendor", "trap", "oid", "value", "kind", "ont"),
    [
        ("nokia_isam", LINK_DOWN, ISAM_ALARMS, 1 | 1 << 17, EventKind.DYING_GASP, GOLDEN),
        ("nokia_isam", OWN_TRAP, ISAM_ALARMS, 1, EventKind.LOS, GOLDEN),
        ("nokia_isam", LINK_UP, ISAM_ALARMS, 1, EventKind.ONT_UP, GOLDEN),
        ("nokia_isam", OWN_TRAP, ISAM_ALARMS, 0, EventKind.OTHER, GOLDEN),
        ("huawei_smartax", OWN_TRAP, SMARTAX_STATE, 2, EventKind.ONT_DOWN, SMARTAX_ONT),
        ("huawei_smartax", OWN_TRAP, SMARTAX_STATE, -1, EventKind.OTHER, SMARTAX_ONT),
        ("huawei_smartax", LINK_DOWN, SMARTAX_CAUSE, 13, EventKind.DYING_GASP, SMARTAX_ONT),
        ("huawei_smartax", LINK_DOWN, SMARTAX_CAUSE, 2, EventKind.LOS, SMARTAX_ONT),
        # why it fell last says nothing of the present by itself
        ("huawei_smartax", OWN_TRAP, SMARTAX_CAUSE, 13, EventKind.OTHER, SMARTAX_ONT),
        ("huawei_smartax", LINK_DOWN, (*SNMP_SMARTAX, 21, 1, 19, SMARTAX_PON), 1, EventKind.LOS, None),
        ("zte_zxan", OWN_TRAP, ZTE_1082, 5, EventKind.DYING_GASP, ZTE_ONT),
        ("zte_zxan", OWN_TRAP, ZTE_1012, 1, EventKind.LOS, ZTE_ONT),
        ("zte_zxan", OWN_TRAP, ZTE_1012, 3, EventKind.ONT_UP, ZTE_ONT),
        ("fiberhome_an", OWN_TRAP, FIBERHOME_ONU, 2, EventKind.DYING_GASP, FIBERHOME_ONT),
        ("fiberhome_an", OWN_TRAP, FIBERHOME_ONU, 0, EventKind.ONT_DOWN, FIBERHOME_ONT),
        ("fiberhome_an", OWN_TRAP, (*SNMP_FIBERHOME, 9, 3, 4, 1, 5, 34078976), 0, EventKind.LINK_DOWN, None),
    ],
)
def test_a_status_column_of_the_vendor_tells_what_happened_and_to_whom(
    vendor: str, trap: tuple[int, ...], oid: tuple[int, ...], value: int, kind: EventKind, ont: Any
) -> None:
    interface = SMARTAX_PON if vendor == "huawei_smartax" else 0xFFFFFFFF
    event = event_of(message(trap=trap, ifindex=interface, signed=False, more=[(oid, v2c.Integer32(value))]), vendor)
    assert (event.kind, None if event.ont is None else str(event.ont)) == (kind, ont and str(ont))
    assert event.pon is not None


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
        sender.say(message(ifindex=ONT_INDEX + 512))
        await sink.reach(2)
        await until(lambda: receiver.counters.received == 4)
    assert (receiver.counters.copies, len(sink.events)) == (2, 2)


async def test_an_event_told_otherwise_is_observed_once_and_its_inform_acknowledged() -> None:
    async with receiving() as (receiver, sink), speaker(receiver.port) as sender:
        sender.say(message())
        await sink.reach(1)
        sender.say(message(v2c.InformRequestPDU, uptime=4300, request_id=12))  # the same, as an inform
        await sender.hear()
        sender.say(version_1(2))  # and as a trap of version 1
        await until(lambda: receiver.counters.received == 3)
    assert (len(sink.events), receiver.counters.repeats, receiver.counters.acknowledged) == (1, 2, 1)


async def test_an_ont_that_falls_again_is_news_however_soon() -> None:
    async with receiving() as (receiver, sink), speaker(receiver.port) as sender:
        for uptime, trap in ((100, LINK_DOWN), (200, LINK_UP), (300, LINK_DOWN), (310, LINK_DOWN)):
            sender.say(message(uptime=uptime, trap=trap))
        await until(lambda: receiver.counters.received == 4)
        await sink.reach(3)
    assert [event.kind for event in sink.events] == [EventKind.ONT_DOWN, EventKind.ONT_UP, EventKind.ONT_DOWN]
    assert receiver.counters.repeats == 1


async def test_what_is_said_again_after_the_window_of_the_clock_is_news() -> None:
    async with receiving() as (receiver, sink), speaker(receiver.port) as sender:
        sender.say(message(uptime=1))
        await sink.reach(1)
        receiver.clock.instant += timedelta(seconds=61)  # type: ignore[attr-defined]  # a clock that stands still
        sender.say(message(uptime=2))
        await sink.reach(2)
    assert sink.events[1].at - sink.events[0].at == timedelta(seconds=61)


async def test_an_inform_that_repeats_what_is_not_kept_yet_is_acknowledged_once_it_is() -> None:
    async with receiving(open_store=False) as (receiver, sink), speaker(receiver.port) as sender:
        sender.say(message())
        inform = message(v2c.InformRequestPDU, uptime=4300)
        sender.say(inform)
        await until(lambda: receiver.counters.repeats == 1)
        assert receiver.counters.acknowledged == 0
        sink.open.set()
        await sink.reach(1)
        await until(lambda: receiver.counters.accepted == 1)
        sender.say(inform)
        await sender.hear()
    assert (len(sink.events), receiver.counters.acknowledged) == (1, 1)


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
    printed = capsys.readouterr().err
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
        for place in range(8):
            sender.say(message(ifindex=ONT_INDEX + 512 * place))
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
