"""Every kind of fault, on plants of every vendor, beside a twin plant where nothing happens."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from domain.identifiers import OntName
from simulators.cli_ssh.huawei import HuaweiShell
from simulators.cli_ssh.shell import IsamShell
from simulators.cli_ssh.zte import ZteShell
from simulators.cwmp_box import tr098
from simulators.cwmp_box.model import Facts, Settings
from simulators.plant.description import EnvironmentPart
from simulators.plant.faults import discover
from simulators.plant.plant import Plant
from simulators.plant.random_plant import TEMPLATES, random_plant
from simulators.plant.stepped import SteppedClock
from simulators.snmp.ber import encode_oid, tlv
from simulators.snmp.view import PlantMib

KINDS = discover()
SEED = 2  # a G-PON board first
VENDORS = tuple(TEMPLATES)
# Neither vendor has a known column of errors or alarms of one ONT (facts: "Per-ONU BIP not found").
COUNT_NO_ERRORS = {"errors-up", "errors-down", "rogue-ont", "rogue-unknown"}
BLIND = {"zte_zxan": COUNT_NO_ERRORS, "fiberhome_an": COUNT_NO_ERRORS}
# What the plant remembers of a fault that is repaired: instants, counters, identities of sessions.
MEMORY = {
    *("changed_at", "last_up_at", "last_down_at", "last_gasp_at", "down_cause", "booted_at", "ppp_since", "session_id"),
    *("bytes_up", "bytes_down", "errors_up", "errors_down", "fec_corrected", "fec_lost", "ppp_last_error"),
}


def plant_of(vendor: str) -> Plant:
    """24 ONTs on two G-PON ports, their levels those of the calculation."""
    description = random_plant(SEED, 24, 2, vendor, EnvironmentPart())
    assert description.cards[0].technology == "gpon"
    return Plant(description, SteppedClock(description.clock.origin))


def struck(plant: Plant, kind: str) -> None:
    """Make it happen at once and for good, whatever the weather; the first target."""
    plant.apply(kind, plant.targets(kind)[0], when="always", period_s=0)


def parts(plant: Plant) -> dict[str, Any]:
    state = plant.state
    things: list[Any] = [state.olt, *state.cards, *state.pons.values(), *state.onts.values(), *state.boxes.values()]
    found = {
        (place, field.name): getattr(thing, field.name)
        for place, thing in enumerate(things)
        for field in fields(thing)
        if field.name not in MEMORY
    }
    return {str(key): value for key, value in found.items()} | {
        "platform": str(state.platform),
        "strangers": list(state.strangers),
    }


def snmp(plant: Plant) -> list[bytes] | None:
    view = PlantMib(plant)()
    if view is None:
        return None
    walk, rows = view.after((1, 0), tlv(6, encode_oid((1, 0)))), []
    while (row := walk.advance()) is not None:
        rows.append(row)
    return rows


def cli(name: str, plant: Plant, ont: OntName) -> str:
    """Everything that the command line of that vendor tells of an ONT and of what is not configured."""
    if name == "nokia_isam":
        place = f"{ont.rack}/{ont.shelf}/{ont.slot}/{ont.pon}/{ont.ont}"
        shell: Any = IsamShell(plant, "diag")
        lines = [
            f"info configure equipment ont interface {place}",
            *(f"show equipment ont {what} {place} detail" for what in ("interface", "optics")),
            f"show equipment ont status pon {place.rpartition('/')[0]}",
        ]
    elif name == "huawei_smartax":
        shell = HuaweiShell(plant, 0, alarms=False)
        lines = ["undo smart", "enable", "undo smart", "config", f"interface gpon {ont.shelf}/{ont.slot}"]
        lines += ["display board 0", "display ont autofind all"]
        lines += [f"display ont {what} {ont.pon} {ont.ont}" for what in ("info", "optical-info")]
        lines += [f"display ont port state {ont.pon} {ont.ont} eth-port all"]
        lines += [f"display ont version {ont.shelf} {ont.slot} {ont.pon} {ont.ont}"]
    else:
        shell = ZteShell(plant, 0, "channel", alarms=False)
        place = f"gpon-onu_{ont.shelf}/{ont.slot}/{ont.pon}:{ont.ont}"
        lines = ["show card", "show gpon onu uncfg", f"show gpon onu detail-info {place}"]
        lines += [f"show pon power attenuation {place}", f"show gpon remote-onu interface eth {place}"]
    return "\n".join(shell.execute(line).text for line in lines)


def box(plant: Plant, ont: OntName) -> list[str]:
    facts = Facts(
        plant.state.boxes[ont], plant.state.onts[ont], Settings(), plant.clock.now(), "http://acs", "http://box"
    )
    return [parameter.read(facts) for parameter in tr098.build().under("")]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("vendor", VENDORS)
def test_a_fault_shows_through_the_tables_of_the_olt_and_its_repair_leaves_no_trace(vendor: str, kind: str) -> None:
    plant, twin = plant_of(vendor), plant_of(vendor)
    struck(plant, kind)
    plant.advance(600)
    twin.advance(600)
    if "olt" in KINDS[kind].seen and kind not in BLIND.get(vendor, set()):
        assert snmp(plant) != snmp(twin)
    if kind not in {"olt-unreachable", "planned-works"}:
        assert parts(plant) != parts(twin) or kind in {"errors-up", "errors-down"}
    plant.repair("all")
    plant.advance(300)
    twin.advance(300)
    assert parts(plant) == parts(twin)


ON_THE_COMMAND_LINE = {kind for kind, declared in KINDS.items() if "olt" in declared.seen} - {
    *COUNT_NO_ERRORS,
    *("olt-unreachable", "box-off"),  # the session is cut; a Nokia's CLI tells no user port
    *("uni-unplugged", "bad-negotiation", "area-power-cut", "box-reboot-loop"),
}


@pytest.mark.parametrize("kind", sorted(ON_THE_COMMAND_LINE))
@pytest.mark.parametrize("vendor", ["nokia_isam", "huawei_smartax", "zte_zxan"])
def test_a_fault_shows_through_the_command_line(vendor: str, kind: str) -> None:
    plant, twin = plant_of(vendor), plant_of(vendor)
    target = plant.targets(kind)[0]
    struck(plant, kind)
    if (vendor, kind) == ("zte_zxan", "firmware-not-planned"):
        return  # no command that tells versions is known of it
    ont = plant.find(KINDS[kind].target, target).onts[0]
    assert cli(vendor, plant, ont) != cli(vendor, twin, ont)


@pytest.mark.parametrize("kind", [kind for kind, declared in KINDS.items() if "box" in declared.seen])
def test_a_fault_shows_in_the_box_or_silences_it(kind: str) -> None:
    plant, twin = plant_of("nokia_isam"), plant_of("nokia_isam")
    struck(plant, kind)
    onts = plant.find(KINDS[kind].target, plant.targets(kind)[0]).onts
    plant.advance(60)
    twin.advance(60)
    assert any(
        not plant.state.boxes[ont].management_up or box(plant, ont) != box(twin, ont) or kind == "bad-negotiation"
        for ont in onts
    )


def test_a_level_is_the_same_through_every_window() -> None:
    plant = plant_of("huawei_smartax")
    ont = next(iter(plant.layout.onts))
    plant.apply("dirty-connector", str(ont), loss_db=3.0)
    text = cli("huawei_smartax", plant, ont)
    rx = plant.state.onts[ont].rx_dbm
    assert rx is not None
    assert f"Rx optical power(dBm)                  : {rx:.2f}" in text
    column = (1, 3, 6, 1, 4, 1, 2011, 6, 128, 1, 1, 2, 51, 1, 4)
    index = (0xFA000000 + ont.slot * 0x2000 + ont.pon * 0x100, ont.ont)
    view = PlantMib(plant)()
    assert view is not None
    value = view.get((*column, *index))
    assert int.from_bytes(value[2:], "big", signed=True) == round(rx * 100)
