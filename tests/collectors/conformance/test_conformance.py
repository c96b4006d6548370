"""Every driver against the conformance suite. A driver that is registered and not here fails."""

from __future__ import annotations

from collectors import register
from domain.identifiers import PonName
from tests.collectors.conformance.suite import DriverConformance


class TestNokiaIsam(DriverConformance):
    vendor, rows, pon, cards = "nokia_isam", "nokia_isam", PonName(1, 1, 2, 3), 2


class TestHuaweiSmartax(DriverConformance):
    vendor, rows, pon = "huawei_smartax", "huawei_smartax", PonName(0, 0, 2, 3)


class TestZteTree1012(DriverConformance):
    vendor, rows, pon, ports = "zte_zxan", "zte_1012", PonName(1, 1, 2, 3), 8


class TestZteTree1082(DriverConformance):
    vendor, rows, pon, ports = "zte_zxan", "zte_1082", PonName(1, 1, 2, 3), 8


class TestFiberhome(DriverConformance):
    vendor, rows, pon, discovered = "fiberhome_an", "fiberhome_an", PonName(1, 1, 2, 3), 0


def test_every_registered_driver_is_held_to_the_suite() -> None:
    held = {case.vendor for case in DriverConformance.__subclasses__()}
    assert held >= set(register.drivers())
