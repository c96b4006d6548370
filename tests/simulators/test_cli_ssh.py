from __future__ import annotations

import asyncio
import re
import socket
import time
from collections.abc import Callable
from xml.etree import ElementTree as ET

import asyncssh
import pytest
from netmiko import BaseConnection, ConnectHandler
from netmiko.exceptions import NetmikoAuthenticationException

from simulators.cli_ssh import IsamCli
from simulators.cli_ssh.shell import IsamShell
from simulators.cli_ssh.terminal import LineEditor
from simulators.plant.state import EventKind
from tests.shared import shared_dir
from tests.simulators.windows_plant import DARK, FIRST, HandPlant, three_accesses

USER = "isadmin"
PASSWORD = "ANS#150"


def cli_of(plant: HandPlant) -> IsamCli:
    return IsamCli(plant, "127.0.0.1", 0, USER, PASSWORD)


def with_netmiko(port: int, work: Callable[[BaseConnection], object], password: str = PASSWORD) -> object:
    connection = ConnectHandler(
        device_type="nokia_isam", host="127.0.0.1", port=port, username=USER, password=password, conn_timeout=10
    )
    try:
        return work(connection)
    finally:
        connection.disconnect()


async def connect(port: int) -> asyncssh.SSHClientConnection:
    return await asyncssh.connect("127.0.0.1", port, username=USER, password=PASSWORD, known_hosts=None, config=None)


async def test_netmiko_reads_the_password_of_an_ont() -> None:
    async with cli_of(HandPlant(three_accesses())) as cli:
        text = await asyncio.to_thread(
            with_netmiko,
            cli.port,
            lambda c: c.send_command("info configure equipment ont interface 1/1/5/10/19 flat"),
        )
    values = dict(re.findall(r"^configure equipment ont interface 1/1/5/10/19 (\S+) (\S+)$", str(text), re.MULTILINE))
    assert values["subslocid"] == "0848525835"
    assert values["sernum"] == "HWTC:0172629D"
    assert values["sw-ver-pland"] == "HWTCA31610115"
    assert values["admin-state"] == "up"


async def test_netmiko_sees_the_errors_of_the_isam_and_keeps_its_session() -> None:
    commands = [
        "show equipement ont interface",
        "info configure equipment ont interface 1/1/5/10/99",
        "show equipment",
        "info configure equipment ont interface 1/1/5/10/19 xml",
    ]
    async with cli_of(HandPlant(three_accesses())) as cli:
        answers = await asyncio.to_thread(
            with_netmiko, cli.port, lambda c: [c.send_command(command, strip_command=True) for command in commands]
        )
    assert isinstance(answers, list)
    assert "invalid token" in answers[0]
    assert answers[1].strip() == "Error : instance does not exist"
    assert answers[2].strip() == "Error : incomplete command"
    root = ET.fromstring(answers[3].strip().encode())  # noqa: S314 - our own simulator's text
    assert root.findtext(".//parameter[@name='subslocid']") == "0848525835"


async def test_a_wrong_password_is_refused() -> None:
    async with cli_of(HandPlant(three_accesses())) as cli:
        with pytest.raises(NetmikoAuthenticationException):
            await asyncio.to_thread(with_netmiko, cli.port, lambda c: c, "wrong")


async def test_an_unreachable_olt_cuts_its_sessions_and_leaves_new_ones_unanswered() -> None:
    plant = HandPlant(three_accesses())
    async with cli_of(plant) as cli:
        client = await connect(cli.port)
        process = await client.create_process(term_type="vt100")
        await process.stdout.readuntil("># ")

        plant.state.olt.reachable = False
        plant.emit(EventKind.OLT_UNREACHABLE)
        async with asyncio.timeout(5):
            await client.wait_closed()

        reader, writer = await asyncio.open_connection("127.0.0.1", cli.port)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2):
                await reader.read(1)  # not even the banner

        plant.state.olt.reachable = True
        plant.emit(EventKind.OLT_REACHABLE)
        async with asyncio.timeout(5):
            assert await reader.read() == b""
        writer.close()
        await writer.wait_closed()
        async with await connect(cli.port) as again:
            assert again.get_extra_info("server_version") == "SSH-2.0-ISAM"


async def test_a_warm_command_costs_the_server_less_than_two_milliseconds() -> None:
    async with cli_of(HandPlant(three_accesses())) as cli, await connect(cli.port) as client:
        process = await client.create_process(term_type="vt100")
        await process.stdout.readuntil("># ")
        taken = []
        for _ in range(50):
            begun = time.perf_counter()
            process.stdin.write("info configure equipment ont interface 1/1/5/10/19 flat\n")
            await process.stdout.readuntil("># ")
            taken.append(time.perf_counter() - begun)
        process.stdin.write("logout\n")
        await process.wait_closed()
    assert min(taken) < 0.002, f"best {min(taken) * 1000:.2f} ms"


