"""pysnmp beside the fast loop: a thread with a loop of its own, and one engine for each command under way.

A command of pysnmp costs milliseconds of CPU, and an engine that serves two commands at once mixes them up
(lextudio/pysnmp#86): each command has an engine for itself, at most `MOST` at once, and live reads never wait for it.
"""

from __future__ import annotations

import asyncio
import threading
import weakref
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from pysnmp.error import PySnmpError
from pysnmp.hlapi.v3arch.asyncio import (
    USM_AUTH_HMAC96_SHA,
    USM_AUTH_HMAC128_SHA224,
    USM_AUTH_HMAC192_SHA256,
    USM_AUTH_HMAC256_SHA384,
    USM_AUTH_HMAC384_SHA512,
    USM_PRIV_CFB128_AES,
    CommunityData,
    ContextData,
    SnmpEngine,
    Udp6TransportTarget,
    UdpTransportTarget,
    UsmUserData,
)
from pysnmp.proto import errind

from collectors.snmp.usm.user import Authentication, UsmUser
from collectors.snmp.values import Agent
from domain.errors import DeviceProtocolError, DeviceTimeoutError, DeviceUnreachableError

T = TypeVar("T")

MOST = 20
"""Commands under way at once: one GET burns 7 ms of CPU (measured)."""

USES = 200
"""C: commands after which an engine is replaced: it keeps every target and every credential it was ever given."""

_AUTHENTICATIONS = {
    Authentication.SHA1: USM_AUTH_HMAC96_SHA,
    Authentication.SHA224: USM_AUTH_HMAC128_SHA224,
    Authentication.SHA256: USM_AUTH_HMAC192_SHA256,
    Authentication.SHA384: USM_AUTH_HMAC256_SHA384,
    Authentication.SHA512: USM_AUTH_HMAC384_SHA512,
}
_REFUSED = (errind.UnknownUserName, errind.WrongDigest, errind.UnsupportedSecurityLevel)

Answer = tuple[Any, Any, Any, Sequence[Any]]
"""What pysnmp's commands give: error indication, error-status, error-index, variable bindings."""

Command = Callable[[SnmpEngine, "CommunityData | UsmUserData", Any, ContextData], Awaitable[Answer]]


@dataclass(slots=True, eq=False)
class _Engine:
    """An engine, and how many commands it may still serve."""

    snmp: SnmpEngine = field(default_factory=SnmpEngine)
    uses: int = USES


