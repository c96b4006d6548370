from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from collectors.cli.netmiko_shell import open_shell
from collectors.cli.sessions import CliSessions, Dialect, Script, Step
from collectors.cli.threads import Threads
from collectors.vendors.nokia_isam.subslocid import DIALECT, command, parse
from domain.errors import CollectionError, DeviceProtocolError, DeviceTimeoutError, DeviceUnreachableError
from domain.olt import CliAccess
from domain.secret import Secret
from tests.collectors.olt_kit import GOLDEN, site

ACCESS = CliAccess("olt", 22, "isadmin", Secret("x"))


async def test_a_session_is_opened_once_and_answers_fast_afterwards(tmp_path: Path) -> None:
    async with site(tmp_path, cli=True) as olt_site:
        assert olt_site.target.cli is not None
        sessions = CliSessions(open_shell)
        try:
            await sessions.send(olt_site.target.cli, DIALECT, "", 10)
            durations_s = []
            for _ in range(5):
                started = time.perf_counter()
                answer = await sessions.send(olt_site.target.cli, DIALECT, command(GOLDEN), 5)
                durations_s.append(time.perf_counter() - started)
                assert parse(answer, GOLDEN) == "0848525835"
        finally:
            await sessions.close()
    assert min(durations_s) < 0.2


async def test_a_lost_session_is_opened_again_at_the_next_command(tmp_path: Path) -> None:
    async with site(tmp_path, cli=True) as olt_site:
        assert olt_site.target.cli is not None
        sessions = CliSessions(open_shell)
        try:
            await sessions.send(olt_site.target.cli, DIALECT, command(GOLDEN), 10)
            fault = olt_site.plant.fault("olt-unreachable")  # cuts open sessions
            olt_site.plant.repair(fault.id)
            answer = await sessions.send(olt_site.target.cli, DIALECT, command(GOLDEN), 10)
        finally:
            await sessions.close()
    assert parse(answer, GOLDEN) == "0848525835"


async def test_a_wrong_password_is_told_from_a_port_that_refuses(tmp_path: Path) -> None:
    async with site(tmp_path, cli=True) as olt_site:
        right = olt_site.target.cli
        assert right is not None
        sessions = CliSessions(open_shell)
        try:
            wrong = CliAccess(right.host, right.port, right.username, Secret("nope"))
            with pytest.raises(DeviceProtocolError, match="login refused"):
                await sessions.send(wrong, DIALECT, "", 5)
        finally:
            await sessions.close()
    sessions = CliSessions(open_shell)
    try:
        with pytest.raises(DeviceUnreachableError):
            await sessions.send(right, DIALECT, "", 5)
    finally:
        await sessions.close()


async def test_with_known_hosts_an_unknown_key_is_refused(tmp_path: Path) -> None:
    known_hosts = tmp_path / "known_hosts"
    known_hosts.write_text("")
    async with site(tmp_path, cli=True) as olt_site:
        assert olt_site.target.cli is not None
        sessions = CliSessions(open_shell, known_hosts)
        try:
            with pytest.raises(CollectionError):
                await sessions.send(olt_site.target.cli, DIALECT, "", 5)
        finally:
            await sessions.close()


class FakeShell:
    """A shell whose commands end when the test says so."""

    def __init__(self, log: list[str], errors: list[CollectionError]) -> None:
        self.log = log
        self.errors = errors

    def send(self, command: str, timeout_s: float) -> str:
        self.log.append(command)
        if self.errors:
            raise self.errors.pop(0)
        return f"answer to {command}"

    def close(self) -> None:
        self.log.append("closed")


def opener(log: list[str], errors: list[CollectionError], refusals: list[CollectionError]):
    def open_fake(_access: CliAccess, _dialect: Dialect, _known: Path | None, _timeout_s: float) -> FakeShell:
        log.append("opened")
        if refusals:
            raise refusals.pop(0)
        return FakeShell(log, errors)

    return open_fake


async def test_a_command_on_a_session_that_died_is_sent_again_on_a_new_one() -> None:
    log: list[str] = []
    errors: list[CollectionError] = []
    sessions = CliSessions(opener(log, errors, []))
    await sessions.send(ACCESS, DIALECT, "one", 5)
    errors.append(DeviceUnreachableError("olt"))
    assert await sessions.send(ACCESS, DIALECT, "two", 5) == "answer to two"
    await sessions.close()
    assert log == ["opened", "one", "two", "closed", "opened", "two", "closed"]


async def test_a_failed_login_is_remembered_instead_of_tried_at_each_diagnosis() -> None:
    log: list[str] = []
    sessions = CliSessions(opener(log, [], [DeviceUnreachableError("olt", "refused")]))
    for _ in range(3):
        with pytest.raises(DeviceUnreachableError):
            await sessions.send(ACCESS, DIALECT, "one", 5)
    await sessions.close()
    assert log == ["opened"]


