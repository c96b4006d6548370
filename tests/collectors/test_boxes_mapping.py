"""From the names of real data models to metrics."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from collectors.boxes import mapping
from collectors.boxes import values as v
from collectors.boxes.mapping import DataModel, ModelFile, Vocabulary
from domain.identifiers import MacAddress
from domain.metrics import box as m
from domain.reading import Reason
from domain.states import Oper, PppStatus
from tests.collectors.boxes_support import IGD, NOW, TREE_098
from tests.shared import shared_dir

VOCABULARY = Vocabulary.load()
TR098, TR181 = VOCABULARY.models


def _tree(name: str) -> dict[str, str | None]:
    path: Path = shared_dir() / "cwmp/trees" / name
    csv.field_size_limit(10_000_000)
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {row["Parameter"]: row["Value"] for row in rows if row["Object"] == "false"}


def _decode(model: DataModel, tree: dict[str, str | None]):
    plan = model.plan(tree)
    wholes = tuple(name for name in plan if name.endswith("."))
    given = {name: value for name, value in tree.items() if name in plan or name.startswith(wholes or ("-",))}
    return model.decode(given, NOW, dict.fromkeys(plan)), plan


def test_the_root_is_detected_from_the_names() -> None:
    assert VOCABULARY.detect(["InternetGatewayDevice.DeviceSummary"]) is TR098
    assert VOCABULARY.detect(["Device.DeviceInfo.SoftwareVersion", "X"]) is TR181
    assert VOCABULARY.detect(["X_VENDOR.Thing"]) is None
    assert VOCABULARY.detect([]) is None


@pytest.mark.parametrize(("status", "age"), [("Connected", 77), ("Connecting", None), ("Disconnected", None)])
def test_the_age_of_a_tr181_connection_is_told_while_it_is_up_alone(status: str, age: int | None) -> None:
    """LastChange of a link that is down is how long it has been down (TR-181 PPP.Interface)."""
    ppp = "Device.PPP.Interface.1."
    tree: dict[str, str | None] = {f"{ppp}Enable": "1", f"{ppp}ConnectionStatus": status, f"{ppp}LastChange": "77"}
    readings, _ = _decode(TR181, tree)
    assert readings.value(m.BOX_WAN_UPTIME_S) == age


def test_a_real_huawei_tree_gives_the_connection_in_use() -> None:
    readings, plan = _decode(TR098, _tree("tr098_huawei_EG8145V5_gpon.csv"))
    assert len(plan) < 128  # one GetParameterValues
    assert readings.value(m.BOX_PPP_STATUS) is PppStatus.CONNECTED
    assert readings.value(m.BOX_WAN_IP) == "192.168.89.198"  # WANConnectionDevice 4, not 1
    assert readings.value(m.BOX_MAC) == MacAddress("942533D8EF59")
    assert readings.value(m.BOX_WAN_LINK) is Oper.UP
    assert readings.value(m.BOX_UPTIME_S) == 89910
    assert readings.value(m.BOX_INFORM_INTERVAL_S) == 56
    assert readings.value(m.BOX_CPU_PERCENT) == 57
    assert readings.value(m.BOX_MEMORY_FREE_KB) == 120072
    assert readings.value(m.BOX_TEMPERATURE_C) == 45.0
    assert readings.value(m.BOX_DNS_SERVERS) == ("192.168.88.1",)
    assert (readings.value(m.BOX_OPTICAL_RX_DBM), readings.value(m.BOX_OPTICAL_TX_DBM)) == (-3.0, 2.0)


def test_a_real_nokia_tree_is_read() -> None:
    readings, _ = _decode(TR098, _tree("tr098_nokia_G-1425G-A_gpon.csv"))
    assert readings.value(m.BOX_PPP_STATUS) is PppStatus.CONNECTED
    assert readings.value(m.BOX_WAN_IP) == "192.168.89.190"
    assert readings.value(m.BOX_FIRMWARE) == "3FE49568IJIJ23"


def test_a_real_tr181_tree_is_read_by_its_upstream_port() -> None:
    readings, _ = _decode(TR181, _tree("tr181_tplink_EX220.csv"))
    assert readings.value(m.BOX_MAC) == MacAddress("1E61B4921D68")  # Ethernet.Interface.7, the only upstream one
    assert readings.value(m.BOX_WAN_LINK) is Oper.UP
    assert readings.value(m.BOX_PPP_STATUS) is PppStatus.DISCONNECTED
    assert readings[m.BOX_WAN_IP].reason is Reason.NO_READING
    assert readings.value(m.BOX_FIRMWARE) == "0.14.0 2.0.0 v605f.0 Build 221227 Rel.55257n"


def test_every_name_of_the_mapping_is_in_the_standard_or_said_to_be_a_vendors() -> None:
    bbf = shared_dir() / "cwmp/bbf"
    with (Path(mapping.__file__).parent / "mapping.yaml").open(encoding="utf-8") as file_:
        standard = [DataModel(ModelFile.model_validate(item)) for item in yaml.safe_load(file_)]
    beyond = {  # TR-104, and what boxes with a TR-181 manner have in their TR-098 tree
        "Services.VoiceService.*.VoiceProfile.*.Line.*.Enable",
        "Services.VoiceService.*.VoiceProfile.*.Line.*.Status",
        "Services.VoiceService.*.VoiceProfile.*.Line.*.CallState",
        "LANDevice.*.LANEthernetInterfaceConfig.*.Name",
    }
    for model, file in ((standard[0], "tr098-1.8-params.tsv"), (standard[1], "tr181-2.15.1-cwmp-params.tsv")):
        text = (bbf / file).read_text(encoding="utf-8")
        known = {line.split("\t")[0].replace("{i}", "*") for line in text.splitlines()}
        wanted = {name.replace(".LANDevice.1.", ".LANDevice.*.") for name in model._templates}
        assert {name.removeprefix(model.root) for name in wanted - known} - beyond == set()


def test_a_management_connection_is_not_shown_as_the_address_of_the_box() -> None:
    tree = dict(TREE_098)
    for name in tree:
        if name.endswith("ExternalIPAddress"):
            tree[name] = "0.0.0.0"
        if name.endswith("ConnectionStatus"):
            tree[name] = "Disconnected"
    tree[IGD + "WANDevice.3.WANConnectionDevice.2.WANIPConnection.1.ConnectionStatus"] = "Connected"
    tree[IGD + "WANDevice.3.WANConnectionDevice.2.WANIPConnection.1.ExternalIPAddress"] = "10.1.2.3"
    readings, _ = _decode(TR098, tree)
    assert readings[m.BOX_WAN_IP].reason is Reason.NO_READING
    assert readings.value(m.BOX_PPP_STATUS) is PppStatus.DISCONNECTED


def test_without_ppp_the_connected_ip_connection_is_the_one() -> None:
    path = IGD + "WANDevice.1.WANConnectionDevice.7.WANIPConnection.2."
    tree: dict[str, str | None] = {path + "ConnectionStatus": "Connected", path + "ExternalIPAddress": "203.0.113.4"}
    readings, _ = _decode(TR098, tree)
    assert readings.value(m.BOX_WAN_IP) == "203.0.113.4"
    assert readings[m.BOX_PPP_STATUS].reason is Reason.NOT_SUPPORTED


def test_among_connections_that_are_all_down_the_enabled_one_is_shown() -> None:
    base = IGD + "WANDevice.1.WANConnectionDevice.1.WANPPPConnection."
    tree: dict[str, str | None] = {}
    for number, enabled in ((1, "false"), (12, "1"), (2, "0")):
        tree[f"{base}{number}.ConnectionStatus"] = "Disconnected"
        tree[f"{base}{number}.Enable"] = enabled
        tree[f"{base}{number}.LastConnectionError"] = f"ERROR_{number}"
    readings, _ = _decode(TR098, tree)
    assert readings.value(m.BOX_PPP_LAST_ERROR) == "ERROR_12"


def test_a_refused_name_is_not_supported_and_another_fault_is_an_error() -> None:
    readings = TR098.decode({}, NOW, {IGD + "DeviceInfo.UpTime": 9005, IGD + "DeviceInfo.SoftwareVersion": 9002})
    assert readings[m.BOX_UPTIME_S].reason is Reason.NOT_SUPPORTED
    assert readings[m.BOX_FIRMWARE].reason is Reason.ERROR


def test_a_mapping_that_names_what_does_not_exist_is_refused_at_load() -> None:
    good = TR098.file.model_dump()
    for change in (
        {"metrics": {"box.firmware": {"kind": "mac", "paths": ["A"]}}},
        {"metrics": {"box.firmware": {"kind": "text", "paths": ["{nothing}.A"]}}},
        {"second_look": "nothing"},
        {"unknown_key": 1},
    ):
        with pytest.raises(ValidationError):
            ModelFile.model_validate(good | change)


@pytest.mark.parametrize(
    ("read", "text", "value"),
    [
        (v.boolean, "True", True),
        (v.boolean, " 0 ", False),
        (v.boolean, "", None),
        (v.unsigned, " 42 ", 42),
        (v.unsigned, "", None),
        (v.instant, "2019-05-09T10:29:00+02:00", datetime(2019, 5, 9, 8, 29, tzinfo=UTC)),
        (v.instant, "2019-05-09T08:29:00", datetime(2019, 5, 9, 8, 29, tzinfo=UTC)),
        (v.instant, "2019-05-09T08:29:00.000Z", datetime(2019, 5, 9, 8, 29, tzinfo=UTC)),
        (v.instant, "0001-01-01T00:00:00Z", None),
        (v.instant, " ", None),
        (v.mac, "d8-d7-75-55-7e-90", MacAddress("D8D775557E90")),
        (v.mac, "00:00:00:00:00:00", None),
        (v.address, "0.0.0.0", None),
        (v.address, " 203.0.113.1 ", "203.0.113.1"),
        (v.addresses, "192.0.2.1, 0.0.0.0,2001:db8::1", ("192.0.2.1", "2001:db8::1")),
        (v.addresses, "", None),
        (v.percent, "7", 7),
        (v.celsius, "-3", -3.0),
        (v.celsius, "-274", None),
        (v.dbm, "", None),
        (v.dbm1000, "-12345", -12.345),
        (v.link, "NoLink", Oper.DOWN),
        (v.link, "Unavailable", None),
        (v.ppp_status, "Disconneting", PppStatus.DISCONNECTING),
        (v.ppp_status, "connected", PppStatus.CONNECTED),
        (v.text_value, "  ", None),
    ],
)
def test_texts_become_values(read, text: str, value: object) -> None:
    assert read(text) == value


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (v.boolean, "maybe"),
        (v.unsigned, "-1"),
        (v.unsigned, "\u0663"),
        (v.unsigned, "9" * 21),
        (v.instant, "yesterday"),
        (v.instant, "9999-12-31T23:59:59-14:00"),
        (v.mac, "d8d775"),
        (v.address, "300.1.1.1"),
        (v.percent, "101"),
        (v.dbm, "-80"),
        (v.dbm1000, "99999"),
        (v.addresses, "192.0.2.1,x"),
        (v.link, "Sideways"),
        (v.ppp_status, "Happy"),
    ],
)
def test_a_text_of_another_type_is_malformed(read, text: str) -> None:
    with pytest.raises(v.MalformedValueError):
        read(text)
