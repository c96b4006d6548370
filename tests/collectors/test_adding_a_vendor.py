"""Follows docs/adding-a-vendor.md: writes its files, records the simulated plant, and reads it with the new driver."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from collectors import register
from collectors.inspection import as_text
from collectors.snmp.client import Exchange, UdpSnmpClient
from collectors.snmp.values import Agent, Kind, VarBind, dotted
from domain.clock import WallClock
from domain.metrics import olt, ont
from domain.secret import Secret
from domain.snapshot import Outcome
from domain.states import Oper
from simulators.clock import SharedClock
from simulators.plant.description import load
from simulators.plant.plant import Plant
from simulators.run import DEMO_PLANT
from simulators.snmp.agent import SnmpAgent
from simulators.snmp.replay import serve
from tests.collectors.conformance.suite import target_of

PAGE = Path(__file__).resolve().parents[2] / "docs" / "adding-a-vendor.md"
_FILE = re.compile(r"^```\w+ file=(\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_OF_THE_VENDOR = re.compile(r"^1\.3\.6\.1\.4\.1\.2011\.")


@pytest.fixture
def vendor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[register.Vendor]:
    folder = tmp_path / "vendors_of_a_page" / "acme_gpon"
    folder.mkdir(parents=True)
    (folder.parent / "__init__.py").write_text("")
    for name, text in _FILE.findall(PAGE.read_text("utf-8")):
        (folder / name).write_text(text, "utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield register.drivers("vendors_of_a_page")["acme_gpon"]
    for name in [name for name in sys.modules if name.partition(".")[0] == "vendors_of_a_page"]:
        del sys.modules[name]


def _line(varbind: VarBind) -> str:
    """A line of a recording, with the enterprise number that the page invents."""
    value, tag = varbind.value, str(int(varbind.kind))
    text = dotted(value) if isinstance(value, tuple) else str(value)
    if isinstance(value, bytes):
        tag, text = f"{tag}x", value.hex()
    name, text = (_OF_THE_VENDOR.sub("1.3.6.1.4.1.64999.", item) for item in (dotted(varbind.oid), text))
    return f"{name}|{tag}|{text}"


async def recorded(port: int) -> list[str]:
    """Every row of an agent, one GETBULK after the other."""
    lines: list[str] = []
    at: tuple[int, ...] = (1, 3)
    async with UdpSnmpClient() as client:
        exchange = Exchange.within(Agent("127.0.0.1", port, Secret("public")), 60)
        while True:
            answer = await client.bulk(exchange, [at], 60)
            assert answer.reason is None
            lines += [_line(varbind) for varbind in answer.columns[0] if varbind.kind is not Kind.END_OF_MIB]
            if answer.columns[0][-1].kind is Kind.END_OF_MIB:
                return lines
            at = answer.columns[0][-1].oid


async def test_the_page_makes_a_driver_that_reads_a_recording_of_the_simulator(
    vendor: register.Vendor, tmp_path: Path
) -> None:
    description = load(DEMO_PLANT.with_name("huawei.yaml"))
    with SharedClock.create(tmp_path / "clock", description.clock.origin) as clock:
        plant = Plant(description, clock)
        async with SnmpAgent(plant, "127.0.0.1", 0, "public") as agent:
            rows = await recorded(agent.port)
        state = plant.state

    assert len(rows) > 1000
    (tmp_path / "acme.snmprec").write_text("\n".join(rows), "utf-8")
    driver = vendor.driver(WallClock(), register.Site())
    async with serve(tmp_path / "acme.snmprec", "127.0.0.1", 0) as replay:
        target = target_of("acme_gpon", replay.port)
        try:
            walk = await driver.walk(target, 30)
            place = next(name for name, told in state.onts.items() if told.provisioned and told.oper_up)
            read = await driver.read_ont(target, place, 10)
            port = await driver.read_pon(target, place, 10)
        finally:
            await driver.close()

    told = {name: ont_state for name, ont_state in state.onts.items() if ont_state.provisioned}
    assert [row.name for row in walk.onts] == sorted(told)
    assert [row.name for row in walk.pon_ports] == sorted(state.pons)
    assert walk.gaps == ()
    for row in walk.onts:
        assert row.readings.value(ont.ONT_OPER) is (Oper.UP if told[row.name].oper_up else Oper.DOWN)
        assert row.readings.value(ont.ONT_SERIAL) == told[row.name].serial
    assert read.sources[0].outcome is Outcome.OK
    assert read.readings.value(ont.OLT_RX_DBM) == pytest.approx(told[place].olt_rx_dbm, abs=0.006)
    assert read.readings.value(ont.UNI_OPER) is (Oper.UP if told[place].uni_up else Oper.DOWN)
    assert read.readings.value(olt.CARD_OPER) is Oper.UP
    assert {row.name for row in port.onts} == {name for name in told if name.pon_name == place.pon_name}
    assert "ONT (" in as_text(target, walk)


def test_the_new_vendor_is_found_without_editing_a_list(vendor: register.Vendor) -> None:
    assert vendor.recognises((1, 3, 6, 1, 4, 1, 64999, 2, 123), "")
    assert not vendor.recognises((1, 3, 6, 1, 4, 1, 2011, 2, 123), "")
    assert {ont.ONT_SERIAL, ont.ONT_PROVISIONED} <= vendor.driver(WallClock(), register.Site()).capabilities
    quality = yaml.safe_load(dict(_FILE.findall(PAGE.read_text("utf-8")))["quality.yaml"])
    assert (quality["vendor"], quality["level"]) == ("acme_gpon", "bronze")
