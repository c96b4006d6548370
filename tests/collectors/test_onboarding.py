from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pysnmp.proto.api import v2c

from collectors.__main__ import main
from collectors.load import LoadContract
from collectors.onboarding import AUTO, Measured, capabilities, onboard, propose, quality, software
from collectors.onboarding_text import as_json, as_text
from domain.clock import FixedClock
from domain.errors import DeviceProtocolError, DeviceTimeoutError
from domain.metric import Readings
from domain.metrics import ont
from domain.metrics.olt import OLT_DESCR, OLT_SOFTWARE
from domain.olt import CliAccess, OltWalk
from domain.reading import Reading, Reason, Source, known, missing
from domain.secret import Secret
from tests.collectors.conformance.suite import target_of
from tests.collectors.olt_kit import PASSWORD, site, tiny_agent

AT = datetime(2019, 5, 9, tzinfo=UTC)


def said(**readings: str) -> OltWalk:
    names = {"descr": OLT_DESCR, "software": OLT_SOFTWARE}
    return OltWalk("O", AT, Readings({names[key]: known(text, AT, Source()) for key, text in readings.items()}))


@pytest.mark.parametrize(
    ("walk", "version"),
    [
        (said(descr="R6.2.04 NFXS-E FANT-F NOKIA ISAM"), "R6.2.04"),
        (said(descr="NFXS-E FANT-F ISAM 6.5.02r"), "6.5.02r"),
        (said(descr="C320 Version V2.1.0 Software, Copyright"), "V2.1.0"),
        (said(descr="Huawei Integrated Access Software", software="MA5800V100R019C11"), "MA5800V100R019C11"),
        (said(descr="Huawei Integrated Access Software"), None),
        (said(), None),
    ],
)
def test_the_software_is_what_the_olt_says_or_its_description(walk: OltWalk, version: str | None) -> None:
    assert software(walk) == version


def test_capabilities_tell_what_answered_what_was_empty_and_what_is_not_given() -> None:
    declared = {ont.ONT_RX_DBM, ont.ONT_TX_DBM, ont.ONT_DISTANCE_M}
    timeout: Reading[Any] = missing(Reason.TIMEOUT, AT)
    offline: Reading[Any] = missing(Reason.OFFLINE, AT)
    bags = [
        Readings({ont.ONT_RX_DBM: known(-19.0, AT, Source()), ont.ONT_TX_DBM: offline}),
        Readings({ont.ONT_RX_DBM: offline, ont.ONT_TX_DBM: offline}),
        Readings({ont.ONT_TX_DBM: timeout}),
    ]
    groups = {one.group: one for one in capabilities(declared, bags)}
    levels = groups["ont_optics"]
    assert levels.answered == ("ont.rx_power_dbm",)
    assert levels.empty == {"ont.tx_power_dbm": Reason.OFFLINE}
    assert "ont.bias_ma" in levels.not_given
    assert groups["ont_distance"].empty == {"ont.distance_m": Reason.NOT_READ}
    told = [key for one in groups.values() for key in (*one.answered, *one.empty, *one.not_given)]
    assert len(told) == len(set(told))


def measured(round_trip_s: float, together_s: float, repeated: int = 0) -> Measured:
    return Measured((round_trip_s,) * 8, together_s, repeated=repeated, varbinds=9_100)


def test_an_olt_far_away_gets_a_window_and_a_slow_one_none() -> None:
    assert propose(measured(0.020, 0.020)).window == 12  # all came back together: only the way takes time
    assert propose(measured(0.020, 0.240)).window == 1  # one after the other: the OLT is the limit
    assert propose(measured(0.020, 0.240)).pdus_per_s == 25.0  # half of what it showed
    assert propose(measured(0.001, 0.001)).pdus_per_s == 500.0
    assert propose(measured(3.0, 36.0)).pdus_per_s == 5.0


