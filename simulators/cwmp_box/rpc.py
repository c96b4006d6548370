"""The RPCs that a box answers (TR-069 A.3.1, A.3.2): a message in, the body of the answer out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from simulators.cwmp_box import soap
from simulators.cwmp_box.model import Facts, InvalidValueError, Parameter, Settings, Tree
from simulators.cwmp_box.soap import Message, Value
from simulators.plant.box_orders import OrderKind

METHOD_NOT_SUPPORTED = 9000  # TR-069 A.5.1, table of CPE fault codes
INVALID_ARGUMENTS = 9003
INVALID_NAME = 9005
INVALID_TYPE = 9006
INVALID_VALUE = 9007
NOT_WRITABLE = 9008

_TEXTS = {
    METHOD_NOT_SUPPORTED: "Method not supported",
    INVALID_ARGUMENTS: "Invalid arguments",
    INVALID_NAME: "Invalid parameter name",
    INVALID_TYPE: "Invalid parameter type",
    INVALID_VALUE: "Invalid parameter value",
    NOT_WRITABLE: "Attempt to set a non-writable parameter",
}
_MAX_KEY = 32  # characters of a ParameterKey (TR-069 A.3.2.1)


@dataclass(frozen=True, slots=True)
class Asked:
    """An RPC that takes effect after the session."""

    kind: OrderKind
    key: str
    url: str = ""


class _Fault(Exception):  # noqa: N818 - the word of the protocol
    def __init__(self, code: int) -> None:
        self.code = code
        super().__init__(str(code))


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
            "Reboot": self._reboot,
            "FactoryReset": self._factory_reset,
            "Download": self._download,
        }

    def answer(self, message: Message) -> str:
        """The body of the answer: a response, or a fault."""
        method = self._methods.get(message.method)
        if method is None:
            return _fault(METHOD_NOT_SUPPORTED)
        try:
            return method(message)
        except _Fault as error:
            return _fault(error.code)

    def inform_values(self) -> list[Value]:
        """The ParameterList of an Inform."""
        facts = self._facts()
        return [_shown(parameter, facts) for parameter in self._tree.inform]

    def _methods_supported(self, _: Message) -> str:
        items = [f"<string>{name}</string>" for name in sorted(self._methods)]
        return soap.call("GetRPCMethodsResponse", soap.array("MethodList", "xsd:string", items))

    def _get_values(self, message: Message) -> str:
        found: dict[str, Parameter] = {}
        for name in message.strings("ParameterNames"):
            for parameter in self._named(name):
                found[parameter.name] = parameter
        facts = self._facts()
        values = [_shown(parameter, facts) for parameter in found.values()]
        return soap.call("GetParameterValuesResponse", soap.parameter_values("ParameterList", values))

    def _named(self, name: str) -> list[Parameter]:
        if name and not name.endswith("."):
            parameter = self._tree.get(name)
            found = [] if parameter is None else [parameter]
        else:
            found = self._tree.under(name)
        if not found:
            raise _Fault(INVALID_NAME)
        return found

    def _get_names(self, message: Message) -> str:
        path, next_level = message.text("ParameterPath"), message.text("NextLevel").lower() in {"1", "true"}
        whole = not path or path.endswith(".")
        if next_level and not whole:
            raise _Fault(INVALID_ARGUMENTS)
        parameters = self._named(path)
        if next_level:
            names = self._tree.children(path)
        else:
            names = [(name, False) for name in (self._tree.objects(path) if whole else ())]
            names += [(parameter.name, parameter.write is not None) for parameter in parameters]
        items = [
            f"<ParameterInfoStruct><Name>{name}</Name><Writable>{int(writable)}</Writable></ParameterInfoStruct>"
            for name, writable in names
        ]
        array = soap.array("ParameterList", "cwmp:ParameterInfoStruct", items)
        return soap.call("GetParameterNamesResponse", array)

    def _set_values(self, message: Message) -> str:
        """All or nothing (TR-069 A.3.2.1)."""
        values, key = message.values("ParameterList"), message.text("ParameterKey")
        if not values or len({item.name for item in values}) < len(values) or len(key) > _MAX_KEY:
            raise _Fault(INVALID_ARGUMENTS)
        wanted = replace(self._facts().settings)
        faults = [(item.name, code, _TEXTS[code]) for item in values if (code := self._write(wanted, item))]
        if faults:
            return soap.fault(INVALID_ARGUMENTS, _TEXTS[INVALID_ARGUMENTS], faults)
        wanted.parameter_key = key
        self._keep(wanted)
        return soap.call("SetParameterValuesResponse", "<Status>0</Status>")

    def _reboot(self, message: Message) -> str:
        self.asked.append(Asked(OrderKind.REBOOT, message.text("CommandKey")))
        return soap.call("RebootResponse")

    def _factory_reset(self, _: Message) -> str:
        self.asked.append(Asked(OrderKind.FACTORY_RESET, ""))
        return soap.call("FactoryResetResponse")

    def _download(self, message: Message) -> str:
        if not message.text("FileType").startswith("1 "):
            raise _Fault(INVALID_ARGUMENTS)
        self.asked.append(Asked(OrderKind.FIRMWARE, message.text("CommandKey"), message.text("URL")))
        never = "0001-01-01T00:00:00Z"
        return soap.call(
            "DownloadResponse",
            f"<Status>1</Status><StartTime>{never}</StartTime><CompleteTime>{never}</CompleteTime>",
        )

    def _write(self, settings: Settings, item: Value) -> int:
        """Write one value; returns its fault code, 0 for none."""
        parameter = self._tree.get(item.name)
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


def _shown(parameter: Parameter, facts: Facts) -> Value:
    return Value(parameter.name, parameter.read(facts), parameter.kind)


def _fault(code: int) -> str:
    return soap.fault(code, _TEXTS[code])