async def test_garbage_on_the_port_harms_nobody() -> None:
    async with cli_of(HandPlant(three_accesses())) as cli:
        with socket.create_connection(("127.0.0.1", cli.port)) as raw:
            raw.sendall(b"\x00\xff" * 5000)
        async with await connect(cli.port) as client:
            process = await client.create_process(term_type="vt100")
            assert "typ:isadmin># " in await process.stdout.readuntil("># ")
            process.stdin.write("logout\r\n")
            await process.wait_closed()
            assert process.exit_status == 0


def shell() -> IsamShell:
    return IsamShell(HandPlant(three_accesses()), USER)


def test_a_detailed_table_is_laid_out_as_the_capture() -> None:
    captured = (shared_dir() / "cli/nokia_isam/show_equipment_ont_interface_detail.txt").read_text().splitlines()[1:]
    ours = shell().execute("show equipment ont interface 1/1/5/10/19 detail").text.splitlines()
    assert ours[:7] == captured[:7]
    colons = [found.start() for found in re.finditer(" : ", captured[7])]
    assert [found.start() for found in re.finditer(" : ", ours[7])] == colons
    assert len(ours[7]) == len(captured[7])
    assert ours[7].split()[0] == captured[7].split()[0]
    assert "sernum : HWTC:0172629D" in "\n".join(ours)


def test_the_optics_xml_has_the_elements_of_the_capture() -> None:
    captured = ET.parse(shared_dir() / "cli/nokia_isam/show_equipment_ont_optics.xml")  # noqa: S314
    text = shell().execute("show equipment ont optics 1/1/5/10/19 xml").text
    ours = ET.fromstring(text.encode())  # noqa: S314
    first, instance = captured.find(".//instance"), ours.find(".//instance")
    assert first is not None
    assert instance is not None
    assert [element.get("name") for element in instance] == [element.get("name") for element in first]
    assert ours.findtext(".//info[@name='rx-signal-level']") == "-19.360"
    assert ours.findtext(".//info[@name='olt-rx-sig-level']") == "-20.7"


def test_an_ont_that_is_down_has_no_level_rather_than_zero() -> None:
    text = shell().execute("show equipment ont optics 1/1/5/10/21 xml").text
    ours = ET.fromstring(text.encode())  # noqa: S314
    assert ours.findtext(".//info[@name='rx-signal-level']") == "unknown"
    assert ours.findtext(".//info[@name='olt-rx-sig-level']") == "invalid"


def test_the_status_of_a_pon_lists_its_onts() -> None:
    text = shell().execute("show equipment ont status pon 1/1/5/10").text
    assert f"1/1/5/10/{FIRST.ont} HWTC:0172629D up          up" in text
    assert f"1/1/5/10/{DARK.ont} HWTC:0172629F up          down" in text
    assert "pon count : 3" in text
    assert shell().execute("show equipment ont status pon 1/1/5/11").text == "Error : instance does not exist"


def test_environment_opens_a_node_that_exit_leaves() -> None:
    session = shell()
    assert session.execute("environment mode batch").text == ""
    assert session.prompt == "typ:isadmin>environment#"
    assert session.execute("exit").closed is False
    assert session.prompt == "typ:isadmin>#"
    assert session.execute("logout").closed is True


def test_an_ont_that_is_not_configured_does_not_exist() -> None:
    state = three_accesses()
    state.onts[FIRST].provisioned = False
    session = IsamShell(HandPlant(state), USER)
    answer = session.execute("info configure equipment ont interface 1/1/5/10/19 xml").text
    assert answer == "Error : instance does not exist"
    assert "1/1/5/10/19" not in session.execute("info configure equipment ont interface flat").text


def test_the_caret_stands_under_the_wrong_word() -> None:
    session = shell()
    line = "show equipment ont interface 1/1/5/x"
    caret, message = session.execute(line).text.splitlines()
    assert message == "invalid token"
    assert f"{session.prompt} {line}"[caret.index("^") :] == "1/1/5/x"


def test_typing_can_be_corrected() -> None:
    editor = LineEditor()
    lines = [line for char in "shox\bw\r\nlogouq\x7ft\r" if (line := editor.type(char)[1]) is not None]
    assert lines == ["show", "logout"]


async def test_closing_cuts_open_sessions_and_unfinished_logins() -> None:
    async with cli_of(HandPlant(three_accesses())) as cli:
        client = await connect(cli.port)
        raw_reader, raw_writer = await asyncio.open_connection("127.0.0.1", cli.port)
        assert await raw_reader.readline() == b"SSH-2.0-ISAM\r\n"
    async with asyncio.timeout(5):
        await client.wait_closed()
        await raw_reader.read()
    raw_writer.close()
    await raw_writer.wait_closed()