class Engines:
    """Runs commands of pysnmp, each with its own engine, in a thread that starts with the first one.

    The thread ends with `close` and `rest`, or with this object.
    """

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._room: asyncio.Semaphore | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._idle: list[_Engine] = []
        self._busy: list[_Engine] = []
        self._under_way = 0
        self._end: Callable[[], object] | None = None

    async def run(self, agent: Agent, command: Command, timeout_s: float, *, v1: bool = False) -> Answer:
        """What the agent answers to a command that is sent once, never again.

        Raises `DeviceTimeoutError` where no answer came, `DeviceUnreachableError` where it could not be sent, and
        `DeviceProtocolError` where the agent refuses the user.
        """
        if timeout_s <= 0:
            raise DeviceUnreachableError(agent.host, "no time left")
        return await self._within(lambda: self._work(agent, command, timeout_s, v1=v1))

    async def ready(self, engines: int) -> None:
        """Have so many engines at hand: what making one costs (0.1 s of CPU) is no silence of an agent."""
        await self._within(lambda: self._made(engines))

    async def _within(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """The result of work in the thread."""
        if self._loop is None:
            self._start()
        assert self._loop is not None  # noqa: S101 - started: for the type checker
        self._under_way += 1
        try:
            return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work(), self._loop))
        finally:
            self._under_way -= 1

    async def _made(self, engines: int) -> None:
        self._idle.extend(_Engine() for _ in range(engines - len(self._idle)))

    def renew(self) -> None:
        """Let no engine of now serve again: they remember credentials that may be of the past."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._retire)

    async def rest(self) -> None:
        """End the thread where nothing is under way; the next command starts another one."""
        if not self._under_way:
            await self.close()

    async def close(self) -> None:
        """End the thread once its commands have ended."""
        thread, self._loop, self._thread = self._thread, None, None
        if thread is not None and self._end is not None:
            self._end()
            await asyncio.to_thread(thread.join)

    def _start(self) -> None:
        self._loop = loop = asyncio.new_event_loop()
        self._room = asyncio.Semaphore(self._most)
        self._idle, self._busy = [], []
        self._thread = threading.Thread(target=_live, args=(loop, self._idle), name="pysnmp", daemon=True)
        self._thread.start()
        self._end = weakref.finalize(self, loop.call_soon_threadsafe, loop.stop)

    async def _work(self, agent: Agent, command: Command, timeout_s: float, *, v1: bool) -> Answer:
        assert self._room is not None  # noqa: S101 - started: for the type checker
        deadline = asyncio.get_running_loop().time() + timeout_s
        async with self._room:
            left_s = deadline - asyncio.get_running_loop().time()
            if left_s <= 0:
                raise DeviceUnreachableError(agent.host, "other commands came first")
            engine = self._idle.pop() if self._idle else _Engine()
            self._busy.append(engine)
            try:
                target = await _target(agent, left_s)
                async with asyncio.timeout(left_s):
                    answer = await command(engine.snmp, _credentials(agent, v1=v1), target, ContextData())
                engine.uses -= 1
            except TimeoutError as error:  # SNMPv3: each of its steps may take as long
                engine.uses = 0
                raise DeviceTimeoutError(agent.host, "no answer") from error
            except (PySnmpError, OSError) as error:
                engine.uses = 0
                raise DeviceUnreachableError(agent.host, type(error).__name__) from error
            except BaseException:  # an engine with a command under way serves no other
                engine.uses = 0
                raise
            finally:
                self._free(engine)
        return _judged(agent, answer)

    def _free(self, engine: _Engine) -> None:
        self._busy.remove(engine)
        if engine.uses > 0:
            self._idle.append(engine)
        else:
            engine.snmp.close_dispatcher()

    def _retire(self) -> None:
        for engine in self._busy:
            engine.uses = 0
        for engine in self._idle:
            engine.snmp.close_dispatcher()
        self._idle.clear()


def _live(loop: asyncio.AbstractEventLoop, idle: list[_Engine]) -> None:
    """The life of the thread: until its loop is stopped."""
    asyncio.set_event_loop(loop)
    loop.run_forever()
    tasks = asyncio.all_tasks(loop)
    for task in tasks:
        task.cancel()
    loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
    for engine in idle:
        engine.snmp.close_dispatcher()
    loop.run_until_complete(asyncio.sleep(0))  # transports close their sockets in the next turn
    loop.close()


def _judged(agent: Agent, answer: Answer) -> Answer:
    wrong = answer[0]
    if not wrong:
        return answer
    if isinstance(wrong, errind.RequestTimedOut):
        raise DeviceTimeoutError(agent.host, "no answer")
    raise DeviceProtocolError(
        agent.host, "the user is refused" if isinstance(wrong, _REFUSED) else type(wrong).__name__
    )


async def _target(agent: Agent, timeout_s: float) -> Any:
    kind = Udp6TransportTarget if ":" in agent.host else UdpTransportTarget
    return await kind.create((agent.host, agent.port), timeout=timeout_s, retries=0)


def _credentials(agent: Agent, *, v1: bool) -> CommunityData | UsmUserData:
    if agent.user is None or v1:
        return CommunityData(agent.community.reveal(), mpModel=0 if v1 else 1)
    return _user(agent.user)


def _user(user: UsmUser) -> UsmUserData:
    if user.authentication is None or user.authentication_password is None:
        return UsmUserData(user.name)  # noqa: S509 - what the OLT is declared with
    if user.privacy is None or user.privacy_password is None:
        return UsmUserData(
            user.name, user.authentication_password.reveal(), authProtocol=_AUTHENTICATIONS[user.authentication]
        )
    return UsmUserData(
        user.name,
        user.authentication_password.reveal(),
        user.privacy_password.reveal(),
        authProtocol=_AUTHENTICATIONS[user.authentication],
        privProtocol=USM_PRIV_CFB128_AES,
    )
