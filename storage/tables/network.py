"""The infrastructure operator's network: OLTs, outside plant, last walks."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from storage.tables.base import Base, Owned


class OltRow(Owned, Base):
    """An OLT and how to reach it. ``community``, ``cli_password`` and the keys of the SNMPv3 user are secrets.

    ``contract`` is its load contract as JSON; ``NULL``: the default one.
    """

    __tablename__ = "olt"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    vendor: Mapped[str] = mapped_column(String(32))
    host: Mapped[str] = mapped_column(String(255))
    port: Mapped[int]
    community: Mapped[str] = mapped_column(String(255))
    cli_host: Mapped[str | None] = mapped_column(String(255))
    cli_port: Mapped[int | None]
    cli_username: Mapped[str | None] = mapped_column(String(255))
    cli_password: Mapped[str | None] = mapped_column(String(255))
    user_name: Mapped[str | None] = mapped_column(String(32))
    user_auth: Mapped[str | None] = mapped_column(String(8))
    user_auth_key: Mapped[str | None] = mapped_column(String(255))
    user_privacy: Mapped[str | None] = mapped_column(String(8))
    user_privacy_key: Mapped[str | None] = mapped_column(String(255))
    contract: Mapped[str | None] = mapped_column(Text)


class OutsidePlantRow(Owned, Base):
    """The passive path of one ONT and the ``serial`` number expected there.

    ``pon`` repeats the PON of ``ont``, to find the rest of a PON in one read.
    """

    __tablename__ = "outside_plant"
    __table_args__ = (Index(None, "olt", "pon"),)

    olt: Mapped[str] = mapped_column(String(64), ForeignKey("olt.name"), primary_key=True)
    ont: Mapped[str] = mapped_column(String(40), primary_key=True)
    pon: Mapped[str] = mapped_column(String(32))
    pm: Mapped[str | None] = mapped_column(String(200))
    splitters: Mapped[list[str]]
    pbo: Mapped[str | None] = mapped_column(String(200))
    length_m: Mapped[float | None]
    splitter_ratio: Mapped[int | None]
    street: Mapped[str | None] = mapped_column(String(200))
    power_area: Mapped[str | None] = mapped_column(String(200))
    serial: Mapped[str | None] = mapped_column(String(16))
    ratios: Mapped[list[int] | None] = mapped_column(JSON())
    feeder_m: Mapped[float | None]
    branch_m: Mapped[float | None]
    drop_m: Mapped[float | None]


class WalkRow(Owned, Base):
    """The last walk of an OLT: zlib-compressed JSON. ``revision`` changes with each, so that readers may cache."""

    __tablename__ = "olt_walk"

    olt: Mapped[str] = mapped_column(String(64), ForeignKey("olt.name"), primary_key=True)
    at: Mapped[datetime]
    revision: Mapped[int]
    payload: Mapped[bytes] = mapped_column(LargeBinary)
