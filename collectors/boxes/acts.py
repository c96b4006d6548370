"""How each action is carried out in a session: a script that yields requests and is sent their answers. No I/O here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from collectors.boxes import diagnostics, requests, rpc
from collectors.boxes.envelope import Envelope
from collectors.boxes.mapping import INVALID_PARAMETER_NAME, DataModel
from collectors.boxes.scripts import Script, get_values
from domain import box_actions as act
from domain.box_actions import BoxAction, BoxEvent, BoxFault

READS: Final = frozenset({"GetParameterValues", "GetParameterNames", "GetParameterAttributes", "GetRPCMethods"})
"""Requests that change nothing: an action whose session died after only these can be sent again."""

_BOOTS: Final = frozenset({"0 BOOTSTRAP", "1 BOOT", "M Reboot"})
_TRANSFER: Final = "TransferComplete"


@dataclass(frozen=True, slots=True)
class Said:
    """What a box answered to an action.

    Attributes:
        fault: Its fault.
        values: What it gave.
        instance: Number of the new object.
        later: Whether the effect comes later (Status 1, a start, a test).
        path: Object of the test that was asked.
    """

    fault: BoxFault | None = None
    values: Mapping[str, str | None] = field(repr=False, default_factory=dict)
    instance: int | None = None
    later: bool = False
    path: str = ""


def script_of(action: BoxAction, key: str, model: DataModel, batch: int) -> Script[Said]:
    """What to ask for an action."""
    match action:
        case act.GetValues(names):
            return _get(names, batch)
        case act.SetValues(values):
            return _set(values, key, batch)
        case act.Diagnose():
            return _diagnose(action, key, model)
        case _:
            return _once(action, key)


def proves(action: BoxAction, key: str, event: BoxEvent) -> bool:
    """Whether an event that came after an action tells what became of it.

    A TransferComplete may come without its key: then it is the one transfer that is open.
    """
    match action:
        case act.Reboot() | act.FactoryReset():
            return event.code in _BOOTS
        case act.Download() | act.Upload():
            return event.code == _TRANSFER and event.key in (key, "")
        case act.ScheduleInform():
            return event.code in ("M ScheduleInform", "3 SCHEDULED") and event.key in (key, "")
        case act.Diagnose():
            return event.code == "8 DIAGNOSTICS COMPLETE"
        case _:
            return False


def _get(names: tuple[str, ...], batch: int) -> Script[Said]:
    found = yield from get_values(names, batch)
    refused = {name: code for name, code in found.asked.items() if code is not None}
    if refused and len(refused) == len(found.asked):
        return Said(BoxFault(next(iter(refused.values())), "", refused))
    return Said(BoxFault(9003, "", refused) if refused else None, found.values)


def _set(values: Mapping[str, str], key: str, batch: int) -> Script[Said]:
    """Each value goes with the type that the box reports, or boxes refuse it (9006, 9007)."""
    types: dict[str, str] = {}
    names = tuple(values)
    for start in range(0, len(names), batch):
        answer = yield requests.GetParameterValues(names[start : start + batch])
        if not isinstance(answer, BoxFault):
            types |= rpc.read_types(answer)
    answer = yield requests.SetParameterValues(values, types, key)
    return Said(answer) if isinstance(answer, BoxFault) else Said(later=rpc.read_status(answer) == 1)


def _once(action: BoxAction, key: str) -> Script[Said]:
    answer = yield _request(action, key)
    return Said(answer) if isinstance(answer, BoxFault) else _understood(action, answer)


def _understood(action: BoxAction, answer: Envelope) -> Said:  # noqa: PLR0911 - one line a request
    match action:
        case act.GetNames():
            return Said(values={name: str(int(writable)) for name, writable in rpc.read_names(answer).items()})
        case act.GetAttributes():
            return Said(values=rpc.read_attributes(answer))
        case act.GetMethods():
            return Said(values=dict.fromkeys(rpc.read_methods(answer)))
        case act.AddObject():
            return Said(instance=rpc.read_instance(answer), later=rpc.read_status(answer) == 1)
        case act.Download() | act.Upload():  # a box that does not say that it is done tells it later
            return Said(later=rpc.read_status(answer) != 0)
        case act.Reboot() | act.FactoryReset() | act.ScheduleInform():
            return Said(later=True)
        case _:
            return Said(later=rpc.read_status(answer) == 1)


def _request(action: BoxAction, key: str) -> requests.Rpc:  # noqa: C901, PLR0911 - one line a request
    match action:
        case act.GetNames(path, next_level):
            return requests.GetParameterNames(path, next_level)
        case act.GetAttributes(names):
            return requests.GetParameterAttributes(names)
        case act.SetAttributes(notifications):
            return requests.SetParameterAttributes(notifications)
        case act.AddObject(path):
            return requests.ObjectRequest("AddObject", path, key)
        case act.DeleteObject(path):
            return requests.ObjectRequest("DeleteObject", path, key)
        case act.Download():
            return requests.download(action, key)
        case act.Upload():
            return requests.upload(action, key)
        case act.ScheduleInform(delay_s):
            return requests.PlainRequest("ScheduleInform", {"DelaySeconds": delay_s, "CommandKey": key})
        case act.Reboot():
            return requests.PlainRequest("Reboot", {"CommandKey": key})
        case act.FactoryReset():
            return requests.PlainRequest("FactoryReset")
        case _:
            return requests.PlainRequest("GetRPCMethods")


def _diagnose(action: act.Diagnose, key: str, model: DataModel) -> Script[Said]:
    """Find the object of the test, set the arguments that it has, and let it run."""
    fault = BoxFault(INVALID_PARAMETER_NAME)
    for place in diagnostics.PLACES[action.test].paths:
        path = model.root + place
        answer = yield requests.GetParameterNames(path, next_level=True)
        if isinstance(answer, BoxFault):
            fault = answer
            continue
        names = rpc.read_names(answer)
        if path + diagnostics.STATE not in names:
            continue
        wanted = {path + name: item for name, item in diagnostics.arguments(action).items() if path + name in names}
        types = {name: kind for name, (_, kind) in wanted.items()}
        answer = yield requests.SetParameterValues({name: value for name, (value, _) in wanted.items()}, types, key)
        return Said(answer) if isinstance(answer, BoxFault) else Said(later=True, path=path)
    return Said(fault)


def collect(path: str, batch: int) -> Script[Said]:
    """The results of a test, names under its object."""
    said = yield from _get((path,), batch)
    return Said(said.fault, {name.removeprefix(path): value for name, value in said.values.items()}, path=path)
