"""Tables of boxes out of real trees: ports, radios, networks, clients with their level, hosts."""

from __future__ import annotations

from collectors.boxes.mapping import Vocabulary
from collectors.boxes.settings import AcsSettings
from domain.box_tables import Attachment, Duplex
from domain.identifiers import MacAddress
from domain.metrics import box as m
from domain.metrics import box_tables as t
from domain.reading import Reason
from domain.states import Oper
from tests.collectors.boxes_support import DEVICE, IGD, TREE_098, world
from tests.collectors.test_boxes_mapping import TR098, TR181, _decode, _tree

WLAN = IGD + "LANDevice.1.WLANConfiguration."


def test_a_real_nokia_box_names_its_ports_and_the_level_of_its_wifi_clients() -> None:
    readings, plan = _decode(TR098, _tree("tr098_nokia_G-1425G-A_gpon.csv"))
    clients = readings.value(t.BOX_WIFI_CLIENTS)
    assert clients is not None
    assert clients[0].mac == MacAddress("3C0630D5643D")
    assert clients[0].rssi_dbm == -45.0
    assert clients[0].rate_down_kbps == 144400
    assert clients[0].network == WLAN + "1."
    assert readings.value(m.BOX_WIFI_RSSI_DBM) == min(c.rssi_dbm for c in clients if c.rssi_dbm is not None)
    networks = readings.value(t.BOX_WIFI_NETWORKS)
    assert networks is not None
    assert networks[0].bssid == MacAddress("9075BCC71B54")
    hosts = readings.value(t.BOX_HOSTS)
    assert hosts is not None
    assert (hosts[0].ip, hosts[0].attachment, hosts[0].active) == ("192.168.6.64", Attachment.WIFI, True)
    ports = readings.value(t.BOX_LAN_PORTS)
    assert ports is not None
    assert (ports[0].name, ports[0].link, ports[0].speed_mbps) == ("eth0.0", Oper.DOWN, None)
    assert WLAN + "1.AssociatedDevice." in plan
    assert not any(".AssociatedDevice.1." in name for name in plan)


def test_a_real_huawei_box_without_clients_says_none_and_not_unknown() -> None:
    readings, _ = _decode(TR098, _tree("tr098_huawei_EG8145V5_gpon.csv"))
    assert readings.value(t.BOX_WIFI_CLIENTS) == ()
    assert readings[m.BOX_WIFI_RSSI_DBM].reason is Reason.NO_READING
    radios = readings.value(t.BOX_WIFI_RADIOS)
    assert radios is not None
    assert (radios[0].channel, radios[0].auto_channel, radios[0].enabled) == (2, True, True)
    lines = readings.value(t.BOX_VOICE_LINES)
    assert lines is not None
    assert (lines[0].enabled, lines[0].status) == (False, "Disabled")


def test_a_real_tr181_box_links_its_clients_to_their_network_and_that_to_its_radio() -> None:
    readings, _ = _decode(TR181, _tree("tr181_tplink_EX220.csv"))
    ports = readings.value(t.BOX_LAN_PORTS)
    assert ports is not None
    assert ports[0].name == "LAN"  # TP-Link's alias comes before Name
    assert (ports[0].speed_mbps, ports[0].duplex) == (1000, Duplex.FULL)
    assert "Device.Ethernet.Interface.7." not in {port.path for port in ports}  # the WAN
    clients = readings.value(t.BOX_WIFI_CLIENTS)
    assert clients is not None
    assert [(c.network, c.rssi_dbm) for c in clients][:2] == [
        ("Device.WiFi.SSID.1.", -34.0),
        ("Device.WiFi.SSID.3.", -55.0),
    ]
    networks = {row.path: row for row in readings.value(t.BOX_WIFI_NETWORKS) or ()}
    assert networks["Device.WiFi.SSID.1."].radio == "Device.WiFi.Radio.1."
    radios = {row.path: row for row in readings.value(t.BOX_WIFI_RADIOS) or ()}
    assert radios["Device.WiFi.Radio.1."].band == "2.4GHz"
    assert readings.value(m.BOX_WIFI_RSSI_DBM) == -55.0


def test_the_names_of_a_real_sagemcom_box_are_known() -> None:
    tree: dict[str, str | None] = {
        "Device.DeviceInfo.ExternalFirmwareVersion": "SG4K100208",
        "Device.Ethernet.Interface.1.Status": "Up",
        "Device.Ethernet.Interface.1.Diagnostics.CurrentBitRate": "1000",
        "Device.Ethernet.Interface.1.Diagnostics.CurrentDuplexMode": "Full",
        "Device.WiFi.Radio.2.X_SAGEMCOM_COM_ChannelUtilization": "73",
    }
    readings, _ = _decode(TR181, tree)
    ports = readings.value(t.BOX_LAN_PORTS)
    assert ports is not None
    assert (ports[0].speed_mbps, ports[0].duplex, ports[0].link) == (1000, Duplex.FULL, Oper.UP)
    assert readings.value(m.BOX_FIRMWARE) == "SG4K100208"
    assert readings.value(m.BOX_WIFI_BUSY_PERCENT) == 73.0


def test_rubbish_in_a_column_costs_that_column_only() -> None:
    tree: dict[str, str | None] = {
        WLAN + "1.SSID": "maison",
        WLAN + "1.BSSID": "not a mac",
        WLAN + "1.Channel": "auto",
        WLAN + "12.SSID": None,
    }
    readings, _ = _decode(TR098, tree)
    networks = readings.value(t.BOX_WIFI_NETWORKS)
    assert networks is not None
    assert [(n.path, n.ssid, n.bssid) for n in networks] == [(WLAN + "1.", "maison", None), (WLAN + "12.", None, None)]


def test_a_box_without_a_table_does_not_support_it() -> None:
    readings, _ = _decode(TR098, dict(TREE_098))
    scanned = {t.BOX_WIFI_NEIGHBOURS}  # it comes from a scan, never from a read
    assert {readings[table].reason for table in {*t.TABLES} - scanned} == {Reason.NOT_SUPPORTED}


async def test_clients_that_come_and_go_cost_no_discovery() -> None:
    tree = dict(TREE_098) | {WLAN + "1.SSID": "maison", WLAN + "1.Channel": "6"}
    async with world(settings=AcsSettings()) as here, here.box(tree=tree).listening() as box:
        await box.session("0 BOOTSTRAP")
        empty = here.store.observations[-1][t.BOX_WIFI_CLIENTS]
        assert empty.reason is Reason.NOT_SUPPORTED  # this box refuses an object that is empty (9005)
        box.tree[WLAN + "1.AssociatedDevice.4.AssociatedDeviceMACAddress"] = "02:00:00:00:00:04"
        box.tree[WLAN + "1.AssociatedDevice.4.X_BROADCOM_COM_RSSI"] = "-81"
        box.rpcs.clear()
        readings = (await here.app.gateway.read(here.known(DEVICE), 3)).readings
    assert box.rpcs == ["GetParameterValues", "GetParameterNames", "GetParameterValues"]
    assert not any(name.endswith(".") for names in box.asked for name in names)  # no object asked whole: it kills some
    assert readings.value(m.BOX_WIFI_RSSI_DBM) == -81.0
    assert Vocabulary.load().metrics()
