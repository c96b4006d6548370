"""The YAML that describes a plant, read strictly: a mistake is named with its place in the file."""

from __future__ import annotations

from datetime import timedelta
from ipaddress import IPv4Network
from pathlib import Path
from string import Formatter
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from domain.identifiers import DeviceId, Id1, Id2, MacAddress, OntName, PonName, SerialNumber
from simulators.plant.errors import DescriptionError
from simulators.plant.optics import SPLITTER_LOSS_DB
from simulators.plant.strict_yaml import problems_of, read_yaml

Metres = Annotated[float, Field(ge=0, le=60_000, allow_inf_nan=False)]  # 60 km: logical reach of ITU-T G.984.1
Dbm = Annotated[float, Field(ge=-10, le=12, allow_inf_nan=False)]
ExcessDb = Annotated[float, Field(ge=0, le=60, allow_inf_nan=False)]
Count = Annotated[int, Field(ge=1, le=1024)]
Slot = Annotated[int, Field(ge=0, le=31)]  # Huawei counts from 0, the others from 1
Word = Annotated[str, Field(min_length=1, max_length=200)]
OidText = Annotated[str, Field(pattern=r"^1(\.[0-9]{1,10}){2,30}$")]
OmciVersion = Annotated[str, Field(min_length=1, max_length=14, pattern=r"^[\x20-\x7e]+$")]  # G.988 9.1.4
CLASSES_OF = {"gpon": ("B+", "C", "C+"), "xgspon": ("N1", "N2", "E1", "E2")}  # the usual one first
Splitter = Annotated[int, Field(description="ratio")]


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)


class QuirksPart(_Part):
    """What this OLT's SNMP agent does beyond its tables.

    Attributes:
        hangs_on_zero_repetitions: No answer at all to a GETBULK of 0 repetitions.
        loops_after: Column whose last instance is followed by its first again: OIDs that do not increase.
        slow_columns: Columns that cost a query of the module, as prefix of an OID → seconds of each request.
        absent: Prefixes of what this firmware does not have.
        answer_delay_s: What every answer waits for, in seconds.
        most_repetitions: What it makes of a greater max-repetitions.
        max_message: Greatest answer, in octets; ``None`` for the agent's own.
        drops_above_varbinds: No answer to a request that would give more variables than that.
        too_big_above_varbinds: tooBig instead (RFC 3416 4.2.1).
        dies_within: A walk that goes on inside this prefix gets no answer; a GET there is answered.
        uptime_offset_s: What its sysUpTime says too much, or too little below 0.
        shuffles_if_index: Port rows of the IF-MIB get other numbers at each start of the OLT.
    """

    hangs_on_zero_repetitions: bool = False
    loops_after: OidText | None = None
    slow_columns: dict[OidText, Annotated[float, Field(gt=0, le=30)]] = Field(default_factory=dict)
    absent: list[OidText] = Field(default_factory=list)
    answer_delay_s: Annotated[float, Field(ge=0, le=30)] = 0.0
    most_repetitions: Annotated[int, Field(ge=1)] | None = None
    max_message: Annotated[int, Field(ge=484, le=65_507)] | None = None  # RFC 3417: 484 octets must pass
    drops_above_varbinds: Annotated[int, Field(ge=1)] | None = None
    too_big_above_varbinds: Annotated[int, Field(ge=1)] | None = None
    dies_within: OidText | None = None
    uptime_offset_s: Annotated[int, Field(ge=-1_000_000_000, le=1_000_000_000)] = 0
    shuffles_if_index: bool = False


class OltPart(_Part):
    """The OLT.

    Attributes:
        dialect: Which generation of the vendor's tables and words, where there are several.
        software: Version of its software, as it tells it.
    """

    name: Word
    vendor: Literal["nokia_isam", "huawei_smartax", "zte_zxan", "fiberhome_an"]
    dialect: Annotated[str, Field(pattern=r"^[a-z0-9_]*$")] = ""
    sys_object_id: OidText | None = None
    software: str = ""
    quirks: Annotated[QuirksPart, Field(default_factory=QuirksPart)]
    sys_name: Word
    sys_descr: Word
    booted_at: AwareDatetime

    @model_validator(mode="after")
    def _numbers_can_be_shuffled(self) -> Self:
        if self.quirks.shuffles_if_index and self.vendor != "zte_zxan":
            raise ValueError("quirks.shuffles_if_index: only a ZTE numbers its IF-MIB apart from its other tables")
        return self


class CredentialsPart(_Part):
    """Secrets of the simulated equipment: invented, of no use anywhere else."""

    snmp_community: Word
    cli_username: Word
    cli_password: Word
    radius_secret: Word


class ClockPart(_Part):
    """Where the plant's time begins, and how many plant seconds pass in one wall second."""

    origin: AwareDatetime
    rate: Annotated[float, Field(ge=0, le=100_000, allow_inf_nan=False)] = 1.0


class CardPart(_Part):
    """A board; ``slot`` only for line terminations, ``seat`` is where another board sits when slots are numbered."""

    name: Word
    slot: Slot | None = None
    seat: Slot | None = None
    technology: Literal["gpon", "xgspon"] = "gpon"
    type: Word
    serial: Word


