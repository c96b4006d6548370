"""The record of a box through the interface and on the page, out of real CWMP exchanges."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import httpx

from api.bootstrap import Service, running
from api.clock import WallTime
from api.serve import http
from api.services.boxes import BoxActivity
from api.settings import Settings
from domain.access import Access, TestName
from domain.identifiers import Id1
from domain.principal import Principal, Right
from storage.operators import Operator
from tests.collectors.boxes_support import DEVICE, IGD, TREE_098, Box
from tests.storage.samples import put_access

WHO = Principal("A", "support", frozenset(Right))
ID1 = Id1("F00000015")
WLAN = IGD + "LANDevice.1.WLANConfiguration.1."


class Later(WallTime):
    """The wall's clock, some hours ahead."""

    hours = 0.0

    def now(self):
        return super().now() + timedelta(hours=self.hours)


async def _provisioned(service: Service) -> str:
    await service.records.operators.put(Operator("A", "A"))
    access = Access("A", ID1, None, "MB FTTH Internet", "FTTHMB1P", None, box=DEVICE)
    await put_access(service.records, WHO, access)
    return (await service.records.tokens.issue(WHO, service.clock.now(), timedelta(days=1))).token.reveal()


async def test_the_seed_s_row_comes_out_of_a_real_exchange(tmp_path: Path) -> None:
    clock = Later()
    settings = Settings.ephemeral(tmp_path)
    async with running(settings, clock) as service, http(service, "127.0.0.1", 0) as port:
        token = await _provisioned(service)
        async with Box(f"http://127.0.0.1:{service.acs_port}/").listening() as box:
            assert (await box.session("0 BOOTSTRAP", "1 BOOT"))[-1] == 204
        clock.hours = 5  # the box has gone: its Informs have stopped
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=30) as client:
            asked = await client.post(f"/api/v1/accesses/{ID1}/diagnostics", json={"test": "Infos Box"})
            number = asked.json()["number"]
            async with client.stream("GET", f"/api/v1/diagnostics/{number}/events") as steps:
                async for _ in steps.aiter_lines():
                    pass
            told = (await client.get(f"/api/v1/diagnostics/{number}")).json()
            record = (await client.get(f"/api/v1/accesses/{ID1}/box")).json()
    rows = {row["label"]: row["value"] for block in told["blocks"] for row in block["rows"]}
    assert rows["Etat de la box"] == "INACTIF"
    assert rows["Version du Firmware"] == "9.29.65_F5350_Box"
    assert rows["Adresse MAC de la box"] == "D8D775557E90"
    values = {value["metric"]: value for value in record["values"]}
    assert record["activity"] == "INACTIF"
    assert values["box.firmware"]["value"] == "9.29.65_F5350_Box"
    assert values["box.firmware"]["source"] == f"cwmp:{IGD}DeviceInfo.SoftwareVersion"
    assert values["box.mac"]["value"] == "D8D775557E90"
    assert values["box.mac"]["at"] is not None


async def test_a_live_read_shows_ports_and_wifi_and_hosts_stay_out_of_diagnoses(tmp_path: Path) -> None:
    tree = dict(TREE_098) | {
        WLAN + "SSID": "maison",
        WLAN + "Channel": "6",
        WLAN + "AssociatedDevice.1.AssociatedDeviceMACAddress": "02:00:00:00:00:04",
        WLAN + "AssociatedDevice.1.X_BROADCOM_COM_RSSI": "-81",
        IGD + "LANDevice.1.Hosts.HostNumberOfEntries": "1",
        IGD + "LANDevice.1.Hosts.Host.1.HostName": "portable-de-test",
        IGD + "LANDevice.1.Hosts.Host.1.MACAddress": "02:00:00:00:00:04",
        IGD + "LANDevice.1.LANEthernetInterfaceConfig.1.Status": "Up",
        IGD + "LANDevice.1.LANEthernetInterfaceConfig.1.X_HW_Speed": "1000",
    }
    async with running(Settings.ephemeral(tmp_path), WallTime()) as service, http(service, "127.0.0.1", 0) as port:
        headers = {"Authorization": f"Bearer {await _provisioned(service)}"}
        async with (
            Box(f"http://127.0.0.1:{service.acs_port}/", tree=tree).listening() as box,
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=30) as client,
        ):
            await box.session("0 BOOTSTRAP")
            record = (await client.get(f"/api/v1/accesses/{ID1}/box", params={"live": True})).json()
            page = (await client.get(f"/acces/{ID1}/details")).text
            known = await service.records.accesses.get(WHO, ID1)
            snapshot = await service.diagnoses._line_test.snapshot(known, TestName("Infos Box"), lambda _: None)
    tables = {table["metric"]: table["rows"] for table in record["tables"]}
    assert record["live"]["outcome"] == "ok"
    assert record["activity"] == BoxActivity.ACTIVE
    assert tables["box.lan_ports"][0]["speed_mbps"] == 1000
    assert tables["box.wifi_clients"][0]["rssi_dbm"] == -81
    assert tables["box.hosts"][0]["name"] == "portable-de-test"
    assert {value["metric"]: value["value"] for value in record["values"]}["box.wifi_rssi_dbm"] == -81
    assert "portable-de-test" in page
    assert "Réseaux Wi-Fi de la box" in page
    assert "portable-de-test" not in repr(snapshot)


async def test_a_box_that_said_nothing_a_stranger_and_an_unknown_access(tmp_path: Path) -> None:
    async with running(Settings.ephemeral(tmp_path), WallTime()) as service, http(service, "127.0.0.1", 0) as port:
        headers = {"Authorization": f"Bearer {await _provisioned(service)}"}
        await service.records.operators.put(Operator("B", "B"))
        other = Principal("B", "agent", frozenset({Right.TEST}))
        stranger = (await service.records.tokens.issue(other, service.clock.now(), timedelta(days=1))).token.reveal()
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=30) as client:
            empty = await client.get(f"/api/v1/accesses/{ID1}/box")
            page = await client.get(f"/acces/{ID1}/details")
            unknown = await client.get("/api/v1/accesses/F99999999/box")
            wrong = await client.get("/api/v1/accesses/15/box")
            theirs = await client.get(f"/api/v1/accesses/{ID1}/box", headers={"Authorization": f"Bearer {stranger}"})
    assert (empty.json()["activity"], empty.json()["values"]) == (None, [])
    assert "n'a encore rien annoncé" in page.text or "n&#39;a encore rien annoncé" in page.text
    assert (unknown.status_code, wrong.status_code, theirs.status_code) == (404, 422, 404)
    assert unknown.headers["content-type"].startswith("application/problem+json")
