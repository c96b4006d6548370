"""Tables of command lines in the variants that other firmware and other OLTs print; every row here is made up."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from collectors.cli.sheet import Sheet
from collectors.vendors.huawei_smartax import cli_parse as huawei_ont
from collectors.vendors.huawei_smartax import cli_tables as huawei
from collectors.vendors.zte_zxan import cli_parse as zte_ont
from collectors.vendors.zte_zxan import cli_tables as zte
from domain.identifiers import OntName, PonName
from domain.metrics import olt, ont
from domain.olt import CardRow, DiscoveredRow, OntRow
from domain.reading import Reason
from domain.states import Admin, EthernetRate, Negotiation, Oper

AT = datetime(2019, 5, 9, 8, 0, tzinfo=UTC)
RULE = "  " + "-" * 77
TITLES = f"""{RULE}
  F/S/P   ONT         SN         Control     Run      Config   Match    Protect
                     ID                     flag        state    state    state    side
{RULE}
"""
ROWS = """  0/{slot}/0    0  4857544300000001  active      online   normal   match    no
  0/{slot}/0    1  4857544300000002  deactivated offline  failed   initial  no
  0/{slot}/0    2  4857544300000003  active      -        -        -        yes
  0/{slot}/0  101  4857544300000004  active      online   config   mismatch no  extra words
"""


def states(rows: list[OntRow] | Reason) -> dict[int, Oper | None]:
    assert isinstance(rows, list), rows
    return {row.name.ont: row.readings.value(ont.ONT_OPER) for row in rows}


def listed(text: str, slot: int = 2) -> list[OntRow] | Reason:
    return huawei.onts(text, PonName(0, 0, slot, 0), AT, "display")


@pytest.mark.parametrize("slot", [2, 12], ids=["one digit", "two digits"])
@pytest.mark.parametrize(
    "total", ["total of ONTs are: 4, online: 2", "total number of ONTs is: 4", "total of ONT is : 4"]
)
def test_no_row_of_a_port_is_dropped_for_its_slot_or_its_states(slot: int, total: str) -> None:
    rows = ROWS.format(slot=f" {slot}" if slot < 10 else slot)
    described = f"{RULE}\n  F/S/P   ONT-ID   Description\n{RULE}\n  0/ {slot}/0       0   online active 1 2 3\n"
    text = f"{TITLES}{rows}{described}{RULE}\n  In port 0/ {slot}/0 , the {total}\n{RULE}\n"
    found = listed(text, slot)
    assert states(found) == {0: Oper.UP, 1: Oper.DOWN, 2: None, 101: Oper.UP}
    assert isinstance(found, list)
    assert found[1].readings.value(ont.ONT_ADMIN) is Admin.LOCKED
    assert found[2].readings[ont.ONT_OPER].reason is Reason.NO_READING
    assert str(found[3].readings.value(ont.ONT_SERIAL)) == "HWTC00000004"


def test_a_table_that_lost_a_row_is_not_believed_and_an_empty_port_is_empty() -> None:
    short = "".join(ROWS.format(slot=" 2").splitlines(keepends=True)[1:])
    assert listed(f"{TITLES}{short}{RULE}\n  In port 0/ 2/0 , the total of ONTs are: 4\n") is Reason.MALFORMED
    assert listed("  Failure: There is no ONT available\n") == []
    assert listed("  Failure: The board does not exist\n") is Reason.NO_READING
    assert listed("  % Unknown command, the error locates at '^'\n") is Reason.NOT_SUPPORTED
    assert listed("") is Reason.MALFORMED


def test_boards_of_a_frame_with_empty_slots_and_a_failed_one() -> None:
    text = f"""{RULE}
  SlotID  BoardName  Status          SubType0 SubType1    Online/Offline
{RULE}
  0
  1       H901GPHF   Normal
  2       H903XSHF   Failed                               Offline
  9       H902MPLB   Active_normal   CPCF
  10      H902MPLB   Standby_failed  CPCF                 Offline
{RULE}
"""
    found = huawei.boards(text, AT, "display board 0")
    assert isinstance(found, list)
    assert [(card.name, card.slot, card.readings.value(olt.CARD_OPER)) for card in found] == [
        ("0/1", 1, Oper.UP),
        ("0/2", 2, Oper.DOWN),
        ("0/9", None, Oper.UP),
        ("0/10", None, Oper.DOWN),
    ]
    assert found[3].readings.value(olt.CARD_ERROR) == "standby-failed"


def test_onts_heard_and_not_configured_one_block_each() -> None:
    block = """   Number              : {0}
   F/S/P               : 0/11/{0}
   Ont SN              : 48575443A0000{0}0F (HWTC-A0000{0}0F)
   Password            : 0x00000000000000000000
   Loid                :
   VendorID            : HWTC
   Ont SoftwareVersion : V5R019
   A new field         : whatever
