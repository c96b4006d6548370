from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.snmp.ber import UnrecognisedError
from collectors.snmp.client import Exchange, UdpSnmpClient
from collectors.snmp.column_reader import ColumnKind, ColumnReader, ColumnRequest, ColumnResult
from collectors.snmp.sealing import Reported
from collectors.snmp.usm import keys, wire
from collectors.snmp.usm.session import Sessions
from collectors.snmp.usm.user import Authentication, Privacy, UsmUser
from collectors.snmp.values import Agent, Kind
from domain.errors import DeviceProtocolError, InvalidValueError
from domain.reading import Reason
from domain.secret import Secret
from tests.collectors.column_kit import rows
from tests.collectors.olt_kit import FAST
from tests.collectors.usm_kit import pysnmp_agent, relay, snmpd, user

ENGINE = "0x8000000001020304"
SYS_DESCR = (1, 3, 6, 1, 2, 1, 1, 1, 0)
SYSTEM = (1, 3, 6, 1, 2, 1, 1)
OR_UPTIME = (1, 3, 6, 1, 2, 1, 1, 9, 1, 4)  # sysORUpTime: snmpd and pysnmp both have rows
OR_DESCR = (1, 3, 6, 1, 2, 1, 1, 9, 1, 3)
CACHE = keys.KeyCache()
ASKED = [ColumnRequest(OR_DESCR, ColumnKind.OCTETS), ColumnRequest(OR_UPTIME)]


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with snmpd(tmp_path_factory.mktemp("snmpd")) as port:
        yield port


async def columns(port: int, who: UsmUser, timeout_s: float = 3.0) -> tuple[dict[str, ColumnResult], ColumnReader]:
    reader = ColumnReader(retry=FAST)
    found = await reader.read(("127.0.0.1", port), who, ASKED, timeout_s)
    await reader.close()
    return {"descr": found[OR_DESCR], "uptime": found[OR_UPTIME]}, reader


def test_keys_of_rfc_3414() -> None:
    """Appendix A.3.2 and A.5.2: the password maplesyrup on engine 2."""
    key = keys.stretched(Authentication.SHA1, b"maplesyrup")
    assert key.hex() == "9fb5cc0381497b3793528939ff788d5d79145211"
    engine = bytes.fromhex("000000000000000000000002")
    assert keys.localized(Authentication.SHA1, key, engine).hex() == "6695febc9288e36282235fc7151f128497b38f3f"


@given(plain=st.binary(max_size=200), salt=st.binary(min_size=8, max_size=8))
def test_what_is_encrypted_is_read_again(plain: bytes, salt: bytes) -> None:
    pair = keys.Keys.of(user(Authentication.SHA1), b"\x80engine", CACHE)
    vector = bytes(8) + salt
    assert pair.decrypt(vector, pair.encrypt(vector, plain)) == plain


@pytest.mark.parametrize("privacy", [True, False], ids=["authPriv", "authNoPriv"])
@pytest.mark.parametrize("protocol", list(Authentication), ids=lambda p: p.hash_name)
async def test_snmpd_is_read_with_every_protocol(agent: int, protocol: Authentication, privacy: bool) -> None:
    found, reader = await columns(agent, user(protocol, privacy=privacy))
    assert found["descr"].gap is None
    assert len(found["descr"].index) > 3
    assert found["uptime"].index is found["descr"].index
    assert reader.sessions.counters.reports == {"unknownEngineIDs": 2, "notInTimeWindows": 2}
    assert not reader.sessions.counters.dropped


async def test_snmpd_is_read_without_authentication(agent: int) -> None:
    found, _ = await columns(agent, user(None))
    assert len(found["descr"].index) > 3


async def test_an_engine_is_discovered_once(agent: int) -> None:
    reader = ColumnReader(retry=FAST)
    for _ in range(2):
        await reader.read(("127.0.0.1", agent), user(Authentication.SHA256), ASKED, 3.0)
    assert reader.sessions.counters.reports["unknownEngineIDs"] == 2  # the two requests of the first window
    await reader.close()


async def test_live_reads_share_the_engine_with_polling(agent: int) -> None:
    sessions = Sessions()
    reader = ColumnReader(retry=FAST, sessions=sessions)
    who = user(Authentication.SHA512)
    async with UdpSnmpClient(retry=FAST, sessions=sessions) as client:
        exchange = Exchange.within(Agent("127.0.0.1", agent, Secret(""), who), 3.0)
        descr, absent = await client.get(exchange, [SYS_DESCR, (*SYSTEM, 99, 0)])
        reports = sum(sessions.counters.reports.values())
        await reader.read(("127.0.0.1", agent), who, ASKED, 3.0)
    await reader.close()
    assert (descr.kind, absent.kind) == (Kind.OCTETS, Kind.NO_SUCH_OBJECT)
    assert sum(sessions.counters.reports.values()) == reports == 2