def test_a_lost_request_halves_the_proposal() -> None:
    calm, lossy = propose(measured(0.020, 0.060)), propose(measured(0.020, 0.060, repeated=1))
    assert (lossy.window, lossy.pdus_per_s) == (calm.window // 2, calm.pdus_per_s / 2)
    assert calm.varbinds_per_cycle == 14_000


@given(st.floats(0, 100), st.floats(0, 100), st.integers(0, 3))
def test_whatever_was_measured_the_proposal_is_a_contract(alone: float, together: float, repeated: int) -> None:
    contract = propose(measured(alone, together, repeated))
    assert isinstance(contract, LoadContract)
    assert 1 <= contract.first_window <= contract.window <= 12


def test_a_driver_says_what_it_misses() -> None:
    level, notes = quality("nokia_isam")
    assert level in {"bronze", "silver", "gold"}
    assert all(what and why for what, why in notes)


async def test_the_simulated_olt_is_recognised_measured_and_listed(tmp_path: Path) -> None:
    async with site(tmp_path, cli=True) as olt:
        access = olt.target.cli
        assert access is not None
        found = await onboard(replace(olt.target, vendor=AUTO), olt.clock)
        refused = await onboard(replace(olt.target, cli=replace(access, password=Secret("wrong"))), olt.clock)
    groups = {one.group: one for one in found.capabilities}
    assert found.target.vendor == "nokia_isam"
    assert found.software is not None
    assert "ont.rx_power_dbm" in groups["ont_optics"].answered
    assert {"uni.oper", "uni.rate"} <= set(groups["uni"].answered)
    assert groups["ont_identity"].empty["ont.password"] is Reason.NOT_SUPPORTED
    assert (len(found.walk.onts) > 500, found.cli_refusal, found.measured.repeated) == (True, "", 0)
    assert (refused.cli_refusal, len(refused.walk.onts)) == ("login refused", len(found.walk.onts))
    text, shown = as_text(found), json.loads(json.dumps(as_json(found)))
    assert "nokia_isam, version" in text
    assert "CLI ouverte" in text
    assert "CLI identifiants refusés" in as_text(refused)
    assert shown["cli"] == {"open": True, "refusal": ""}
    assert len(shown["inventory"]["onts"]) == len(found.walk.onts)
    assert PASSWORD not in text + json.dumps(shown)


async def test_a_wrong_community_is_silence_and_an_unknown_vendor_says_so(tmp_path: Path) -> None:
    async with site(tmp_path) as olt:
        with pytest.raises(DeviceTimeoutError):
            await onboard(replace(olt.target, community=Secret("wrong")), olt.clock, timeout_s=0.1)
    async with tiny_agent(
        lambda request: [request.reply([(oid, v2c.ObjectIdentifier(oid)) for oid in request.oids])]
    ) as stranger:
        with pytest.raises(DeviceProtocolError, match="no driver"):
            await onboard(target_of(AUTO, stranger.port), FixedClock(AT), timeout_s=2.0)


async def run(*arguments: str) -> int:
    """The command in a thread of its own, while this loop answers as the OLT."""
    return await asyncio.to_thread(main, [*arguments])


async def test_the_command_prints_the_report_and_its_exit_code_tells(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with site(tmp_path, cli=True) as olt:
        access = olt.target.cli
        assert isinstance(access, CliAccess)
        endpoint, cli = f"127.0.0.1:{olt.agent.port}", f"{access.username}@127.0.0.1:{access.port}"
        assert await run("onboard", endpoint, "--json") == 0
        assert json.loads(capsys.readouterr().out)["vendor"] == "nokia_isam"
        monkeypatch.setenv("OLT_CLI_PASSWORD", "wrong")
        assert await run("onboard", endpoint, "--cli", cli) == 1
        shown = capsys.readouterr()
        assert "Contrat de charge proposé" in shown.out
        assert "n'a pas pu être ouverte (identifiants refusés)" in shown.err
        assert await run("onboard", endpoint, "--community", "wrong", "--timeout", "0.1") == 1
        assert "communauté ou version ?" in capsys.readouterr().err
        assert await run("onboard", endpoint, "--cli", "nobody") == 2
        monkeypatch.delenv("OLT_CLI_PASSWORD")
        assert await run("onboard", endpoint, "--cli", cli) == 2  # no terminal to ask
        assert "OLT_CLI_PASSWORD" in capsys.readouterr().err
