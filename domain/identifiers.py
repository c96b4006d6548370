"""Identifiers of the field, parsed strictly: a wrong one is a clear error, never a guess.

Forms and examples come from the e-SAV Test and e-SAV Signalisation screens.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Self

from pydantic import GetCoreSchemaHandler
from pydantic_core import core_schema

from domain.errors import InvalidValueError


class Text(ABC):
    """A value with one text form: subclasses give ``parse`` and ``__str__``, pydantic reads and writes that text."""

    __slots__ = ()

    FORM: ClassVar[str]
    """The text form as a pattern of JSON Schema: what clients are told. Every text that it lets through is parsed."""

    @classmethod
    @abstractmethod
    def parse(cls, text: str) -> Self:
        """Read the text form; raises `InvalidValueError`."""

    @classmethod
    def _validate(cls, value: object) -> Self:
        if isinstance(value, cls):
            return value
        if isinstance(value, str):
            return cls.parse(value)
        raise InvalidValueError(cls.__name__, value, "a text")

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: type[Any], _handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        return core_schema.no_info_plain_validator_function(
            cls._validate,
            json_schema_input_schema=core_schema.str_schema(pattern=cls.FORM),
            serialization=core_schema.to_string_ser_schema(),
        )


def _match(pattern: re.Pattern[str], field: str, text: str, expected: str) -> re.Match[str]:
    found = pattern.fullmatch(text)
    if found is None:
        raise InvalidValueError(field, text, expected)
    return found


_ID1 = re.compile(r"F[0-9]{8}")
_ID2 = re.compile(r"VIA[0-9]{11}")
_ONT = re.compile(r"ONT(?:-(?:0|[1-9][0-9]{0,4})){5}")
_PON = re.compile(r"PON(?:-(?:0|[1-9][0-9]{0,4})){4}")
_SEPARATORS = re.compile(r"[:\s-]")
_SERIAL_TEXT = re.compile(r"([A-Za-z0-9]{4})([0-9A-Fa-f]{8})")
_SERIAL_HEX = re.compile(r"[0-9A-Fa-f]{16}")
_MAC = re.compile(r"[0-9A-Fa-f]{12}|[0-9A-Fa-f]{2}(?:([:-])[0-9A-Fa-f]{2})(?:\1[0-9A-Fa-f]{2}){4}")
_NUMBER = re.compile(r"[0-9]{6}-[0-9]{4}-[0-9]{7}")


@dataclass(frozen=True, slots=True, order=True)
class Id1(Text):
    """Identifier of the *prestation*, ``F00000015``: F and 8 digits."""

    FORM: ClassVar[str] = r"^F[0-9]{8}$"

    value: str

    def __post_init__(self) -> None:
        _match(_ID1, "id1", self.value, "an ID1 such as F00000015 (F and 8 digits)")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``F00000015``."""
        return cls(text)

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True, order=True)
class Id2(Text):
    """Second identifier of the *prestation*, ``VIA00000002136``: VIA and 11 digits."""

    FORM: ClassVar[str] = r"^VIA[0-9]{11}$"

    value: str

    def __post_init__(self) -> None:
        _match(_ID2, "id2", self.value, "an ID2 such as VIA00000002136 (VIA and 11 digits)")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``VIA00000002136``."""
        return cls(text)

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True, order=True)
class PonName(Text):
    """A PON port of an OLT: rack, shelf, slot and port, ``PON-1-1-5-10``."""

    FORM: ClassVar[str] = r"^PON(-(0|[1-9][0-9]{0,4})){4}$"

    rack: int
    shelf: int
    slot: int
    pon: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``PON-1-1-5-10``."""
        _match(_PON, "pon", text, "a PON port such as PON-1-1-5-10 (rack-shelf-slot-pon)")
        return cls(*(int(part) for part in text.split("-")[1:]))

    def __str__(self) -> str:
        return f"PON-{self.rack}-{self.shelf}-{self.slot}-{self.pon}"