"""
    text = f"{RULE}\n{block.format(1)}{RULE}\n{block.format(2)}{RULE}\n   The number of GPON autofind ONT is 2\n"
    found = huawei.autofind(text, AT, "display ont autofind all")
    assert isinstance(found, list)
    assert [(row.pon, str(row.readings.value(ont.ONT_SERIAL_SEEN))) for row in found] == [
        (PonName(0, 0, 11, 1), "HWTCA000010F"),
        (PonName(0, 0, 11, 2), "HWTCA000020F"),
    ]
    assert huawei.autofind("  Failure: The automatically found ONTs do not exist\n", AT, "x") == []
    assert huawei.autofind("", AT, "x") is Reason.MALFORMED


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("  System up time: 11 day 22 hour 5 minute 17 second", 11 * 86400 + 22 * 3600 + 5 * 60 + 17.0),
        ("  System up time: 3 days 0 hours 1 minutes", 3 * 86400 + 60.0),
        ("  % Unknown command", None),
    ],
)
def test_the_up_time_of_a_huawei_olt(text: str, seconds: float | None) -> None:
    paper = Sheet(AT, "display sysuptime")
    huawei.uptime(text, paper)
    assert paper.readings.value(olt.OLT_UPTIME_S) == seconds


def test_the_user_ports_of_an_ont_the_one_with_a_link_first() -> None:
    text = f"""{RULE}
  ONT-ID   ONT      ONT       Speed(Mbps)   Duplex   LinkState  RingStatus  LoopStatus
           port-ID  Port-type
{RULE}
       1         1         GE -             -        down       noloop      -
       1         2        ETH -             -        -          -           -
       1        10         GE auto_1000     AUTO_FULL UP        noloop      -
       2         1         GE 100           half     up         noloop      -
{RULE}
"""
    paper = Sheet(AT, "display")
    huawei_ont.ports(text, OntName(0, 0, 1, 0, 1), paper)
    values = paper.readings
    assert values.value(ont.UNI_OPER) is Oper.UP
    assert values.value(ont.UNI_RATE) is EthernetRate.GIGABIT
    assert values.value(ont.UNI_NEGOTIATION) is Negotiation.AUTO
    down = Sheet(AT, "display")
    huawei_ont.ports("\n".join(line for line in text.splitlines() if " 10 " not in line), OntName(0, 0, 1, 0, 1), down)
    assert down.readings.value(ont.UNI_OPER) is Oper.DOWN
    assert down.readings[ont.UNI_RATE].reason is Reason.NO_READING


@pytest.mark.parametrize("racked", [True, False], ids=["with the rack", "without the rack"])
def test_cards_of_a_zte_olt(*, racked: bool) -> None:
    first, rack = ("Rack ", "1    ") if racked else ("", "")
    text = f"""{first}Shelf Slot CfgType RealType Port  HardVer SoftVer         Status
-------------------------------------------------------------------------------
{rack}1     1    GTGO    GTGOG    8     V1.0.0  V2.1.0          INSERVICE
{rack}1     2    GTGH             16                            OFFLINE
{rack}1     3    SMXA    SMXA     3     V1.0.0  V2.1.0          STANDBY
{rack}1     4    PRAM    PRAM     0     V1.0.0                  CONFIGING
"""
    found = zte.boards(text, AT, "show card")
    assert isinstance(found, list)
    told: list[tuple[CardRow, int]] = found
    assert [(card.name, card.slot, pons) for card, pons in told] == [
        ("1/1/1", 1, 8),
        ("1/1/2", 2, 16),
        ("1/1/3", None, 0),
        ("1/1/4", None, 0),
    ]
    assert [card.readings.value(olt.CARD_OPER) for card, _ in told] == [Oper.UP, Oper.DOWN, Oper.UP, Oper.DOWN]
    assert told[1][0].readings[olt.CARD_TYPE].reason is Reason.NO_READING


@pytest.mark.parametrize(
    "row",
    [
        "gpon-onu_1/3/7:1         ZTEGC0000855        unknown",
        "gpon-olt_1/3/7   N/A    ZTEGC0000855   N/A        N/A",
        "gpon_olt-1/3/7      F670LV9.0            ZTEGC0000855       N/A",
        "xgspon_onu-1/3/7:1  ZTEGC0000855  0000000000  initial",
    ],
)
def test_onus_heard_and_not_configured_in_every_layout(row: str) -> None:
    found = zte.heard(f"OnuIndex   Sn   State\n{'-' * 60}\n{row}\n", AT, "show")
    assert isinstance(found, list)
    told: list[DiscoveredRow] = found
    assert [(one.pon, str(one.readings.value(ont.ONT_SERIAL_SEEN))) for one in told] == [
        (PonName(1, 1, 3, 7), "ZTEGC0000855")
    ]


def test_nothing_heard_is_nothing_and_a_refusal_is_no_empty_list() -> None:
    assert zte.heard("%Code 32310-GPONSRV : No related information to show.\n", AT, "show") == []
    assert zte.heard("%Error 20201: Invalid input detected at '^' marker.\n", AT, "show") is Reason.NOT_SUPPORTED


def test_an_onu_is_not_taken_for_another_whose_name_ends_alike() -> None:
    paper = Sheet(AT, "show")
    zte_ont.detail("ONU interface:  gpon-onu_11/2/1:3\n  Phase state: working\n", OntName(1, 1, 2, 1, 3), UTC, paper)
    assert paper.readings[ont.ONT_OPER].reason is Reason.MALFORMED
