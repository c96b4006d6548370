from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from netmiko import ConnectHandler

from collectors.cli.netmiko_shell import ZteZxanSSH
from simulators.cli_ssh import Habits, OltCli
from simulators.cli_ssh.huawei import HuaweiShell
from simulators.cli_ssh.pager import Pager, Paging
from simulators.cli_ssh.zte import ZteShell
from simulators.cli_ssh.zte_text import Spelling
from simulators.plant.ports import CommandedOlt
from tests.shared import shared_dir
from tests.simulators.vendor_site import running

USER, PASSWORD = "diag", "cli-secret"


def cli_of(plant: CommandedOlt, habits: Habits | None = None) -> OltCli:
    return OltCli(plant, "127.0.0.1", 0, USER, PASSWORD, habits)


def logged_in(make: Callable[..., Any], port: int, work: Callable[[Any], list[str]], **more: str) -> list[str]:
    connection = make(host="127.0.0.1", port=port, username=USER, password=PASSWORD, conn_timeout=10, **more)
    try:
        return work(connection)
    finally:
        connection.disconnect()


async def test_netmikos_own_huawei_driver_logs_in_reads_and_logs_out() -> None:
    plant, _ = running("huawei")

    def work(connection: Any) -> list[str]:
        connection.enable()
        return [connection.send_command("display ont info 0 1 0 1"), connection.send_command("display board 0")]

    async with cli_of(plant) as cli:
        info, boards = await asyncio.to_thread(logged_in, ConnectHandler, cli.port, work, device_type="huawei_smartax")
    assert "Run state               : online" in info
    assert "H901MPLA" in boards


async def test_our_zte_driver_logs_in_reads_and_logs_out() -> None:
    plant, _ = running("zte_c320")
    async with cli_of(plant, Habits(page_lines=4)) as cli:
        (text,) = await asyncio.to_thread(
            logged_in,
            ZteZxanSSH,
            cli.port,
            lambda connection: [connection.send_command("show gpon onu state gpon-olt_1/1/1")],
            device_type="zte_zxan",
        )
    assert "ONU Number: 26/26" in text
    assert "More" not in text


def huawei() -> HuaweiShell:
    return HuaweiShell(running("huawei")[0], 0, alarms=False)


def zte(plant: str = "zte_c320", layout: str = "channel") -> ZteShell:
    return ZteShell(running(plant)[0], 0, layout, alarms=False)


def test_the_smartax_moves_between_its_views() -> None:
    shell = huawei()
    prompts = [shell.prompt]
    for line in ("enable", "config", "interface gpon 0/1", "quit", "quit"):
        shell.execute(line)
        prompts.append(shell.prompt)
    board = "OLT-HUA-01(config-if-gpon-0/1)#"
    middle = ["OLT-HUA-01#", "OLT-HUA-01(config)#", board, "OLT-HUA-01(config)#", "OLT-HUA-01#"]
    assert prompts == ["OLT-HUA-01>", *middle]
    assert shell.execute("quit").text.startswith("Are you sure to log out")
    assert shell.execute("y").closed


def test_the_smartax_asks_for_more_words_until_told_not_to() -> None:
    shell = huawei()
    shell.execute("enable")
    asked = shell.execute("display board 0")
    assert (asked.text, asked.asks) == ("{ <cr>||<K> }:", True)
    assert "Command:" in shell.execute("").text
    shell.execute("undo smart")
    assert shell.execute("display board 0").text.lstrip().startswith("---")


def test_the_optics_of_an_ont_have_the_labels_of_the_capture_in_their_places() -> None:
    shell = huawei()
    for line in ("enable", "undo smart", "config", "interface gpon 0/1"):
        shell.execute(line)
    ours = shell.execute("display ont optical-info 0 1").text.splitlines()
    folder = shared_dir() / "cli/huawei_smartax"
    captured = (folder / "ma5800_session_display_ont_optical-info.txt").read_text().splitlines()
    labels = {line[: line.index(":")] for line in captured if line.startswith("  ") and ":" in line}
    assert {line[: line.index(":")] for line in ours if ":" in line} <= labels
    refused = (folder / "display_ont_optical-info.offline.txt").read_text().strip()
    plant, _ = running("huawei")
    shell = HuaweiShell(plant, 0, alarms=False)
    plant.fault("ont-power-off", "ONT-0-0-1-0-1")
    for line in ("enable", "undo smart", "config", "interface gpon 0/1"):
        shell.execute(line)
    assert shell.execute("display ont optical-info 0 1").text.strip() == refused


def test_zte_tables_are_laid_out_as_captured() -> None:
    folder = shared_dir() / "cli/zte"
    states = (folder / "c320_show_gpon_onu_state.channel.txt").read_text().splitlines()[1:]
    ours = zte().execute("show gpon onu state gpon-olt_1/1/1").text.splitlines()
    assert ours[:2] == states[:2]
    assert ours[2].split() == ["1/1/1:1", "enable", "enable", "working", "1(GPON)"]
    working = next(line for line in states if "working" in line)
    assert ours[2].index("working") == working.index("working")
    detail = (folder / "c3xx_show_gpon_onu_detail-info.working.txt").read_text().splitlines()
    shown = zte().execute("show gpon onu detail-info gpon-onu_1/1/1:1").text.splitlines()
    assert shown[0] == detail[0].replace("1/1/1:1", "1/1/1:1")
    captured = {line[:23].rstrip() for line in detail if ":" in line[:23]}
    assert {line[:23].rstrip() for line in shown[:20]} <= captured


def test_the_c600_spells_interfaces_otherwise_and_hides_names() -> None:
    old, new = "show gpon onu detail-info gpon-onu_1/3/1:1", "show gpon onu detail-info gpon_onu-1/3/1:1"
    assert "Invalid input" in zte("zte_c600").execute(old).text
    assert "Name:                ********" in zte("zte_c600").execute(new).text
    assert "Invalid input" in zte().execute("show gpon onu detail-info gpon_onu-1/1/1:1").text
    assert Spelling(c600=True).pattern("onu").startswith("gpon_onu-")


def test_an_onu_without_configuration_is_listed_apart() -> None:
    plant, _ = running("zte_c320")
    shell = ZteShell(plant, 0, "channel", alarms=False)
    assert "No related information" in shell.execute("show gpon onu uncfg").text
    ont = next(iter(plant.state.onts.values()))
    ont.provisioned = False
    assert str(ont.serial) in shell.execute("show gpon onu uncfg").text
    assert "does not exist" in shell.execute("show gpon onu detail-info gpon-onu_1/1/1:1").text


def test_a_page_can_be_turned_line_by_line_or_broken_off() -> None:
    pager = Pager(["a", "b", "c", "d"], Paging(2, "<more>", "<erase>"))
    assert pager.page() == "a\r\nb\r\n<more>"
    assert pager.press("\r") == "<erase>c\r\n<more>"
    assert pager.press("q") == "<erase>"
    assert pager.done


async def test_an_olt_whose_command_line_is_not_known_does_not_pretend() -> None:
    plant, _ = running("fiberhome")
    with pytest.raises(ValueError, match="no command line"):
        async with cli_of(plant):
            pass