@dataclass(frozen=True, slots=True, order=True)
class OntName(Text):
    """An ONT as the OLT names it: rack, shelf, slot, PON and ONT number, ``ONT-1-1-5-10-19``."""

    FORM: ClassVar[str] = r"^ONT(-(0|[1-9][0-9]{0,4})){5}$"

    rack: int
    shelf: int
    slot: int
    pon: int
    ont: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``ONT-1-1-5-10-19``."""
        _match(_ONT, "ont", text, "an ONT such as ONT-1-1-5-10-19 (rack-shelf-slot-pon-ont)")
        return cls(*(int(part) for part in text.split("-")[1:]))

    @property
    def pon_name(self) -> PonName:
        """The PON port that the ONT hangs from."""
        return PonName(self.rack, self.shelf, self.slot, self.pon)

    def __str__(self) -> str:
        return f"ONT-{self.rack}-{self.shelf}-{self.slot}-{self.pon}-{self.ont}"


@dataclass(frozen=True, slots=True, order=True)
class SerialNumber(Text):
    """A GPON serial number (ITU-T G.984.3 9.2.4.1): vendor id of 4 characters and 4 octets.

    Read from ``HWTC0172629D`` or ``485754430172629D``, in any case, with ``:``, ``-`` or spaces between their parts or
    without; equal in any notation.
    """

    FORM: ClassVar[str] = r"^([A-Za-z0-9]{4}[0-9A-Fa-f]{8}|(3[0-9]|[46][1-9A-Fa-f]|[57][0-9Aa]){4}[0-9A-Fa-f]{8})$"

    vendor_id: str
    specific: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read either notation; the text form wins when both fit (12 against 16 characters, so both never do)."""
        compact = _SEPARATORS.sub("", text)
        if found := _SERIAL_TEXT.fullmatch(compact):
            return cls(found[1].upper(), found[2].upper())
        if _SERIAL_HEX.fullmatch(compact):
            return cls.from_octets(bytes.fromhex(compact))
        raise InvalidValueError("serial", text, "a serial number such as HWTC0172629D or 485754430172629D")

    @classmethod
    def from_octets(cls, octets: bytes) -> Self:
        """Read the 8 octets of an OMCI or SNMP serial number."""
        vendor = octets[:4].decode("ascii", "replace")
        if len(octets) != 8 or not vendor.isalnum() or not vendor.isascii():
            raise InvalidValueError("serial", octets.hex(), "8 octets that begin with 4 letters or digits")
        return cls(vendor.upper(), octets[4:].hex().upper())

    @property
    def octets(self) -> bytes:
        """The 8 octets."""
        return self.vendor_id.encode("ascii") + bytes.fromhex(self.specific)

    @property
    def hex(self) -> str:
        """The 16 hexadecimal digits, ``485754430172629D``."""
        return self.octets.hex().upper()

    def __str__(self) -> str:
        return f"{self.vendor_id}{self.specific}"


