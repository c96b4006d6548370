"""The requests that the ACS sends to a box (TR-069 A.3.2, A.4.1), each with its XML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol
from xml.sax.saxutils import escape

from domain.box_actions import Download, Upload


class Rpc(Protocol):
    """A request to a box."""

    @property
    def name(self) -> str:
        """Its method; the answer is called the same with ``Response``."""
        ...

    def body(self) -> str:
        """Its XML, inside the SOAP body."""
        ...


def _call(name: str, content: str) -> str:
    return f"<cwmp:{name}>{content}</cwmp:{name}>"


def _fields(**values: str | int) -> str:
    return "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in values.items())


def _strings(tag: str, names: tuple[str, ...]) -> str:
    items = "".join(f"<string>{escape(name)}</string>" for name in names)
    return f'<{tag} SOAP-ENC:arrayType="xsd:string[{len(names)}]">{items}</{tag}>'


@dataclass(frozen=True, slots=True)
class GetParameterValues:
    """Ask for values, by full name or by partial path (A.3.2.2)."""

    names: tuple[str, ...]
    name: str = field(default="GetParameterValues", init=False)

    def body(self) -> str:
        """Its XML."""
        return _call(self.name, _strings("ParameterNames", self.names))


@dataclass(frozen=True, slots=True)
class GetParameterNames:
    """Ask for the names under a path (A.3.2.3)."""

    path: str
    next_level: bool
    name: str = field(default="GetParameterNames", init=False)

    def body(self) -> str:
        """Its XML."""
        return _call(self.name, _fields(ParameterPath=self.path, NextLevel=int(self.next_level)))


@dataclass(frozen=True, slots=True)
class GetParameterAttributes:
    """Ask for attributes (A.3.2.5)."""

    names: tuple[str, ...]
    name: str = field(default="GetParameterAttributes", init=False)

    def body(self) -> str:
        """Its XML."""
        return _call(self.name, _strings("ParameterNames", self.names))


@dataclass(frozen=True, slots=True)
class SetParameterAttributes:
    """Set notifications and leave access lists alone (A.3.2.4)."""

    notifications: Mapping[str, int]
    name: str = field(default="SetParameterAttributes", init=False)

    def body(self) -> str:
        """Its XML."""
        items = "".join(
            "<SetParameterAttributesStruct>"
            + _fields(Name=name, NotificationChange=1, Notification=value, AccessListChange=0)
            + "<AccessList></AccessList></SetParameterAttributesStruct>"
            for name, value in self.notifications.items()
        )
        count = f'SOAP-ENC:arrayType="cwmp:SetParameterAttributesStruct[{len(self.notifications)}]"'
        return _call(self.name, f"<ParameterList {count}>{items}</ParameterList>")


@dataclass(frozen=True, slots=True, repr=False)
class SetParameterValues:
    """Set values, all or nothing (A.3.2.1), as texts where no type is given. They may be secrets: never shown."""

    values: Mapping[str, str]
    types: Mapping[str, str] = field(default_factory=dict)
    key: str = ""
    name: str = field(default="SetParameterValues", init=False)

    def body(self) -> str:
        """Its XML."""
        items = "".join(
            f"<ParameterValueStruct><Name>{escape(name)}</Name>"
            f'<Value xsi:type="xsd:{self.types.get(name, "string")}">{escape(value)}</Value></ParameterValueStruct>'
            for name, value in self.values.items()
        )
        count = f'SOAP-ENC:arrayType="cwmp:ParameterValueStruct[{len(self.values)}]"'
        return _call(self.name, f"<ParameterList {count}>{items}</ParameterList>" + _fields(ParameterKey=self.key))


@dataclass(frozen=True, slots=True)
class ObjectRequest:
    """AddObject or DeleteObject (A.3.2.6, A.3.2.7)."""

    name: str
    path: str
    key: str

    def body(self) -> str:
        """Its XML."""
        return _call(self.name, _fields(ObjectName=self.path, ParameterKey=self.key))


@dataclass(frozen=True, slots=True, repr=False)
class PlainRequest:
    """A request of simple fields: Reboot, FactoryReset, Download … They may be secrets: never shown."""

    name: str
    fields: Mapping[str, str | int] = field(default_factory=dict)

    def body(self) -> str:
        """Its XML."""
        return _call(self.name, _fields(**self.fields))


def download(file: Download, key: str) -> PlainRequest:
    """A Download (A.3.2.8)."""
    fields: dict[str, str | int] = {
        "CommandKey": key,
        "FileType": file.file_type,
        "URL": file.url,
        "Username": file.username,
        "Password": file.password.reveal(),
        "FileSize": file.size,
        "TargetFileName": file.target,
        "DelaySeconds": file.delay_s,
        "SuccessURL": "",
        "FailureURL": "",
    }
    return PlainRequest("Download", fields)


def upload(file: Upload, key: str) -> PlainRequest:
    """An Upload (A.4.1.5)."""
    fields: dict[str, str | int] = {
        "CommandKey": key,
        "FileType": file.file_type,
        "URL": file.url,
        "Username": file.username,
        "Password": file.password.reveal(),
        "DelaySeconds": file.delay_s,
    }
    return PlainRequest("Upload", fields)
