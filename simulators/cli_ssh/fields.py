"""The plant's ONTs in the words of the ISAM's CLI.

Names and types of fields come from captures of ``show equipment ont …`` and from public configuration commands
(``configure equipment ont interface … sw-ver-pland … sernum … subslocid …``). What the plant does not measure reads
``unknown``, as the ISAM prints it; an ONT that is down has no optical level, and its OLT level reads ``invalid``.
"""

from __future__ import annotations

from domain.identifiers import OntName, PonName, SerialNumber
from simulators.cli_ssh.layout import Field
from simulators.plant.state import OntState

UNKNOWN = "unknown"
_ONT_STEP_DB = 0.002  # granularity of the levels that an ONT reports (ITU-T G.988 9.2.1)


def index(name: OntName) -> str:
    """``1/1/5/10/19``, the ISAM's ont-idx."""
    return f"{name.rack}/{name.shelf}/{name.slot}/{name.pon}/{name.ont}"


def pon_index(name: PonName) -> str:
    """``1/1/5/10``."""
    return f"{name.rack}/{name.shelf}/{name.slot}/{name.pon}"


def serial(value: SerialNumber) -> str:
    """``HWTC:0172629D``, the ISAM's notation."""
    return f"{value.vendor_id}:{value.specific}"


def version(octets: bytes) -> str:
    """A version without its padding; empty when there is none."""
    return octets.rstrip(b"\x00 ").decode("ascii", "replace")


def configuration(ont: OntState) -> list[Field]:
    """What ``info configure equipment ont interface`` shows: the parameters that differ from their defaults."""
    return [
        Field("ont-idx", "Gpon::OntIndex", index(ont.name), key=True),
        Field("sw-ver-pland", "Gpon::SwVerPlnd", version(ont.firmware_planned) or "disabled"),
        Field("sernum", "Gpon::SerNum2", serial(ont.serial)),
        Field("subslocid", "Gpon::SubsLocId", ont.password or "WILDCARD"),
        Field("fec-up", "Gpon::FecUp", "disable"),
        Field("sw-dnload-version", "Gpon::SwVerDnload", "disabled"),
        Field("admin-state", "Itf::ifAdminStatus", _state(up=ont.admin_up)),
    ]


def inventory(ont: OntState) -> list[Field]:
    """What ``show equipment ont interface`` shows. The versions are those learnt at the last ranging."""
    return [
        Field("ont-idx", "Gpon::OntIndex", index(ont.name), key=True),
        Field("eqpt-ver-num", "Gpon::SwVer", UNKNOWN),
        Field("sw-ver-act", "Gpon::SwVer", version(ont.firmware_active) or UNKNOWN),
        Field("sw-ver-psv", "Gpon::SwVer", version(ont.firmware_standby) or UNKNOWN),
        Field("vendor-id", "Gpon::VendorId", ont.serial.vendor_id),
        Field("equip-id", "Gpon::EquipId", f'"{ont.equipment_id}"'),
        Field("actual-num-slots", "Gpon::ActualOntSlotId", UNKNOWN),
        Field("version-number", "Gpon::VersionOnt", UNKNOWN),
        Field("auto-sw-planned-ver", "Gpon::SwVer", "DISABLED"),
        Field("auto-sw-download-ver", "Gpon::SwVer", "DISABLED"),
        Field("sernum", "Gpon::SerNum2", serial(ont.serial)),
        Field("yp-serial-no", "Gpon::YpSerialNumber", UNKNOWN),
        Field("oper-spec-ver", "Gpon::OperSpecVer", UNKNOWN),
        Field("act-ont-type", "Gpon::ActOntType", "sfu"),
    ]


def optics(ont: OntState) -> list[Field]:
    """What ``show equipment ont optics`` shows, levels in dBm."""
    return [
        Field("ont-idx", "Gpon::OntIndex", index(ont.name), key=True),
        Field("rx-signal-level", "Gpon::OntOpticalSignalLevel", _ont_level(ont.rx_dbm)),
        Field("tx-signal-level", "Gpon::OntOpticalSignalLevel", _ont_level(ont.tx_dbm)),
        Field("ont-temperature", "Gpon::OntTemperature", UNKNOWN),
        Field("ont-voltage", "Gpon::OntVoltage", UNKNOWN),
        Field("laser-bias-curr", "Gpon::OntLaserBias", UNKNOWN),
        Field("olt-rx-sig-level", "Gpon::OntOltRxSignalLevel", _olt_level(ont.olt_rx_dbm)),
    ]


def status(ont: OntState) -> list[Field]:
    """What ``show equipment ont status pon`` shows: states, level at the OLT in dBm, distance in km."""
    distance = f"{ont.distance_m / 1000:.1f}" if ont.oper_up else UNKNOWN
    return [
        Field("pon", "Gpon::OntstatusPonId", pon_index(ont.name.pon_name), key=True),
        Field("ont", "Gpon::OntIndex", index(ont.name), key=True),
        Field("sernum", "Gpon::SerNum2", serial(ont.serial)),
        Field("admin-state", "Itf::ifAdminStatus", _state(up=ont.admin_up)),
        Field("oper-status", "Itf::ifAdminStatus", _state(up=ont.oper_up)),
        Field("olt-rx-sig-level(dbm)", "Gpon::OntOltRxSignalLevel", _olt_level(ont.olt_rx_dbm)),
        Field("ont-olt-distance(km)", "Gpon::OntOltDist", distance),
        Field("desc1", "Gpon::Desc", ""),
        Field("desc2", "Gpon::Desc", ""),
        Field("hostname", "Gpon::HostName", "undefined"),
    ]


def _state(*, up: bool) -> str:
    return "up" if up else "down"


def _ont_level(level_dbm: float | None) -> str:
    return UNKNOWN if level_dbm is None else f"{round(level_dbm / _ONT_STEP_DB) * _ONT_STEP_DB:.3f}"


def _olt_level(level_dbm: float | None) -> str:
    return "invalid" if level_dbm is None else f"{level_dbm:.1f}"