@dataclass(frozen=True, slots=True, order=True)
class MacAddress(Text):
    """A MAC address, shown without separators as the screen does: ``D8D775557E90``."""

    FORM: ClassVar[str] = r"^([0-9A-Fa-f]{12}|[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}|[0-9A-Fa-f]{2}(-[0-9A-Fa-f]{2}){5})$"

    digits: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read 12 hexadecimal digits, with ``:`` or ``-`` between the octets or without."""
        _match(_MAC, "mac", text.strip(), "a MAC address such as D8D775557E90")
        return cls(text.strip().replace(":", "").replace("-", "").upper())

    def __str__(self) -> str:
        return self.digits


@dataclass(frozen=True, slots=True)
class Firmware(Text):
    """A firmware version as the equipment holds it: the octets, and the text they mean.

    OMCI carries 14 octets padded with NUL (ITU-T G.988 9.1.4). Two versions are the same when their texts are,
    whatever the padding, the notation or the case: compare with `same_version`, not ``==``.
    """

    FORM: ClassVar[str] = r"^[^\x00]{1,256}$"

    octets: bytes

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: type[Any], _handler: GetCoreSchemaHandler) -> core_schema.CoreSchema:
        """Stored as ``0x`` and hexadecimal digits: unlike the printed form, that never means two things."""
        return core_schema.no_info_plain_validator_function(
            cls._validate,
            json_schema_input_schema=core_schema.str_schema(pattern=cls.FORM),
            serialization=core_schema.plain_serializer_function_ser_schema(lambda value: f"0x{value.octets.hex()}"),
        )

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read a version as text (``HWTCA31610115``) or as octets (``48:57:…:00``, or ``0x4857…00`` as stored).

        Octets written with ``-``, spaces or nothing between them are taken for such only where they spell a text: a
        version may look like hexadecimal digits.
        """
        if not text or len(text) > 256:
            raise InvalidValueError("firmware", text, "a firmware version of 1 to 256 characters")
        if re.fullmatch(r"[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){2,}", text):
            return cls(bytes.fromhex(text.replace(":", "")))
        if re.fullmatch(r"0[xX](?:[0-9A-Fa-f]{2})+", text):
            return cls(bytes.fromhex(text[2:]))
        if re.fullmatch(r"[0-9A-Fa-f]{2}(?:([- ]?)[0-9A-Fa-f]{2})(?:\1[0-9A-Fa-f]{2}){3,}", text):
            octets = bytes.fromhex(_SEPARATORS.sub("", text))
            if re.fullmatch(rb"[A-Za-z][\x21-\x7e]+\x00*", octets):
                return cls(octets)
        return cls(text.encode())

    @property
    def text(self) -> str:
        """The version in words, without padding: ``HWTCA31610115``."""
        return self.octets.rstrip(b"\x00 ").decode("utf-8", "replace").strip()

    @property
    def is_version(self) -> bool:
        """Whether it names a version: an OLT that plans none says ``AUTO`` or ``DISABLED`` (Nokia ISAM), or nothing."""
        return self.text.casefold() not in {"", "auto", "disabled"}

    def same_version(self, other: Firmware) -> bool:
        """Whether both mean the same version (padding, notation, spaces and case do not count)."""
        return self.text.casefold() == other.text.casefold()

    def __str__(self) -> str:
        """The version as an SNMP tool prints it: text where all is printable, else colon-separated octets."""
        if self.octets and all(0x20 <= octet < 0x7F for octet in self.octets):
            return self.octets.decode("ascii")
        return self.octets.hex(":").upper()


@dataclass(frozen=True, slots=True, order=True)
class DiagnosisNumber(Text):
    """Number of a diagnosis, ``AAMMJJ-HHMM-nnnnnnn``: the instant of sending in Europe/Paris, then 7 digits."""

    FORM: ClassVar[str] = r"^[0-9]{6}-[0-9]{4}-[0-9]{7}$"

    value: str

    def __post_init__(self) -> None:
        _match(_NUMBER, "number", self.value, "a diagnosis number such as 190509-1029-2879560")

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read ``190509-1029-2879560``."""
        return cls(text)

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True, order=True)
class DeviceId:
    """Identity of a box in CWMP (TR-069 A.3.3.1 DeviceIdStruct): OUI and serial number; the model is not identity."""

    oui: str
    serial: str

    def __post_init__(self) -> None:
        _match(re.compile(r"[0-9A-F]{6}"), "oui", self.oui, "an OUI of 6 upper-case hexadecimal digits")
        _match(
            re.compile(r"[\x21-\x7e][\x20-\x7e]{0,63}"),
            "box_serial",
            self.serial,
            "a box serial number of 1 to 64 characters",
        )

    def __str__(self) -> str:
        return f"{self.oui}-{self.serial}"