@pytest.mark.parametrize(
    ("who", "report"),
    [
        (user(Authentication.SHA1, password="another-word"), "wrongDigests"),
        (UsmUser("stranger", Authentication.SHA1, Secret("whatever-it-is")), "unknownUserNames"),
    ],
)
async def test_a_user_that_the_agent_refuses_is_an_error_not_an_empty_table(
    agent: int, who: UsmUser, report: str
) -> None:
    found, reader = await columns(agent, who)
    assert found["descr"].gap is Reason.ERROR
    assert reader.sessions.counters.reports[report] >= 1
    async with UdpSnmpClient(retry=FAST) as client:
        (answer,) = await client.get(Exchange.within(Agent("127.0.0.1", agent, Secret(""), who), 3.0), [SYS_DESCR])
    assert answer.value is Reason.ERROR


def _tampered(datagram: bytes, digest: bytes) -> bytes:
    message = wire.read(datagram)
    if not message.digest:
        return datagram  # a report of discovery
    at = message.digest_at
    return datagram[:at] + digest[: len(message.digest)] + datagram[at + len(message.digest) :]


@pytest.mark.parametrize("digest", [bytes(48), b"\xa5" * 48], ids=["zeroed", "wrong"])
async def test_a_reply_with_a_zeroed_or_wrong_hmac_is_dropped_and_counted(agent: int, digest: bytes) -> None:
    async with relay(agent, lambda reply: [_tampered(reply, digest)]) as port:
        found, reader = await columns(port, user(Authentication.SHA256), timeout_s=0.5)
        assert found["descr"].gap is Reason.TIMEOUT
        assert reader.sessions.counters.dropped["wrong digest"] > 0
        assert set(reader.sessions.counters.dropped) == {"wrong digest"}


async def test_a_forgery_beside_the_true_reply_changes_nothing(agent: int) -> None:
    async with relay(agent, lambda reply: [_tampered(reply, bytes(48)), reply]) as port:
        found, reader = await columns(port, user(Authentication.SHA1))
        assert found["descr"].gap is None
        assert reader.sessions.counters.dropped["wrong digest"] > 0


async def test_one_octet_changed_anywhere_is_noticed(agent: int) -> None:
    count = 0

    def damage(reply: bytes) -> list[bytes]:
        nonlocal count
        count += 1
        if count <= 4:
            return [reply]
        changed = bytearray(reply)
        changed[-(count % 40) - 1] ^= 1
        return [bytes(changed), reply]

    async with relay(agent, damage) as port:
        found, reader = await columns(port, user(Authentication.SHA224))
        assert found["descr"].gap is None
        assert all(text.isascii() for text in rows(found["descr"]).values())
        assert reader.sessions.counters.dropped["wrong digest"] > 0


async def test_a_recorded_reply_given_again_is_not_taken_twice(agent: int) -> None:
    kept: list[bytes] = []

    def replay(reply: bytes) -> list[bytes]:
        kept.append(reply)
        return [*kept[-3:-1], reply]

    async with relay(agent, replay) as port:
        found, reader = await columns(port, user(Authentication.SHA1))
        assert found["descr"].gap is None
        assert reader.counters.unmatched > 0


