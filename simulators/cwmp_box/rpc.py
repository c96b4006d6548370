"""The RPCs that a box answers (TR-069 A.3.1, A.3.2, A.4.1): a message in, the body of the answer out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from simulators.cwmp_box import attributes, soap
from simulators.cwmp_box.faults import (
    INVALID_ARGUMENTS,
    INVALID_NAME,
    INVALID_TYPE,
    INVALID_VALUE,
    METHOD_NOT_SUPPORTED,
    NOT_WRITABLE,
    NOTIFICATION_REJECTED,
    RESOURCES_EXCEEDED,
    TEXTS,
    UNSUPPORTED_PROTOCOL,
    BoxFaultError,
)
from simulators.cwmp_box.model import Facts, InvalidValueError, Parameter, Settings
from simulators.cwmp_box.soap import Message, Value
from simulators.cwmp_box.tables import BoxTree, Tree
from simulators.plant.box_orders import OrderKind

_MAX_KEY = 32  # characters of a ParameterKey or CommandKey (TR-069 A.3.2.1)
_NEVER = "0001-01-01T00:00:00Z"
_DOWNLOADS = ("1 Firmware Upgrade Image",)
_UPLOADS = ("1 Vendor Configuration File", "2 Vendor Log File")  # A.4.1.5


@dataclass(frozen=True, slots=True)
class Asked:
    """An RPC that takes effect after the session: ``file_type``, ``url`` and ``login`` are those of a transfer."""

    kind: OrderKind
    key: str
    url: str = ""
    delay_s: int = 0
    file_type: str = ""
    login: tuple[str, str] = ("", "")


class Rpc:
    """Answers the RPCs of one box; settings written by an ACS go to ``keep``.

    Attributes:
        asked: RPCs that take effect once the session is over.
    """

    def __init__(self, tree: Tree, facts: Callable[[], Facts], keep: Callable[[Settings], None]) -> None:
        self._tree = tree
        self._facts = facts
        self._keep = keep
        self.asked: list[Asked] = []
        self._methods: dict[str, Callable[[Message], str]] = {
            "GetRPCMethods": self._methods_supported,
            "GetParameterValues": self._get_values,
            "GetParameterNames": self._get_names,
            "SetParameterValues": self._set_values,
            "GetParameterAttributes": self._get_attributes,
            "SetParameterAttributes": self._set_attributes,
            "AddObject": self._add_object,
            "DeleteObject": self._delete_object,
            "Reboot": self._reboot,
            "FactoryReset": self._factory_reset,
            "Download": self._download,
            "Upload": self._upload,
            "ScheduleInform": self._schedule_inform,
        }

    def answer(self, message: Message) -> str:
        """The body of the answer: a response, or a fault."""
        method = self._methods.get(message.method)
        if method is None:
            return soap.fault(METHOD_NOT_SUPPORTED, TEXTS[METHOD_NOT_SUPPORTED])
        try:
            return method(message)
        except BoxFaultError as error:
            return soap.fault(error.code, TEXTS[error.code])

    def inform_values(self, changed: Iterable[Value] = ()) -> list[Value]:
        """The ParameterList of an Inform: what each one carries, and what changed."""
        facts = self._facts()
        values = {parameter.name: _shown(parameter, facts) for parameter in self._tree.inform}
        return list((values | {item.name: item for item in changed}).values())

    @property
    def box_tree(self) -> BoxTree:
        """The parameters of the box as they are now."""
        return BoxTree(self._tree, self._facts().settings)

    def _methods_supported(self, _: Message) -> str:
        items = [f"<string>{name}</string>" for name in sorted(self._methods)]
        return soap.call("GetRPCMethodsResponse", soap.array("MethodList", "xsd:string", items))

    # Values

    def _get_values(self, message: Message) -> str:
        facts = self._facts()
        values = [_shown(parameter, facts) for parameter in self._all_named(message)]
        return soap.call("GetParameterValuesResponse", soap.parameter_values("ParameterList", values))

    def _all_named(self, message: Message) -> Iterable[Parameter]:
        found = {p.name: p for name in message.strings("ParameterNames") for p in self._named(name)}
        return found.values()

    def _named(self, name: str) -> list[Parameter]:
        tree = self.box_tree
        if name and not name.endswith("."):
            parameter = tree.get(name)
            found = [] if parameter is None else [parameter]
        else:
            found = tree.under(name)
            if not found and tree.has(name):
                return []  # an object without instances
        if not found:
            raise BoxFaultError(INVALID_NAME)
        return found

    def _get_names(self, message: Message) -> str:
        path, next_level = message.text("ParameterPath"), message.text("NextLevel").lower() in {"1", "true"}
        whole = not path or path.endswith(".")
        if next_level and not whole:
            raise BoxFaultError(INVALID_ARGUMENTS)
        parameters, tree = self._named(path), self.box_tree
        if next_level:
            names = tree.children(path)
        else:
            names = tree.objects(path) if whole else []
            names += [(parameter.name, parameter.write is not None) for parameter in parameters]
        items = [
            f"<ParameterInfoStruct><Name>{name}</Name><Writable>{int(writable)}</Writable></ParameterInfoStruct>"
            for name, writable in names
        ]
        array = soap.array("ParameterList", "cwmp:ParameterInfoStruct", items)
        return soap.call("GetParameterNamesResponse", array)

    def _set_values(self, message: Message) -> str:
        """All or nothing (TR-069 A.3.2.1)."""
        values, key = message.values("ParameterList"), _key(message, "ParameterKey")
        if not values or len({item.name for item in values}) < len(values):
            raise BoxFaultError(INVALID_ARGUMENTS)
        wanted, tree = replace(self._facts().settings), self.box_tree
        faults = [(item.name, code, TEXTS[code]) for item in values if (code := _write(tree, wanted, item))]
        if faults:
            return soap.fault(INVALID_ARGUMENTS, TEXTS[INVALID_ARGUMENTS], faults)
        wanted.parameter_key = key
        self._keep(wanted)
        return soap.call("SetParameterValuesResponse", "<Status>0</Status>")

    # Attributes

    def _get_attributes(self, message: Message) -> str:
        settings = self._facts().settings
        items = [
            "<ParameterAttributeStruct>"
            f"<Name>{parameter.name}</Name><Notification>{attributes.level(settings, parameter.name)}</Notification>"
            + soap.array("AccessList", "xsd:string", ["<string>Subscriber</string>"])
            + "</ParameterAttributeStruct>"
            for parameter in self._all_named(message)
        ]
        return soap.call(
            "GetParameterAttributesResponse", soap.array("ParameterList", "cwmp:ParameterAttributeStruct", items)
        )

    def _set_attributes(self, message: Message) -> str:
        """In their order, all or nothing (TR-069 A.3.2.4). The customer's own access is left as it is."""
        wanted = self._facts().settings
        levels: dict[str, int] = {}
        for item in message.structures("ParameterList"):
            parameters = self._named(item.text("Name"))
            if item.text("NotificationChange").lower() not in {"1", "true"}:
                continue
            text = item.text("Notification")
            if text not in {"0", "1", "2"}:
                raise BoxFaultError(INVALID_ARGUMENTS)
            if any(attributes.refused(parameter.name, int(text)) for parameter in parameters):
                raise BoxFaultError(NOTIFICATION_REJECTED)
            levels |= {parameter.name: int(text) for parameter in parameters}
        self._keep(replace(wanted, notifications={**wanted.notifications, **levels}))
        return soap.call("SetParameterAttributesResponse")

    # Objects

    def _add_object(self, message: Message) -> str:
        path, key = message.text("ObjectName"), _key(message, "ParameterKey")
        table = self.box_tree.table(path)
        if table is None:
            raise BoxFaultError(INVALID_NAME)
        wanted = replace(self._facts().settings, parameter_key=key)
        if table.full(wanted):
            raise BoxFaultError(RESOURCES_EXCEEDED)
        number = table.add(wanted)
        self._keep(wanted)
        return soap.call("AddObjectResponse", f"<InstanceNumber>{number}</InstanceNumber><Status>0</Status>")

    def _delete_object(self, message: Message) -> str:
        path, key = message.text("ObjectName"), _key(message, "ParameterKey")
        found = self.box_tree.instance(path) if path.endswith(".") else None
        if found is None:
            raise BoxFaultError(INVALID_NAME)
        wanted = replace(self._facts().settings, parameter_key=key)
        table, number = found
        table.delete(wanted, number)
        self._keep(wanted)
        return soap.call("DeleteObjectResponse", "<Status>0</Status>")

    # What comes after the session

    def _reboot(self, message: Message) -> str:
        self.asked.append(Asked(OrderKind.REBOOT, _key(message, "CommandKey")))
        return soap.call("RebootResponse")

    def _factory_reset(self, _: Message) -> str:
        self.asked.append(Asked(OrderKind.FACTORY_RESET, ""))
        return soap.call("FactoryResetResponse")

    def _schedule_inform(self, message: Message) -> str:
        delay_s = _whole(message, "DelaySeconds")
        if delay_s == 0:  # A.4.1.6: greater than zero
            raise BoxFaultError(INVALID_ARGUMENTS)
        self.asked.append(Asked(OrderKind.SCHEDULE, _key(message, "CommandKey"), delay_s=delay_s))
        return soap.call("ScheduleInformResponse")

    def _download(self, message: Message) -> str:
        return self._transfer(message, OrderKind.FIRMWARE, _DOWNLOADS)

    def _upload(self, message: Message) -> str:
        return self._transfer(message, OrderKind.UPLOAD, _UPLOADS)

    def _transfer(self, message: Message, kind: OrderKind, types: tuple[str, ...]) -> str:
        """A transfer always begins after the session: Status 1 (A.3.2.8, A.4.1.5)."""
        file_type, url = message.text("FileType"), message.text("URL")
        if file_type[:2] not in {known[:2] for known in types} or not url:
            raise BoxFaultError(INVALID_ARGUMENTS)
        if not url.startswith("http://"):
            raise BoxFaultError(UNSUPPORTED_PROTOCOL)
        if "@" in url.removeprefix("http://").partition("/")[0]:  # A.3.2.8: no userinfo in the URL
            raise BoxFaultError(INVALID_ARGUMENTS)
        login = message.text("Username"), message.text("Password")
        key, delay_s = _key(message, "CommandKey"), _whole(message, "DelaySeconds")
        self.asked.append(Asked(kind, key, url, delay_s, file_type, login))
        times = f"<Status>1</Status><StartTime>{_NEVER}</StartTime><CompleteTime>{_NEVER}</CompleteTime>"
        return soap.call(f"{message.method}Response", times)


def _write(tree: BoxTree, settings: Settings, item: Value) -> int:
    """Write one value; returns its fault code, 0 for none."""
    parameter = tree.get(item.name)
    if parameter is None:
        return INVALID_NAME
    if parameter.write is None:
        return NOT_WRITABLE
    if item.kind and item.kind != parameter.kind:
        return INVALID_TYPE
    try:
        parameter.write(settings, item.value)
    except InvalidValueError:
        return INVALID_VALUE
    return 0


def _key(message: Message, name: str) -> str:
    key = message.text(name)
    if len(key) > _MAX_KEY:
        raise BoxFaultError(INVALID_ARGUMENTS)
    return key


def _whole(message: Message, name: str) -> int:
    """A whole number; 0 where there is none."""
    text = message.text(name)
    if text and not (text.isascii() and text.isdigit() and len(text) < 10):
        raise BoxFaultError(INVALID_ARGUMENTS)
    return int(text or 0)


def _shown(parameter: Parameter, facts: Facts) -> Value:
    return Value(parameter.name, parameter.read(facts), parameter.kind)
