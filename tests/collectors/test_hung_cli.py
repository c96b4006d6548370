"""A command line that hangs costs its own OLT, and the thread that waits for it no longer than its deadline."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable

import asyncssh
import pytest

from collectors.cli.netmiko_shell import open_shell
from collectors.cli.sessions import CliSessions, Script, Step
from collectors.cli.threads import Threads
from collectors.vendors.nokia_isam.subslocid import DIALECT
from domain.errors import DeviceTimeoutError
from domain.olt import CliAccess
from domain.secret import Secret
from tests.collectors.test_cli_sessions import FakeShell

HUNG, SOUND = (CliAccess(host, 22, "isadmin", Secret("x")) for host in ("hung", "sound"))


class HangingShell(FakeShell):
    """Answers once it is let go."""

    def __init__(self, gate: threading.Event) -> None:
        super().__init__([], [])
        self.gate = gate

    def send(self, command: str, timeout_s: float) -> str:
        self.gate.wait(20)
        return "late"


class Site:
    """One thread for two command lines, of which one hangs."""

    def __init__(self) -> None:
        self.gate, self.typed = threading.Event(), list[str]()
        self.sessions = CliSessions(self.open, threads=Threads(1))

    def open(self, access: CliAccess, *_: object) -> FakeShell:
        return HangingShell(self.gate) if access is HUNG else FakeShell(self.typed, [])

    async def hang(self) -> None:
        with pytest.raises(DeviceTimeoutError):
            await self.sessions.send(HUNG, DIALECT, "one", 0.2)


async def test_a_command_whose_caller_has_gone_is_not_typed_when_a_thread_is_free_again() -> None:
    site = Site()
    await site.sessions.send(SOUND, DIALECT, "first", 5)
    await site.hang()
    with pytest.raises(DeviceTimeoutError):
        await site.sessions.send(SOUND, DIALECT, "second", 0.2)
    site.gate.set()
    await site.sessions.send(SOUND, DIALECT, "third", 5)  # at once: nothing is wrong with this one
    await site.sessions.close()
    assert site.typed == ["first", "third", "closed"]


async def test_what_acts_is_not_typed_late_either() -> None:
    site = Site()
    await site.sessions.send(SOUND, DIALECT, "first", 5)
    await site.hang()
    script = Script((Step("reboot"),))
    with pytest.raises(DeviceTimeoutError):
        await site.sessions.act(SOUND, DIALECT, script, 0.3)
    site.gate.set()
    await site.sessions.close()
    assert (script.begun, "reboot" in site.typed) == (False, False)


class OpensNoChannel(asyncssh.SSHServer):
    """Takes the password, then keeps silent."""

    def __init__(self, taken: list[asyncssh.SSHServerConnection]) -> None:
        self._taken = taken

    def connection_made(self, conn: asyncssh.SSHServerConnection) -> None:
        self._taken.append(conn)

    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return True

    def session_requested(self) -> Awaitable[None]:  # type: ignore[override]  # no session ever comes
        return asyncio.get_running_loop().create_future()


async def test_a_device_that_takes_the_password_and_opens_no_channel_is_left_at_the_deadline() -> None:
    key, taken = asyncssh.generate_private_key("ssh-ed25519"), list[asyncssh.SSHServerConnection]()
    async with asyncssh.listen(
        "127.0.0.1", 0, server_factory=lambda: OpensNoChannel(taken), server_host_keys=[key]
    ) as server:
        access = CliAccess("127.0.0.1", server.get_port(), "isadmin", Secret("x"))
        async with asyncio.timeout(20):  # without a bound of ours it waits for an hour
            with pytest.raises(DeviceTimeoutError, match="in time"):
                await asyncio.to_thread(open_shell, access, DIALECT, None, 1.0)
        for connection in taken:  # the end of the server leaves them
            connection.abort()
            await connection.wait_closed()
    assert len(taken) == 1