class Hand:
    """A clock moved by hand."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


async def test_a_reply_older_than_the_time_window_is_dropped(agent: int) -> None:
    clock, sessions, who = Hand(), Sessions(), user(Authentication.SHA1)
    session = sessions.of("agent", 161, who, clock)
    replies: list[bytes] = []

    async with relay(agent, lambda reply: replies.append(reply) or [reply]) as port:  # type: ignore[func-returns-value]  # appends, gives the list after it
        reader = ColumnReader(retry=FAST)
        await reader.read(("127.0.0.1", port), who, ASKED[:1], 3.0)
        await reader.close()
    with pytest.raises(Reported, match="unknownEngineIDs"):
        session.open(replies[0])
    answer = replies[-1]
    assert session.open(answer)[:1] == b"\xa2"
    clock.now += 149
    assert session.open(answer)[:1] == b"\xa2"
    clock.now += 3
    with pytest.raises(DeviceProtocolError):
        session.open(answer)
    assert sessions.counters.dropped == {"not in time window": 1}


async def test_an_agent_that_restarts_is_read_again_with_its_new_boots(tmp_path: Path) -> None:
    reader = ColumnReader(retry=FAST)
    ports = []
    who = user(Authentication.SHA256)
    for _ in range(2):
        with snmpd(tmp_path / "kept") as port:
            ports.append(port)
            async with relay(port, lambda reply: [reply]) as between:
                # the same session, whatever the port: as if one agent had restarted
                known = next(iter(reader.sessions._of.values()), None)
                if known is not None:
                    reader.sessions._of["127.0.0.1", between, who] = known
                found = await reader.read(("127.0.0.1", between), who, ASKED, 3.0)
            assert found[OR_DESCR].gap is None
    await reader.close()
    assert reader.sessions.counters.reports["notInTimeWindows"] >= 3


@pytest.mark.parametrize("privacy", [True, False], ids=["authPriv", "authNoPriv"])
async def test_an_agent_that_has_lost_count_of_its_starts_is_read_again(tmp_path: Path, privacy: bool) -> None:
    """An OLT with a new board, or set back to how it left the factory, was mute for as long as the service ran."""
    reader, who = ColumnReader(retry=FAST), user(Authentication.SHA256, privacy=privacy)
    for boots in (7, 0):  # counted up at each start
        engine = f"engineBoots {boots}\noldEngineID {ENGINE}\nexactEngineID {ENGINE}\n"
        with snmpd(tmp_path / str(boots), engine) as port:
            known = next(iter(reader.sessions._of.values()), None)
            if known is not None:  # as if it were the same agent
                assert known._engine is not None
                assert known._engine.boots == 8
                reader.sessions._of["127.0.0.1", port, who] = known
            async with UdpSnmpClient(retry=FAST, sessions=reader.sessions) as client:
                agent = Agent("127.0.0.1", port, Secret(""), who)
                (told,) = await client.get(Exchange.within(agent, 5.0), [SYS_DESCR])
                assert told.kind is Kind.OCTETS
            found = await reader.read(("127.0.0.1", port), who, ASKED, 3.0)
            assert found[OR_DESCR].gap is None
    await reader.close()
    assert next(iter(reader.sessions._of.values()))._engine.boots == 1  # type: ignore[union-attr]  # it was read just before


@pytest.mark.parametrize("privacy", [True, False], ids=["authPriv", "authNoPriv"])
async def test_pysnmp_is_read_with_sha_1_and_sha_2(privacy: bool) -> None:
    with pysnmp_agent(privacy=privacy) as port:
        async with UdpSnmpClient() as client:
            for protocol in Authentication:
                agent = Agent("127.0.0.1", port, Secret(""), user(protocol, privacy=privacy))
                (descr,) = await client.get(Exchange.within(agent, 5.0), [SYS_DESCR])
                assert descr.kind is Kind.OCTETS, protocol
            assert not client.sessions.counters.dropped


@given(datagram=st.binary(max_size=80))
def test_random_octets_are_no_message(datagram: bytes) -> None:
    with pytest.raises(UnrecognisedError):
        wire.read(datagram)


@given(
    octets=st.tuples(*[st.binary(max_size=32)] * 4),
    numbers=st.tuples(*[st.integers(0, 2**31 - 1)] * 3),
    cut=st.integers(1, 60),
)
def test_what_is_written_is_read_and_nothing_shorter(
    octets: tuple[bytes, ...], numbers: tuple[int, ...], cut: int
) -> None:
    engine, name, digest, salt = octets
    number, boots, time_s = numbers
    message = wire.Message(wire.AUTH | wire.PRIV, engine, boots, time_s, name, 0, digest, salt, b"secret" * 30)
    whole, at = wire.write(number, message)
    assert wire.read(whole) == message._replace(digest_at=at)
    with pytest.raises(UnrecognisedError):
        wire.read(whole[:-cut])


def test_users_that_cannot_be_are_refused() -> None:
    with pytest.raises(InvalidValueError):
        UsmUser("u", Authentication.SHA1, Secret("short"))
    with pytest.raises(InvalidValueError):
        UsmUser("u", Authentication.SHA1)
    with pytest.raises(InvalidValueError):
        UsmUser("u", None, None, Privacy.AES128, Secret("long-enough"))
    with pytest.raises(InvalidValueError):
        UsmUser("")


def test_no_secret_shows_itself() -> None:
    who = user(Authentication.SHA1)
    session = Sessions().of("agent", 161, who, Hand())
    shown = repr(who) + repr(session)
    assert "authentic-words" not in shown
    assert "private-words" not in shown
