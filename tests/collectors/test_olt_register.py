from __future__ import annotations

import sys
from pathlib import Path

import pytest
import yaml

from collectors import register
from collectors.vendors import nokia_isam
from domain.clock import WallClock
from domain.metrics import ont


def test_vendors_are_found_without_a_list() -> None:
    assert list(register.drivers()) == ["fiberhome_an", "huawei_smartax", "nokia_isam", "zte_zxan"]
    assert register.driver("nokia_isam", WallClock()).vendor == "nokia_isam"


def test_an_unknown_vendor_is_a_clear_error_that_names_the_known_ones() -> None:
    with pytest.raises(register.DriverNotRegisteredError) as caught:
        register.driver("huawei", WallClock())
    assert (caught.value.name, caught.value.known) == ("huawei", tuple(register.drivers()))


def test_two_packages_with_one_key_are_a_clear_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("one", "two"):
        folder = tmp_path / "twice" / name
        folder.mkdir(parents=True)
        (folder / "__init__.py").write_text('KEY = "same"\n')
    (tmp_path / "twice" / "__init__.py").write_text("")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(register.DriverAlreadyRegisteredError, match="same"):
        register.drivers("twice")
    for name in [name for name in sys.modules if name.split(".")[0] == "twice"]:
        del sys.modules[name]


def test_the_isam_is_recognised_by_its_sys_object_id() -> None:
    assert nokia_isam.recognises((1, 3, 6, 1, 4, 1, 637, 61, 1), "")
    assert not nokia_isam.recognises((1, 3, 6, 1, 4, 1, 2011, 2, 123), "")


def test_capabilities_are_declared() -> None:
    capabilities = register.driver("nokia_isam", WallClock()).capabilities
    assert {ont.ONT_PASSWORD, ont.ONT_RX_DBM, ont.UNI_RATE} <= capabilities


def test_each_vendor_declares_its_quality() -> None:
    for key in register.drivers():
        folder = Path(str(sys.modules[f"collectors.vendors.{key}"].__file__)).parent
        quality = yaml.safe_load((folder / "quality.yaml").read_text())
        assert quality["vendor"] == key
        assert quality["level"] in {"bronze", "silver", "gold"}


def test_each_vendor_says_which_agents_are_its_own() -> None:
    agents = {
        "nokia_isam": ((1, 3, 6, 1, 4, 1, 637, 61, 1), "NOKIA ISAM"),
        "huawei_smartax": ((1, 3, 6, 1, 4, 1, 2011, 2, 248), "Huawei Integrated Access Software"),
        "zte_zxan": ((1, 3, 6, 1, 4, 1, 3902, 1082, 1001, 600, 2, 1), "C600 Version V1.2.2 Software"),
        "fiberhome_an": ((1, 3, 6, 1, 4, 1, 5875, 800, 1001, 11), "AN5516-01"),
        None: ((1, 3, 6, 1, 4, 1, 2011, 2, 62, 2, 3), "Huawei Versatile Routing Platform"),
    }
    for key, (object_id, descr) in agents.items():
        recognised = [name for name, vendor in register.drivers().items() if vendor.recognises(object_id, descr)]
        assert recognised == ([key] if key else [])
