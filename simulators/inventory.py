"""What an operator would provision of a simulated plant: its inventory, and nothing that only the plant knows."""

from __future__ import annotations

from typing import Any

from simulators.plant.description import PlantDescription
from simulators.plant.layout import Layout, OntLayout, build


def inventory(description: PlantDescription) -> dict[str, Any]:
    """The OLT with its credentials (no address: windows choose theirs), the outside plant of every ONT, the accesses.

    Lengths in metres. ``radius_secret`` is what the collector of accounting shares with the BRAS.
    """
    layout = build(description)
    secrets = description.credentials
    return {
        "olt": {
            "name": description.olt.name,
            "vendor": description.olt.vendor,
            "snmp": {"community": secrets.snmp_community},
            "cli": {"username": secrets.cli_username, "password": secrets.cli_password},
        },
        "radius_secret": secrets.radius_secret,
        "outside_plant": [_outside(ont) for ont in layout.onts.values()],
        "accesses": [_access(layout, ont) for ont in layout.onts.values() if ont.access is not None],
    }


def _outside(ont: OntLayout) -> dict[str, Any]:
    return {
        "ont": str(ont.name),
        "pm": ont.pm,
        "splitters": list(ont.splitters),
        "pbo": ont.pbo,
        "length_m": ont.path.length_m,
        "splitter_ratio": ont.path.splitter_ratio,
        "ratios": list(ont.path.splitters),
        **dict(zip(("feeder_m", "branch_m", "drop_m"), ont.lengths_m, strict=True)),
        "serial": str(ont.serial),
    }


def _access(layout: Layout, ont: OntLayout) -> dict[str, Any]:
    access = ont.access
    if access is None:
        raise ValueError(f"{ont.name} carries no access")
    return {
        "id1": str(access.id1),
        "id2": str(access.id2),
        "offer_label": access.offer_label,
        "service_type": access.service_type,
        "ont": str(ont.name),
        "box": {"oui": ont.box.device.oui, "serial": ont.box.device.serial},
        "ppp_username": ont.box.ppp_username,
        "optical_class": layout.pons[ont.name.pon_name].optical_class,
    }
