"""SNMPv3 traps and informs: Debian's snmptrap and snmpinform, and messages damaged on the way, to a real receiver."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from collectors.snmp import bulk_wire
from collectors.snmp.usm import wire
from collectors.traps.notification import decode_pdu
from collectors.traps.receiver import TrapReceiver
from collectors.traps.sources import Sources
from collectors.traps.usm_receive import LocalEngine, UsmReceiver, UsmRefusal, UsmRefusedError
from domain.clock import FixedClock
from domain.errors import InvalidValueError
from domain.events import EventKind
from domain.olt import OltTarget, SnmpAuth, SnmpPrivacy, SnmpUser
from domain.secret import Secret
from tests.collectors.traps_kit import GOLDEN, NOW, ONT_INDEX, Sink, until
from tests.services import require

WORDS, HIDDEN = "authentic-words", "private-words"
SENDER = "0x8000000001020304"
HERE = bytes.fromhex("800000000a0b0c0d")
ROW = ["1.3.6.1.6.3.1.1.5.3", f"1.3.6.1.2.1.2.2.1.1.{ONT_INDEX}", "i", str(ONT_INDEX)]
V2C = ["-v", "2c", "-c", "public"]


def user(level: str = "authPriv", auth: SnmpAuth = SnmpAuth.SHA1, password: str = WORDS) -> SnmpUser:
    if level == "noAuthNoPriv":
        return SnmpUser("olt")
    if level == "authNoPriv":
        return SnmpUser("olt", auth, Secret(password))
    return SnmpUser("olt", auth, Secret(password), SnmpPrivacy.AES128, Secret(HIDDEN))


def olt(who: SnmpUser | None, name: str = "OLT-TEST", community: str = "public") -> OltTarget:
    return OltTarget("infra", name, "nokia_isam", "127.0.0.1", 161, Secret(community), None, who)


def v3(
    level: str = "authPriv", auth: str = "SHA", password: str = WORDS, name: str = "olt", hidden: str = HIDDEN
) -> list[str]:
    words = ["-v", "3", "-u", name, "-l", level]
    words += ["-a", auth, "-A", password] if level != "noAuthNoPriv" else []
    return words + (["-x", "AES", "-X", hidden] if level == "authPriv" else [])


@asynccontextmanager
async def receiving(*olts: OltTarget, engine: bool = True) -> AsyncIterator[tuple[TrapReceiver, Sink]]:
    sources, sink = Sources(), Sink()
    sink.open.set()
    await sources.use(olts)
    own = LocalEngine(HERE, 3, asyncio.get_running_loop().time) if engine else None
    async with TrapReceiver(sources, sink, FixedClock(NOW), engine=own) as receiver:
        yield receiver, sink


async def say(folder: Path, program: str, words: list[str], port: int, *more: str) -> int:
    """Run Debian's snmptrap or snmpinform; its exit code."""
    require(program, available=shutil.which(program) is not None)
    environment = {**os.environ, "MIBS": "", "SNMP_PERSISTENT_DIR": str(folder), "SNMPCONFPATH": str(folder)}
    command = [program, "-r", "1", "-t", "2", *words, *more, f"127.0.0.1:{port}", "4242", *ROW]
    process = await asyncio.create_subprocess_exec(
        *command, env=environment, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        return await asyncio.wait_for(process.wait(), 20)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.mark.parametrize(
    ("program", "words", "who"),
    [
        ("snmptrap", V2C, None),
        ("snmpinform", V2C, None),
        ("snmptrap", [*v3(), "-e", SENDER], user()),
        ("snmpinform", v3(), user()),
        ("snmptrap", [*v3(auth="SHA-256"), "-e", SENDER], user(auth=SnmpAuth.SHA256)),
        ("snmpinform", v3(auth="SHA-512"), user(auth=SnmpAuth.SHA512)),
        ("snmptrap", [*v3("authNoPriv"), "-e", SENDER], user("authNoPriv")),
        ("snmpinform", v3("authNoPriv"), user("authNoPriv")),
        ("snmptrap", [*v3("noAuthNoPriv"), "-e", SENDER], user("noAuthNoPriv")),
        ("snmpinform", v3("noAuthNoPriv"), user("noAuthNoPriv")),
    ],
)
async def test_debians_programs_are_heard_and_their_informs_acknowledged(
    tmp_path: Path, program: str, words: list[str], who: SnmpUser | None
) -> None:
    async with receiving(olt(who)) as (receiver, sink):
        assert await say(tmp_path, program, words, receiver.port) == 0  # an inform without answer would be 1
        await sink.reach(1)
    assert [(event.kind, event.ont) for event in sink.events] == [(EventKind.ONT_DOWN, GOLDEN)]
    assert receiver.counters.acknowledged == (program == "snmpinform")


async def test_an_inform_that_the_store_refuses_is_not_acknowledged(tmp_path: Path) -> None:
    async with receiving(olt(user())) as (receiver, sink):
        sink.failing = True
        assert await say(tmp_path, "snmpinform", v3(), receiver.port) == 1
    assert (receiver.counters.acknowledged, sink.events) == (0, [])
    assert receiver.counters.failed >= 1


@pytest.mark.parametrize(
    ("program", "words", "counter"),
    [
        ("snmptrap", [*v3(password="other-words"), "-e", SENDER], "wrong_digest"),
        ("snmpinform", v3(password="other-words"), "wrong_digest"),
        ("snmptrap", [*v3(hidden="other-secrets"), "-e", SENDER], "undecipherable"),
        ("snmpinform", v3(hidden="other-secrets"), "undecipherable"),
        ("snmptrap", [*v3(name="stranger"), "-e", SENDER], "wrong_user"),
        ("snmpinform", v3(name="stranger"), "wrong_user"),
        ("snmptrap", [*v3("authNoPriv"), "-e", SENDER], "wrong_level"),
        ("snmptrap", [*v3("noAuthNoPriv"), "-e", SENDER], "wrong_level"),
        ("snmptrap", V2C, "wrong_community"),  # an OLT with a user is not heard over a version that proves nothing
    ],
)
async def test_what_does_not_prove_itself_is_dropped_and_counted(
    tmp_path: Path, program: str, words: list[str], counter: str
) -> None:
    async with receiving(olt(user())) as (receiver, sink):
        await say(tmp_path, program, words, receiver.port)
        await until(lambda: getattr(receiver.counters, counter) >= 1)
    assert (sink.events, receiver.counters.accepted, receiver.counters.acknowledged) == ([], 0, 0)


async def test_without_an_engine_of_its_own_it_takes_traps_and_no_informs(tmp_path: Path) -> None:
    async with receiving(olt(user()), engine=False) as (receiver, sink):
        assert await say(tmp_path, "snmpinform", v3(), receiver.port) == 1
        await say(tmp_path, "snmptrap", v3(), receiver.port, "-e", SENDER)
        await sink.reach(1)
    assert receiver.counters.other_version >= 1


async def test_two_olts_behind_one_address_are_told_apart_by_their_keys(tmp_path: Path) -> None:
    one, other = olt(user(), "A"), olt(user(password="other-words"), "B")
    async with receiving(one, other) as (receiver, sink):
        await say(tmp_path, "snmptrap", v3(password="other-words"), receiver.port, "-e", SENDER)
        await sink.reach(1)
        await receiver.sources.use([one, olt(user(), "C")])
        await say(tmp_path, "snmptrap", v3(), receiver.port, "-e", SENDER)
        await until(lambda: receiver.counters.wrong_user == 1)  # nobody guesses which
    assert [event.olt for event in sink.events] == ["B"]


# Messages recorded from Debian's programs, and played again or damaged


async def recorded(folder: Path, words: list[str], answer: Callable[[bytes], bytes | None] = lambda _: None) -> bytes:
    """The last datagram that a program sends; ``answer`` replies to each."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listener:
        listener.bind(("127.0.0.1", 0))
        listener.setblocking(False)
        loop = asyncio.get_running_loop()
        program = "snmpinform" if "-e" not in words else "snmptrap"
        run = asyncio.create_task(say(folder, program, words, listener.getsockname()[1]))
        while True:
            datagram, address = await asyncio.wait_for(loop.sock_recvfrom(listener, 65535), 10)
            reply = answer(datagram)
            if reply is None:
                break
            await loop.sock_sendto(listener, reply, address)
        run.cancel()
        await asyncio.wait([run])
        return datagram


class Seconds:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def informed(receiver: UsmReceiver, target: OltTarget) -> Callable[[bytes], bytes | None]:
    def answer(datagram: bytes) -> bytes | None:
        try:
            receiver.open(datagram, [target])
        except UsmRefusedError as refused:
            return refused.report
        return None

    return answer


def refusal(receiver: UsmReceiver, datagram: bytes, target: OltTarget) -> UsmRefusal:
    with pytest.raises(UsmRefusedError) as refused:
        receiver.open(datagram, [target])
    return refused.value.why


async def test_an_inform_out_of_the_time_window_is_refused_with_our_time_proved(tmp_path: Path) -> None:
    clock, target = Seconds(), olt(user())
    receiver = UsmReceiver(clock, LocalEngine(HERE, 3, clock))
    inform = await recorded(tmp_path, v3(), informed(receiver, target))
    opened = receiver.open(inform, [target])
    assert decode_pdu(opened.pdu, opened.answer).varbinds[0].value == ONT_INDEX
    clock.now += 151
    with pytest.raises(UsmRefusedError) as refused:
        receiver.open(inform, [target])
    assert refused.value.why is UsmRefusal.NOT_IN_TIME
    report = wire.read(refused.value.report or b"")
    assert (report.flags, report.boots, report.time_s, len(report.digest)) == (wire.AUTH, 3, 151, 12)
    again = UsmReceiver(clock, LocalEngine(HERE, 4, clock))  # started again: what was for the last start is too old
    assert refusal(again, inform, target) is UsmRefusal.NOT_IN_TIME


async def test_a_trap_that_is_played_again_is_a_copy_and_later_out_of_time(tmp_path: Path) -> None:
    clock, target = Seconds(), olt(user())
    receiver = UsmReceiver(clock)
    first = await recorded(tmp_path, [*v3(), "-e", SENDER, "-Z", "5,100"])
    receiver.open(first, [target])
    clock.now += 151
    assert refusal(receiver, first, target) is UsmRefusal.NOT_IN_TIME
    later = await recorded(tmp_path, [*v3(), "-e", SENDER, "-Z", "6,1"])  # its engine has booted again
    receiver.open(later, [target])
    assert refusal(receiver, first, target) is UsmRefusal.NOT_IN_TIME
    async with receiving(target) as (open_receiver, sink), _socket(open_receiver.port) as sender:
        for _ in range(2):
            sender.send(later)
        await until(lambda: open_receiver.counters.copies == 1)
        await sink.reach(1)
    assert len(sink.events) == 1


@pytest.mark.parametrize("level", ["authPriv", "authNoPriv"])
async def test_no_octet_of_a_proved_message_can_be_changed(tmp_path: Path, level: str) -> None:
    target = olt(user(level))
    receiver = UsmReceiver(Seconds())
    trap = await recorded(tmp_path, [*v3(level), "-e", SENDER])
    for at in range(len(trap)):
        changed = trap[:at] + bytes((trap[at] ^ 0x10,)) + trap[at + 1 :]
        with pytest.raises(Exception) as refused:  # noqa: PT011 - whatever is raised, nothing is opened
            receiver.open(changed, [target])
        assert type(refused.value).__name__ in {"UsmRefusedError", "UnrecognisedError"}
    zeroed = wire.read(trap)
    blank = trap[: zeroed.digest_at] + bytes(12) + trap[zeroed.digest_at + 12 :]
    assert refusal(receiver, blank, target) is UsmRefusal.WRONG_DIGEST
    assert receiver.open(trap, [target]).answer is None


def test_who_asks_for_our_engine_is_told(tmp_path: Path) -> None:
    clock = Seconds()
    receiver = UsmReceiver(clock, LocalEngine(HERE, 3, clock))
    clock.now += 7
    empty = wire.write_scoped(b"", bulk_wire.tlv(0xA0, b"\x02\x01\x05" + b"\x02\x01\x00" * 2 + b"\x30\x00"))
    probe, _ = wire.write(77, wire.Message(wire.REPORTABLE, b"", 0, 0, b"", 0, b"", b"", empty))
    with pytest.raises(UsmRefusedError) as refused:
        receiver.open(probe, [olt(user())])
    report = refused.value.report or b""
    read = wire.read(report)
    assert bulk_wire.message_id(report) == 77
    assert (read.flags, read.engine_id, read.boots, read.time_s) == (0, HERE, 3, 7)


@pytest.mark.parametrize(("engine_id", "boots"), [(b"four", 1), (bytes(33), 1), (HERE, 0), (HERE, 1 << 31)])
def test_an_engine_that_the_rfc_excludes_is_refused(engine_id: bytes, boots: int) -> None:
    with pytest.raises(InvalidValueError):
        LocalEngine(engine_id, boots, Seconds())


@asynccontextmanager
async def _socket(port: int) -> AsyncIterator[Any]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.connect(("127.0.0.1", port))
        yield sender
