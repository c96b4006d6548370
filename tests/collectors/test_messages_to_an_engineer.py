"""What ``python -m collectors`` says when it cannot read: in French, and telling one trouble from the other."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from pysnmp.proto.api import v2c

from collectors.__main__ import main
from collectors.inspection import REASONS_FR
from domain.reading import Reason
from simulators.snmp.agent import SnmpAgent
from tests.collectors.olt_kit import tiny_agent
from tests.collectors.usm_kit import PASSWORD, SECRET, snmpd
from tests.simulators.vendor_site import running


async def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    """Exit code, output and errors of the command, in a thread of its own."""
    code = await asyncio.to_thread(main, [*arguments])
    shown = capsys.readouterr()
    return code, shown.out, shown.err


@pytest.mark.parametrize("command", ["inspect", "onboard"])
async def test_a_huawei_that_is_declared_as_a_nokia_is_told_and_not_shown_empty(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    plant, _ = running("huawei")
    async with SnmpAgent(plant, "127.0.0.1", 0, "public") as agent:
        endpoint = f"127.0.0.1:{agent.port}"
        code, out, told = await said(capsys, command, endpoint, "--vendor", "nokia_isam", "--timeout", "5")
        assert (code, out) == (1, "")
        assert told == f"{endpoint} : cet OLT se dit huawei_smartax, et non nokia_isam (--vendor huawei_smartax)\n"
        assert (await said(capsys, "inspect", endpoint, "--vendor", "huawei_smartax"))[0] == 0


async def test_an_agent_whose_answers_are_damaged_is_not_called_silent(capsys: pytest.CaptureFixture[str]) -> None:
    async with tiny_agent(lambda request: [request.reply([(request.oids[0], v2c.Integer(1))])[:-3]]) as agent:
        code, _, told = await said(capsys, "inspect", f"127.0.0.1:{agent.port}", "--timeout", "1")
    assert code == 1
    assert "l'agent SNMP répond trop peu" in told
    assert "illisibles" in told


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["inspect", "no-such-olt.invalid", "--timeout", "2"], 1, "nom inconnu, ou pas de route"),
        (
            ["onboard", "no-such-olt.invalid", "--vendor", "zte_zxan", "--timeout", "2"],
            1,
            "nom inconnu, ou pas de route",
        ),
        (["inspect", "127.0.0.1:99999"], 2, "'127.0.0.1:99999' refusé ; attendu : un hôte et un port"),
        (["inspect", "127.0.0.1:9", "--vendor", "nokia"], 1, "aucun pilote de ce nom ; il y a : fiberhome_an, huawei"),
        (["inspect", "127.0.0.1:9", "--user", "noc", "--auth", "sha1"], 2, "OLT_AUTH_PASSWORD : '' refusé"),
    ],
)
async def test_each_trouble_has_its_own_words(
    capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, told: str
) -> None:
    found = await said(capsys, *arguments)
    assert found[0] == code
    assert told in found[2]


async def test_a_user_of_snmpv3_is_taken_and_one_that_is_refused_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLT_AUTH_PASSWORD", PASSWORD)
    monkeypatch.setenv("OLT_PRIVACY_PASSWORD", SECRET)
    with snmpd(tmp_path / "snmpd") as port:
        asked = ["inspect", f"127.0.0.1:{port}", "--user", "u-sha256", "--auth", "sha256", "--privacy", "aes128"]
        code, _, told = await said(capsys, *asked, "--timeout", "5")
        assert (code, "aucun pilote ne reconnaît cet équipement (sysObjectID 1.3.6.1.4.1.8072" in told) == (1, True)
        monkeypatch.setenv("OLT_AUTH_PASSWORD", "another-word")
        code, _, told = await said(capsys, *asked, "--timeout", "5")
        assert (code, "refuse cet utilisateur SNMPv3" in told) == (1, True)
        assert "another-word" not in told


async def test_a_table_that_was_cut_short_is_not_told_as_whole(capsys: pytest.CaptureFixture[str]) -> None:
    plant, _ = running("huawei")
    async with SnmpAgent(plant, "127.0.0.1", 0, "public", reply_delay_s=0.15) as agent:
        code, out, _ = await said(
            capsys, "inspect", f"127.0.0.1:{agent.port}", "--vendor", "huawei_smartax", "--timeout", "0.8"
        )
    assert code == 0
    assert ": lecture incomplète" in out
    assert "sans réponse à temps" in out


def test_every_reason_has_its_words() -> None:
    assert set(REASONS_FR) == set(Reason)