class OntModelPart(_Part):
    """A model of ONT. ``uni_card`` is the card that its Ethernet port sits on."""

    vendor_id: Annotated[str, Field(pattern=r"^[A-Z0-9]{4}$")]
    equipment_id: Word
    firmware: OmciVersion
    firmware_standby: OmciVersion
    uni_card: Annotated[int, Field(ge=1, le=15)]
    hardware: str = ""


class BoxModelPart(_Part):
    """A model of box. ``serial`` is the pattern of its serial numbers, ``{n}`` the number of the access."""

    manufacturer: Word
    model: Word
    product_class: Word
    data_model: Literal["tr098", "tr181"]
    oui: Annotated[str, Field(pattern=r"^[0-9A-F]{6}$")]
    serial: Word
    firmware: Word
    hardware: Word
    periodic_inform_s: Annotated[int, Field(ge=1)]


class Series(_Part):
    """A declared sequence: value number ``i`` is ``from + step · (i mod count)``."""

    start: Annotated[float, Field(alias="from", allow_inf_nan=False)]
    step: Annotated[float, Field(allow_inf_nan=False)] = 0.0
    count: Count = 1

    def value(self, index: int) -> float:
        """Value number ``index``, from 0."""
        return round(self.start + self.step * (index % self.count), 6)


class PatternPart(_Part):
    """How the ONTs that have no entry of their own are made. Every value follows from a number, none is drawn.

    Attributes:
        drops: For each branch, the number of drops of each of its PBOs.
        id_gap: Every so many ONT numbers one is left free, as on a port that lives.
        first_ont: Number of the first ONT of a port: 0 or 1.
        ont_models: Models given in turn; so ``box_models``.
        ont_tx_dbm: What ONTs of G-PON send; ``xgs_ont_tx_dbm`` those of XGS-PON: 4 to 9 dBm (ITU-T G.9807.1 Amd 2).
        last_change_days: Days between the last change of state and the origin of the clock.
    """

    drops: Annotated[list[list[Annotated[int, Field(ge=1)]]], Field(min_length=1)]
    id_gap: Annotated[int, Field(ge=2)]
    first_ont: Annotated[int, Field(ge=0, le=1)] = 1
    distribution_m: Series
    drop_m: Series
    ont_tx_dbm: Series
    xgs_ont_tx_dbm: Series = Series.model_validate({"from": 4.86, "step": 0.12, "count": 13})
    last_change_days: Series
    ont_models: Annotated[list[Word], Field(min_length=1)]
    box_models: Annotated[list[Word], Field(min_length=1)]
    ont_password: Word
    ppp_username: Word
    ppp_password: Word
    wan_network: Word

    @field_validator("wan_network")
    @classmethod
    def _is_a_network(cls, text: str) -> str:
        IPv4Network(text)
        return text

    @field_validator("ont_password", "ppp_username", "ppp_password")
    @classmethod
    def _is_a_template(cls, text: str) -> str:
        return _template(text)


class AccessPart(_Part):
    """What an operator sold on an ONT."""

    id1: Id1
    id2: Id2
    offer_label: Word
    service_type: Word


class BoxPart(_Part):
    """The box of an ONT that has its own entry."""

    model: Word
    serial: Word
    mac: MacAddress
    ppp_username: Word
    ppp_password: Word


class OntPart(_Part):
    """An ONT that has its own entry."""

    ont: OntName
    branch: Count
    pbo: Count = 1
    drop_m: Metres
    excess_db: ExcessDb = 0.0
    tx_dbm: Dbm
    model: Word
    serial: SerialNumber
    password: Annotated[str, Field(pattern=r"^[0-9]{1,10}$")]
    last_change: AwareDatetime
    box: BoxPart
    access: AccessPart | None = None


class BranchPart(_Part):
    """What one branch has of its own, instead of the pattern's."""

    distribution_m: Metres | None = None
    drops: list[Annotated[int, Field(ge=1)]] | None = None
    excess_db: ExcessDb = 0.0


class PonPart(_Part):
    """A PON port: its SFP, its feeder to the first splitter at the PM, and what hangs below.

    Attributes:
        optical_class: Of its module; ``None`` for the usual one of its board's technology (B+, N1).
        ont_tx_dbm: What its ONTs without entry of their own send, instead of the pattern's.
    """

    pon: PonName
    tx_dbm: Dbm
    feeder_m: Metres
    pm: Word
    excess_db: ExcessDb = 0.0
    optical_class: Literal["B+", "C", "C+", "N1", "N2", "E1", "E2"] | None = None
    splitters: tuple[Splitter, Splitter] = (8, 8)
    ont_tx_dbm: Series | None = None
    branches: Annotated[dict[int, BranchPart], Field(default_factory=dict)]
    onts: Annotated[list[OntPart], Field(default_factory=list)]

    @field_validator("splitters", mode="before")
    @classmethod
    def _two_ratios(cls, value: object) -> object:
        ratios = tuple(value) if isinstance(value, list | tuple) else value
        if isinstance(ratios, tuple) and not all(ratio in SPLITTER_LOSS_DB for ratio in ratios):
            raise ValueError(f"splitter ratios are among {', '.join(map(str, SPLITTER_LOSS_DB))}")
        return ratios