async def test_a_command_that_hangs_gives_the_caller_back_at_its_deadline() -> None:
    import threading

    release = threading.Event()

    class Hung(FakeShell):
        def send(self, command: str, timeout_s: float) -> str:
            release.wait(10)
            return "late"

    sessions = CliSessions(lambda *_: Hung([], []))
    started = asyncio.get_running_loop().time()
    with pytest.raises(DeviceTimeoutError):
        await sessions.send(ACCESS, DIALECT, "one", 0.2)
    assert asyncio.get_running_loop().time() - started < 2
    with pytest.raises(DeviceTimeoutError):  # the session is still held: no second thread piles up
        await sessions.send(ACCESS, DIALECT, "two", 0.2)
    release.set()
    await sessions.close()


async def test_threads_carry_results_and_exceptions() -> None:
    threads = Threads(1)
    assert await threads.run(lambda: 42) == 42
    with pytest.raises(ZeroDivisionError):
        await threads.run(lambda: 1 // 0)
    await threads.close()


async def test_a_cli_that_refuses_for_days_is_still_tried_at_the_longest_pause() -> None:
    """After 1,024 refusals in a row (34 h) the doubled pause was too large for a float."""
    log: list[str] = []
    sessions = CliSessions(opener(log, [], [DeviceUnreachableError("olt", "refused")] * 2))
    with pytest.raises(DeviceUnreachableError):
        await sessions.send(ACCESS, DIALECT, "one", 5)
    line = sessions._lines[ACCESS]
    line.failures, line.retry_at = 5000, 0.0
    with pytest.raises(DeviceUnreachableError):
        await sessions.send(ACCESS, DIALECT, "one", 5)
    assert line.retry_at - asyncio.get_running_loop().time() == pytest.approx(120, abs=5)
    await sessions.close()


class Prompting(FakeShell):
    """Answers with a prompt: ``OLT(view)#`` after ``enter``, ``OLT#`` otherwise."""

    def send(self, command: str, timeout_s: float) -> str:
        super().send(command, timeout_s)
        return f"{command}\nOLT{'(view)' if command == 'enter' else ''}#"


def acting(log: list[str], errors: list[CollectionError]) -> CliSessions:
    def open_fake(*_: object) -> Prompting:
        log.append("opened")
        return Prompting(log, errors)

    return CliSessions(open_fake)


async def test_what_acts_is_typed_once_in_a_session_that_was_found_alive() -> None:
    log: list[str] = []
    errors: list[CollectionError] = []
    sessions = acting(log, errors)
    await sessions.send(ACCESS, DIALECT, "one", 5)
    errors.append(DeviceUnreachableError("olt"))  # the session has died meanwhile
    script = Script((Step("enter", r"\(view\)#"), Step("reboot")), leave=("end",))
    assert len(await sessions.act(ACCESS, DIALECT, script, 5)) == 2
    await sessions.close()
    assert log == ["opened", "one", "", "closed", "opened", "", "enter", "reboot", "end", "closed"]


async def test_a_session_lost_while_acting_leaves_it_open_what_was_done() -> None:
    log: list[str] = []
    errors: list[CollectionError] = []

    class Lost(Prompting):
        def send(self, command: str, timeout_s: float) -> str:
            if command == "reboot":
                errors.append(DeviceUnreachableError("olt", "session lost"))
            return super().send(command, timeout_s)

    sessions = CliSessions(lambda *_: Lost(log, errors))
    script = Script((Step("enter", r"\(view\)#"), Step("reboot")))
    with pytest.raises(DeviceUnreachableError):
        await sessions.act(ACCESS, DIALECT, script, 5)
    await sessions.close()
    assert (script.begun, log.count("reboot")) == (True, 1)


async def test_where_another_prompt_comes_nothing_more_is_typed_but_the_way_out() -> None:
    log: list[str] = []
    sessions = acting(log, [])
    script = Script((Step("elsewhere", r"\(view\)#"), Step("reboot")), leave=("end",))
    assert len(await sessions.act(ACCESS, DIALECT, script, 5)) == 1
    await sessions.close()
    assert (script.begun, log) == (False, ["opened", "", "elsewhere", "end", "closed"])


async def test_nothing_that_acts_is_begun_at_the_deadline() -> None:
    log: list[str] = []
    script = Script((Step("reboot"),))
    sessions = acting(log, [])
    with pytest.raises(DeviceTimeoutError):
        await sessions.act(ACCESS, DIALECT, script, 0.03)
    await sessions.close()
    assert (script.begun, "reboot" in log) == (False, False)
