"""The building of an access, as address translation (TAO) describes it: « Détails » and « Structure d'immeuble »."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class BuildingKind(StrEnum):
    """Type of building that TAO answers: it decides the type of appointment."""

    IMMEUBLE = "immeuble"
    PAVILLON = "pavillon"


GROUND_FLOORS = frozenset({"0", "00", "RDC", "REZ-DE-CHAUSSEE", "REZ DE CHAUSSEE", "REZ-DE-CHAUSSÉE"})


@dataclass(frozen=True, slots=True)
class Building:
    """What TAO knows of where an access ends; ``None`` is unknown.

    Attributes:
        imb: `Code immeuble`, such as ``IMB/77058/X/0218``.
        kind: As TAO answers it.
        state: `Etat de l'immeuble`.
        oi_code: `Code de l'OI`.
        name: `Bâtiment`.
        staircase: Escalier.
        floor: `Etage`, as TAO writes it.
        x: `Coordonnée X`, metres of ``projection``.
        y: `Coordonnée Y`, metres of ``projection``.
        projection: `Type de projection`, such as ``RGF93``.
        insee: `Code INSEE de l'immeuble`.
        rivoli: `Code RIVOLI de l'immeuble`.
        dwellings: `Nb logements immeubles`.
        accepts_from: `Date début acceptation d'accès`.
        delivers_from: `Date début Fourniture accès`.
        town: Commune of the `Adresse postale`.
        street: Voie of the `Adresse postale`, with its number.
        pm: `Ref PM`.
        pmt: `Ref PMT`.
        pbo: `Ref PBO`.
        pbo_type: `Type PBO`.
        location_type: `Type emplacement`.
        patching: `Type brassage`.
        works: `Nature des travaux`.
        pm_prdm_link: `Identifiant lien PM-PRDM`.
        ftth_premises: `Nombre Locaux FTTH`.
        connectable: Whether it can be connected, such as ``RACCORDABLE``.
        existing_lines: `Ligne(s) Existante(s)`.
        outlet_present: Whether the optical outlet (PTO) is there.
    """

    imb: str | None = None
    kind: BuildingKind | None = None
    state: str | None = None
    oi_code: str | None = None
    name: str | None = None
    staircase: str | None = None
    floor: str | None = None
    x: float | None = None
    y: float | None = None
    projection: str | None = None
    insee: str | None = None
    rivoli: str | None = None
    dwellings: int | None = None
    accepts_from: date | None = None
    delivers_from: date | None = None
    town: str | None = None
    street: str | None = None
    pm: str | None = None
    pmt: str | None = None
    pbo: str | None = None
    pbo_type: str | None = None
    location_type: str | None = None
    patching: str | None = None
    works: str | None = None
    pm_prdm_link: str | None = None
    ftth_premises: int | None = None
    connectable: str | None = None
    existing_lines: int | None = None
    outlet_present: bool | None = None

    @property
    def on_ground_floor(self) -> bool:
        """Whether the access ends on the ground floor (RDC)."""
        return self.floor is not None and self.floor.strip().upper() in GROUND_FLOORS

    @property
    def address(self) -> str | None:
        """One line of address with étage, escalier and bâtiment, as `Extrémité A` shows it."""
        inside = [("Et.", self.floor), ("Esc.", self.staircase), ("Bat.", self.name)]
        words = [self.street, *(f"{word} {value}" for word, value in inside if value), self.insee, self.town]
        return " ".join(word for word in words if word) or None


LABELS: Mapping[str, str] = {
    "imb": "Code immeuble",
    "kind": "Type de bâtiment",
    "state": "Etat de l'immeuble",
    "connectable": "Raccordabilité",
    "oi_code": "Code de l'OI",
    "name": "Bâtiment",
    "staircase": "Escalier",
    "floor": "Etage",
    "x": "Coordonnée X",
    "y": "Coordonnée Y",
    "projection": "Type de projection",
    "insee": "Code INSEE de l'immeuble",
    "rivoli": "Code RIVOLI de l'immeuble",
    "dwellings": "Nb logements immeubles",
    "accepts_from": "Date début acceptation d'accès",
    "delivers_from": "Date début Fourniture accès",
    "town": "Commune",
    "street": "Voie",
    "pm": "Ref PM",
    "pmt": "Ref PMT",
    "pbo": "Ref PBO",
    "pbo_type": "Type PBO",
    "location_type": "Type emplacement",
    "patching": "Type brassage",
    "works": "Nature des travaux",
    "pm_prdm_link": "Identifiant lien PM-PRDM",
    "ftth_premises": "Nombre Locaux FTTH",
    "existing_lines": "Ligne(s) Existante(s)",
    "outlet_present": "Prise Optique présente",
}
"""What each is called on the screens of address translation, in their order."""
