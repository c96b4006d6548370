"""SNMP SET against Debian's snmpd, in v2c and v3, and against agents that refuse or keep silent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace

import pytest
from pysnmp.proto.rfc1902 import OctetString

from collectors.load import Budgets
from collectors.snmp.client import Exchange, UdpSnmpClient
from collectors.snmp.engines import Engines
from collectors.snmp.setting import SetRefusedError, Setting, SnmpSetter
from collectors.snmp.usm.user import Authentication
from collectors.snmp.values import Agent, Kind
from domain.errors import DeviceProtocolError, DeviceTimeoutError, DeviceUnreachableError, InvalidValueError
from domain.secret import Secret
from tests.collectors.olt_kit import Request, response, tiny_agent
from tests.collectors.usm_kit import snmpd, user

SYS_DESCR = (1, 3, 6, 1, 2, 1, 1, 1, 0)
SYS_LOCATION = (1, 3, 6, 1, 2, 1, 1, 6, 0)
IF_ADMIN = (1, 3, 6, 1, 2, 1, 2, 2, 1, 7, 4294967)
PLACE = Setting(SYS_LOCATION, b"rack 7", Kind.OCTETS)


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with snmpd(tmp_path_factory.mktemp("snmpd")) as found:
        yield found


@pytest.fixture
async def setter() -> AsyncIterator[SnmpSetter]:
    engines = Engines()
    yield SnmpSetter(engines, Budgets())
    await engines.close()


def agent(port: int, community: str = "private") -> Agent:
    return Agent("127.0.0.1", port, Secret(community))


def writer(port: int, authentication: Authentication, *, privacy: bool = True) -> Agent:
    who = user(authentication, privacy=privacy)
    return replace(agent(port, ""), user=replace(who, name=who.name.replace("u-", "w-")))


async def read(where: Agent) -> object:
    async with UdpSnmpClient() as client:
        (answer,) = await client.get(Exchange.within(where, 3), [SYS_LOCATION])
        return answer.value


async def test_an_object_is_set_in_v2c(port: int, setter: SnmpSetter) -> None:
    await setter.set(agent(port), [PLACE], 3)
    assert await read(agent(port)) == b"rack 7"


@pytest.mark.parametrize("privacy", [True, False], ids=["authPriv", "authNoPriv"])
@pytest.mark.parametrize("protocol", list(Authentication), ids=lambda p: p.hash_name)
async def test_an_object_is_set_in_v3(
    port: int, setter: SnmpSetter, protocol: Authentication, *, privacy: bool
) -> None:
    text = f"{protocol.hash_name} {privacy}".encode()
    await setter.set(writer(port, protocol, privacy=privacy), [Setting(SYS_LOCATION, text, Kind.OCTETS)], 5)
    assert await read(agent(port)) == text


async def test_a_refusal_names_the_object_at_fault_and_changes_nothing(port: int, setter: SnmpSetter) -> None:
    await setter.set(agent(port), [PLACE], 3)
    with pytest.raises(SetRefusedError) as caught:
        await setter.set(
            agent(port), [Setting(SYS_LOCATION, b"rack 8", Kind.OCTETS), Setting(SYS_DESCR, b"x", Kind.OCTETS)], 3
        )
    assert (caught.value.status, caught.value.oid, caught.value.doubtful) == ("notWritable", SYS_DESCR, False)
    assert await read(agent(port)) == b"rack 7"


async def test_a_value_of_a_wrong_type_is_refused(port: int, setter: SnmpSetter) -> None:
    with pytest.raises(SetRefusedError) as caught:
        await setter.set(agent(port), [Setting(SYS_LOCATION, 7)], 3)
    assert caught.value.status == "wrongType"


async def test_who_may_only_read_is_refused(port: int, setter: SnmpSetter) -> None:
    with pytest.raises(SetRefusedError) as caught:
        await setter.set(agent(port, "public"), [PLACE], 3)
    assert caught.value.status == "noAccess"


async def test_a_wrong_v3_password_is_an_error_that_does_not_tell_it(port: int, setter: SnmpSetter) -> None:
    who = writer(port, Authentication.SHA256)
    assert who.user is not None
    wrong = replace(who, user=replace(who.user, authentication_password=Secret("another-word")))
    with pytest.raises((DeviceProtocolError, DeviceTimeoutError)) as caught:
        await setter.set(wrong, [PLACE], 2)
    assert "another-word" not in str(caught.value)


async def test_a_set_is_sent_once_and_its_silence_is_a_time_out(setter: SnmpSetter) -> None:
    async with tiny_agent(lambda _: []) as silent:
        with pytest.raises(DeviceTimeoutError):
            await setter.set(agent(silent.port), [PLACE], 1.2)
        assert len(silent.requests) == 1


async def test_nothing_is_sent_without_time_left(setter: SnmpSetter) -> None:
    async with tiny_agent(lambda _: []) as silent:
        with pytest.raises(DeviceUnreachableError):
            await setter.set(agent(silent.port), [PLACE], 0)
        assert silent.requests == []


async def test_gen_err_leaves_it_open_whether_it_was_done(setter: SnmpSetter) -> None:
    def answer(request: Request) -> list[bytes]:
        return [response(request.request_id, [(SYS_LOCATION, OctetString(b"x"))], 5, 1, "private")]

    async with tiny_agent(answer) as odd:
        with pytest.raises(SetRefusedError) as caught:
            await setter.set(agent(odd.port), [PLACE], 2)
    assert (caught.value.status, caught.value.doubtful) == ("genErr", True)


async def test_silent_agents_do_not_make_the_loop_wait(setter: SnmpSetter) -> None:
    """All of them wait at once, in their own thread: this loop goes on."""
    loop = asyncio.get_running_loop()
    async with tiny_agent(lambda _: []) as silent:
        work = [asyncio.create_task(setter.set(agent(silent.port), [PLACE], 3)) for _ in range(8)]
        turns = 0
        began = loop.time()
        while not all(task.done() for task in work) and loop.time() < began + 20:
            await asyncio.wait(work, timeout=0.05, return_when=asyncio.ALL_COMPLETED)
            turns += 1
        assert turns > 10
        for task in work:
            with pytest.raises((DeviceTimeoutError, DeviceUnreachableError)):  # the last may find no time left
                task.result()


async def test_a_set_counts_in_the_budget_of_its_olt(port: int, setter: SnmpSetter) -> None:
    await setter.set(agent(port), [PLACE], 3)
    budget = setter.budgets.of("127.0.0.1", port)
    assert (budget.live_pdus, budget.live_in_flight) == (1, 0)


def test_a_setting_has_the_type_of_its_value() -> None:
    with pytest.raises(InvalidValueError):
        Setting(SYS_LOCATION, b"x")
    with pytest.raises(InvalidValueError):
        Setting(SYS_LOCATION, 1, Kind.COUNTER64)


async def test_engines_rest_only_while_nothing_is_under_way_and_start_again(port: int) -> None:
    engines = Engines()
    setter = SnmpSetter(engines, Budgets())
    async with tiny_agent(lambda _: []) as silent:
        waiting = asyncio.create_task(setter.set(agent(silent.port), [PLACE], 1.0))
        await asyncio.sleep(0)
        await engines.rest()
        with pytest.raises(DeviceTimeoutError):
            await waiting
    await engines.rest()
    assert engines._thread is None
    await setter.set(agent(port), [PLACE], 5)
    await engines.close()