class EnvironmentPart(_Part):
    """What makes readings of a healthy plant differ: nothing by itself, for levels that can be worked out by hand.

    Attributes:
        seed: Of everything drawn: weather, calibration, noise.
        weather: Whether modules and fibres feel the temperature.
        calibration_db: Standard deviation of the error that each module always makes (ITU-T G.984.2: within 3 dB).
        noise_db: Standard deviation of one reading, about 0.2 dB in the field (C).
        ageing_db_year: Fall of what lasers send; their current rises as much.
    """

    seed: Annotated[int, Field(ge=0, le=2**31)] = 0
    weather: bool = False
    calibration_db: Annotated[float, Field(ge=0, le=3)] = 0.0
    noise_db: Annotated[float, Field(ge=0, le=3)] = 0.0
    ageing_db_year: Annotated[float, Field(ge=0, le=3)] = 0.0


class PlantDescription(_Part):
    """A whole plant."""

    olt: OltPart
    credentials: CredentialsPart
    clock: ClockPart
    cards: Annotated[list[CardPart], Field(min_length=1)]
    ont_models: dict[str, OntModelPart]
    box_models: dict[str, BoxModelPart]
    pattern: PatternPart
    pons: Annotated[list[PonPart], Field(min_length=1)]
    environment: Annotated[EnvironmentPart, Field(default_factory=EnvironmentPart)]

    @model_validator(mode="after")
    def _references_exist(self) -> Self:
        problems = [
            *_unknown("pattern.ont_models", self.pattern.ont_models, self.ont_models),
            *_unknown("pattern.box_models", self.pattern.box_models, self.box_models),
        ]
        slots = {card.slot: card.technology for card in self.cards}
        for rank, pon in enumerate(self.pons):
            where = f"pons[{rank}]"
            if pon.pon.slot not in slots:
                problems.append(f"{where}.pon: no card is in slot {pon.pon.slot}")
            elif pon.optical_class is not None and pon.optical_class not in CLASSES_OF[slots[pon.pon.slot]]:
                problems.append(f"{where}.optical_class: {pon.optical_class} is no class of {slots[pon.pon.slot]}")
            for number, ont in enumerate(pon.onts):
                here = f"{where}.onts[{number}]"
                if ont.ont.pon_name != pon.pon:
                    problems.append(f"{here}.ont: {ont.ont} does not hang from {pon.pon}")
                problems += _unknown(f"{here}.model", [ont.model], self.ont_models)
                problems += _unknown(f"{here}.box.model", [ont.box.model], self.box_models)
                problems += _identity(f"{here}.box", ont.box, self.box_models)
        for key, model in self.box_models.items():
            problems += _template_problem(f"box_models.{key}.serial", model.serial)
        if problems:
            raise ValueError("\n".join(problems))
        return self

    def moved_to(self, origin: AwareDatetime) -> PlantDescription:
        """The same plant with its whole history shifted, so that its clock begins at ``origin``."""
        shift: timedelta = origin - self.clock.origin
        pons = [
            pon.model_copy(
                update={"onts": [ont.model_copy(update={"last_change": ont.last_change + shift}) for ont in pon.onts]}
            )
            for pon in self.pons
        ]
        return self.model_copy(
            update={
                "olt": self.olt.model_copy(update={"booted_at": self.olt.booted_at + shift}),
                "clock": self.clock.model_copy(update={"origin": origin}),
                "pons": pons,
            }
        )


def load(path: Path) -> PlantDescription:
    """Read a description; raises `DescriptionError` that names every wrong place."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DescriptionError(path.name, [f"cannot be read: {error}"]) from error
    return parse(text, path.name)


def parse(text: str, source: str = "description") -> PlantDescription:
    """Read a description from YAML text; raises `DescriptionError`."""
    try:
        return PlantDescription.model_validate(read_yaml(text))
    except yaml.YAMLError as error:
        raise DescriptionError(source, [str(error)]) from error
    except ValidationError as error:
        raise DescriptionError(source, problems_of(error)) from error


def _unknown(where: str, used: list[str], known: dict[str, Any]) -> list[str]:
    return [f"{where}: {name!r} is not declared (declared: {', '.join(known)})" for name in used if name not in known]


def _identity(where: str, box: BoxPart, models: dict[str, BoxModelPart]) -> list[str]:
    model = models.get(box.model)
    if model is None:
        return []
    try:
        DeviceId(model.oui, box.serial)
    except ValueError as error:
        return [f"{where}.serial: {error}"]
    return []


def _template_problem(where: str, text: str) -> list[str]:
    try:
        _template(text)
    except ValueError as error:
        return [f"{where}: {error}"]
    return []


def _template(text: str) -> str:
    """A text with ``{n}`` in it, and no other field."""
    fields = [field for _, field, _, _ in Formatter().parse(text) if field is not None]
    if set(fields) != {"n"}:
        raise ValueError(f"{text!r} must hold {{n}}, the number of the access, and no other field")
    text.format(n=1)
    return text
