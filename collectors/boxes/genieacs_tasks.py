"""Tasks of a GenieACS: what each action is as one of them, and how one that failed tells it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from collectors.boxes.genieacs_document import type_of
from domain import box_actions as act
from domain.box_actions import BoxAction, BoxFault

_FAULT = re.compile(r"^cwmp\.([0-9]{4})$")


def task_of(action: BoxAction, device: Mapping[str, Any]) -> dict[str, Any] | None:  # noqa: PLR0911 - one line a task
    """The task of an action; ``None`` for what a GenieACS cannot do (Upload, ScheduleInform, diagnostics …)."""
    match action:
        case act.GetValues(names):
            return {"name": "getParameterValues", "parameterNames": list(names)}
        case act.SetValues(values):
            return {
                "name": "setParameterValues",
                "parameterValues": [[n, v, type_of(device, n)] for n, v in values.items()],
            }
        case act.AddObject(path):
            return {"name": "addObject", "objectName": path.rstrip(".")}
        case act.DeleteObject(path):
            return {"name": "deleteObject", "objectName": path.rstrip(".")}
        case act.GetNames(path):
            return {"name": "refreshObject", "objectName": path.rstrip(".")}
        case act.Reboot():
            return {"name": "reboot"}
        case act.FactoryReset():
            return {"name": "factoryReset"}
        case act.Download():
            return {"name": "download", "fileType": action.file_type, "fileName": action.url.rpartition("/")[2]}
        case _:
            return None


def fault_of(fault: Mapping[str, Any]) -> BoxFault | None:
    """What the box answered: ``cwmp.9005`` and its text; ``None`` for a fault of the GenieACS's own.

    Of those, ``session_terminated`` says that the box went away before it answered: it may have done what it was asked.
    """
    matched = _FAULT.match(str(fault.get("code", "")))
    return BoxFault(int(matched[1]), str(fault.get("message", ""))[:128]) if matched else None
