"""What the ordering side provisions: OLTs, outside plant, accesses."""

from __future__ import annotations

from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, model_validator

from api.schemas.conditions import all_of, any_of, needs, together
from api.schemas.contracts import LoadContractIn
from api.schemas.sent import Day, Flag, Number, Span
from collectors.register import drivers
from domain.access import Access, AccessState, OpticalClass, OutsidePlant, Place
from domain.building import Building, BuildingKind
from domain.errors import InvalidValueError
from domain.gtr import GtrZone
from domain.identifiers import DeviceId, Id1, Id2, OntName, SerialNumber
from domain.load import LoadContract
from domain.olt import CliAccess, OltTarget, SnmpAuth, SnmpPrivacy, SnmpUser
from domain.secret import MASK, Secret
from domain.states import Policy

Name = Annotated[str, Field(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
Host = Annotated[str, Field(min_length=1, max_length=253, pattern=r"^[A-Za-z0-9.:_-]+$")]
Port = Annotated[int, Span(1, 65535)]


def _written(text: str) -> str:
    """NUL and half a surrogate pair can be named in JSON; no database takes them."""
    if "\0" in text or any("\ud800" <= sign <= "\udfff" for sign in text):
        raise InvalidValueError("text", "…", "a text")
    return text


Text = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[^\x00]*$"), AfterValidator(_written)]


def _storable(secret: SecretStr) -> SecretStr:
    """JSON can name half a surrogate pair, which no database takes; the secret itself stays out of the error."""
    try:
        secret.get_secret_value().encode()
    except UnicodeEncodeError:
        raise InvalidValueError("secret", MASK, "a text") from None
    return secret


SecretText = Annotated[SecretStr, Field(min_length=1, max_length=255), AfterValidator(_storable)]
UserKey = Annotated[SecretStr, Field(min_length=8, max_length=255), AfterValidator(_storable)]
"""RFC 3414 11.2: eight characters at least."""


class CliIn(BaseModel):
    """How to log in to an OLT's CLI over SSH."""

    model_config = ConfigDict(extra="forbid")

    host: Host
    port: Port = 22
    username: Text
    password: SecretText


class UserIn(BaseModel):
    """An SNMPv3 user; a password for each protocol, 8 characters at least, and no privacy without authentication."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra=all_of(
            together("auth", "auth_key"), together("privacy", "privacy_key"), needs("privacy", "auth")
        ),
    )

    name: Annotated[str, Field(min_length=1, max_length=32)]
    auth: SnmpAuth | None = None
    auth_key: UserKey | None = None
    privacy: SnmpPrivacy | None = None
    privacy_key: UserKey | None = None

    def user(self) -> SnmpUser:
        """The domain's user; raises `InvalidValueError`."""
        keys = [None if key is None else Secret(key.get_secret_value()) for key in (self.auth_key, self.privacy_key)]
        return SnmpUser(self.name, self.auth, keys[0], self.privacy, keys[1])


VENDOR_FORM = r"^[a-z0-9_]{1,32}$"


def _read(schema: dict[str, Any]) -> None:
    """The vendors that this service reads."""
    schema["enum"] = sorted(drivers())


REACHED = all_of(any_of("community", "user"))


class OltIn(BaseModel):
    """An OLT and how to reach it: by a community (SNMP v2c) or a user (v3).

    ``contract`` is what it may be asked, as onboarding proposes it; without one, the default contract.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"vendor": "nokia_isam", "host": "192.0.2.10", "port": 161, "community": "a-community"}],
            **REACHED,
        },
    )

    vendor: Annotated[str, Field(pattern=VENDOR_FORM, json_schema_extra=_read)]
    host: Host
    port: Port = 161
    community: SecretText | None = None
    user: UserIn | None = None
    cli: CliIn | None = None
    contract: LoadContractIn | None = None

    @model_validator(mode="after")
    def _reachable(self) -> Self:
        if self.community is None and self.user is None:
            raise InvalidValueError("community", MASK, "a community, or a user of SNMPv3")
        if self.user is not None:
            self.user.user()
        if self.contract is not None:
            self.contract.contract()
        return self

    def target(self, operator_id: str, name: str) -> OltTarget:
        """The domain's OLT."""
        cli = None
        if self.cli is not None:
            password = Secret(self.cli.password.get_secret_value())
            cli = CliAccess(self.cli.host, self.cli.port, self.cli.username, password)
        community = Secret("" if self.community is None else self.community.get_secret_value())
        user = None if self.user is None else self.user.user()
        contract = None if self.contract is None else self.contract.contract()
        return OltTarget(operator_id, name, self.vendor, self.host, self.port, community, cli, user, contract)


class OltOut(BaseModel):
    """An OLT, without its credentials."""

    name: str
    vendor: str
    host: str
    port: int
    cli: bool
    snmp: Literal["v2c", "v3"]
    contract: LoadContract | None

    @classmethod
    def of(cls, olt: OltTarget) -> Self:
        """The OLT without what opens it."""
        return cls(
            name=olt.name,
            vendor=olt.vendor,
            host=olt.host,
            port=olt.port,
            cli=olt.cli is not None,
            snmp="v2c" if olt.user is None else "v3",
            contract=olt.contract,
        )


class OutsidePlantIn(BaseModel):
    """The passive path of one ONT; ``serial``: the ONT expected at its end, which reconciliation compares.

    ``ratios`` are those of ``splitters``, one each; ``feeder_m``, ``branch_m`` and ``drop_m`` the fibre of each part.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "ont": "ONT-1-1-5-10-19",
                    "pm": "PM-69003-06",
                    "splitters": ["CPL-5-10", "CPL-5-10-3"],
                    "ratios": [8, 8],
                    "pbo": "PBO-5-10-3-1",
                    "feeder_m": 1600,
                    "branch_m": 420,
                    "drop_m": 180,
                }
            ]
        },
    )

    ont: OntName
    pm: Text | None = None
    splitters: Annotated[list[Text], Field(max_length=4)] = []
    pbo: Text | None = None
    length_m: Annotated[Number, Field(ge=0, le=60_000)] | None = None
    splitter_ratio: Annotated[int, Span(1, 256)] | None = None
    ratios: Annotated[list[Annotated[int, Span(1, 256)]], Field(max_length=4)] = []
    feeder_m: Annotated[Number, Field(ge=0, le=60_000)] | None = None
    branch_m: Annotated[Number, Field(ge=0, le=60_000)] | None = None
    drop_m: Annotated[Number, Field(ge=0, le=60_000)] | None = None
    street: Text | None = None
    power_area: Text | None = None
    serial: SerialNumber | None = None

    def plant(self) -> OutsidePlant:
        """The domain's outside plant."""
        return OutsidePlant(
            self.pm,
            tuple(self.splitters),
            self.pbo,
            self.length_m,
            self.splitter_ratio,
            tuple(self.ratios),
            self.feeder_m,
            self.branch_m,
            self.drop_m,
            self.street,
            self.power_area,
        )


class PlaceModel(BaseModel):
    """Where an access hangs."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    olt: Name
    ont: OntName


class BoxModel(BaseModel):
    """Identity of a box in CWMP."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    oui: Annotated[str, Field(pattern=r"^[0-9A-Fa-f]{6}$")]
    serial: Annotated[str, Field(pattern=r"^[\x21-\x7e][\x20-\x7e]{0,63}$")]


class BuildingModel(BaseModel):
    """The building as address translation (TAO) describes it."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)

    imb: Text | None = None
    kind: BuildingKind | None = None
    state: Text | None = None
    oi_code: Text | None = None
    name: Text | None = None
    staircase: Text | None = None
    floor: Text | None = None
    x: Number | None = None
    y: Number | None = None
    projection: Text | None = None
    insee: Annotated[str, Field(pattern=r"^[0-9AB]{5}$")] | None = None
    rivoli: Annotated[str, Field(pattern=r"^[0-9A-Z]{4}$")] | None = None
    dwellings: Annotated[int, Span(0, 100_000)] | None = None
    accepts_from: Day | None = None
    delivers_from: Day | None = None
    town: Text | None = None
    street: Text | None = None
    pm: Text | None = None
    pmt: Text | None = None
    pbo: Text | None = None
    pbo_type: Text | None = None
    location_type: Text | None = None
    patching: Text | None = None
    works: Text | None = None
    pm_prdm_link: Text | None = None
    ftth_premises: Annotated[int, Span(0, 100_000)] | None = None
    connectable: Text | None = None
    existing_lines: Annotated[int, Span(0, 100_000)] | None = None
    outlet_present: Flag | None = None


class _Ordered(BaseModel):
    """What is ordered of an access, whatever its identifier."""

    model_config = ConfigDict(extra="forbid")

    id2: Id2 | None = None
    offer_label: Text
    service_type: Annotated[str, Field(pattern=r"^[A-Z0-9]{1,16}$")]
    place: PlaceModel | None = None
    optical_class: OpticalClass = OpticalClass.B_PLUS
    box: BoxModel | None = None
    ppp_username: SecretText | None = None
    ont_serial: SerialNumber | None = None
    gtr: Flag = False
    zone: GtrZone = GtrZone.METROPOLE
    building: BuildingModel | None = None

    def access(self, operator_id: str, id1: Id1) -> Access:
        """The domain's access."""
        return Access(
            operator_id=operator_id,
            id1=id1,
            id2=self.id2,
            offer_label=self.offer_label,
            service_type=self.service_type,
            place=None if self.place is None else Place(self.place.olt, self.place.ont),
            optical_class=self.optical_class,
            box=None if self.box is None else DeviceId(self.box.oui.upper(), self.box.serial),
            ppp_username=None if self.ppp_username is None else self.ppp_username.get_secret_value(),
            ont_serial=self.ont_serial,
            gtr=self.gtr,
            zone=self.zone,
            building=None if self.building is None else Building(**self.building.model_dump()),
        )


class AccessIn(_Ordered):
    """An access, as ordered; its ``id1``, where it is given, is that of the address."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "id1": "F00000015",
                    "id2": "VIA00000002136",
                    "offer_label": "MB FTTH Internet profil 07",
                    "service_type": "FTTHMB1P",
                    "place": {"olt": "OLT-LYON-03", "ont": "ONT-1-1-5-10-19"},
                    "box": {"oui": "D8D775", "serial": "LK18106DP440012"},
                }
            ]
        },
    )

    id1: Id1 | None = None


class AccessLine(_Ordered):
    """An access of a file."""

    id1: Id1


class OutsideOut(BaseModel):
    """The passive path of an access."""

    model_config = ConfigDict(from_attributes=True)

    pm: str | None
    splitters: list[str]
    pbo: str | None
    length_m: float | None
    splitter_ratio: int | None
    ratios: list[int]
    feeder_m: float | None
    branch_m: float | None
    drop_m: float | None
    street: str | None
    power_area: str | None


class AccessOut(BaseModel):
    """An access, without its PPP identifier."""

    model_config = ConfigDict(from_attributes=True)

    id1: Id1
    id2: Id2 | None
    offer_label: str
    service_type: str
    place: PlaceModel | None
    outside: OutsideOut
    optical_class: OpticalClass
    box: BoxModel | None
    ont_serial: SerialNumber | None = None
    gtr: bool = False
    zone: GtrZone = GtrZone.METROPOLE
    building: BuildingModel | None = None
    state: AccessState = AccessState.ACTIVE
    port25: Policy = Policy.CLOSED
