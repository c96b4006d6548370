"""The path of the light to an access, as the API shows it."""

from __future__ import annotations

from datetime import datetime
from typing import Self

from pydantic import BaseModel, ConfigDict

from domain.optical_path import Basis, ExcessPlace, OpticalPath, PartKind


class PartOut(BaseModel):
    """One part of the path; ``null`` is unknown. Losses include its joints; ``suspect``: the excess may sit here."""

    model_config = ConfigDict(from_attributes=True)

    kind: PartKind
    name: str | None
    length_m: float | None
    ratio: int | None
    expected_down_db: float | None
    expected_up_db: float | None
    suspect: bool


class DirectionOut(BaseModel):
    """One direction: what is sent, received, lost; margins to the limits of the class, negative out of it."""

    model_config = ConfigDict(from_attributes=True)

    sent_dbm: float | None
    received_dbm: float | None
    loss_db: float | None
    expected_db: float | None
    excess_db: float | None
    margin_db: float | None
    overload_margin_db: float | None


class PathOut(BaseModel):
    """The path, from the OLT to the ONT. ``basis``: what the excess is counted from; ``where``: where it sits."""

    model_config = ConfigDict(from_attributes=True)

    parts: list[PartOut]
    length_m: float | None
    down: DirectionOut
    up: DirectionOut
    class_loss_db: tuple[float, float]
    basis: Basis | None
    reference_at: datetime | None
    reference_source: str | None
    where: ExcessPlace

    @classmethod
    def of(cls, path: OpticalPath | None) -> Self | None:
        """The path, JSON-ready; ``None`` where there is none."""
        return None if path is None else cls.model_validate(path, from_attributes=True)
