"""Around each request: schemathesis may not revoke the token that it asks with; what was answered is noted.

Also how it reads the links of lists.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import schemathesis
from hypothesis import strategies as st

OWN = os.environ.get("CONTRACT_TOKEN_ID", "")
NOTES = os.environ.get("CONTRACT_NOTES", os.devnull)


_TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1).map(str.encode)
for _kind, _content in (
    ("application/pdf", st.binary().map(b"%PDF-1.7\n".__add__)),
    ("image/png", st.binary().map(b"\x89PNG\r\n\x1a\n".__add__)),
    ("image/jpeg", st.binary().map(b"\xff\xd8\xff".__add__)),
    ("text/plain", _TEXT),
    ("text/csv", _TEXT),
):
    schemathesis.openapi.media_type(_kind, _content)


@schemathesis.hook
def before_call(_context: Any, case: schemathesis.Case[Any], _kwargs: dict[str, Any]) -> None:
    """Another token in the place of one's own."""
    if case.path_parameters.get("token_id") == OWN:
        case.path_parameters["token_id"] = "0" * 16


@schemathesis.hook
def after_call(_context: Any, case: schemathesis.Case[Any], response: Any) -> None:
    """Note which operation answered what."""
    with Path(NOTES).open("a", encoding="utf-8") as notes:
        notes.write(f"{case.operation.definition.raw.get('operationId')} {response.status_code}\n")


_FIRST, _SECOND = "$response.body#/0/id", "$response.body#/1/id"
_MATCHED = ("ack_alarms", "un_ack_alarms", "clear_alarms", "comment_alarms")
_GROUPED = ("group_alarms", "un_group_alarms")
_BODIES: dict[str, dict[str, Any]] = {
    **{name: {"alarmPattern": [{"id": _FIRST}]} for name in _MATCHED},
    **{name: {"parentAlarm": {"id": _FIRST}, "correlatedAlarm": [{"id": _SECOND}]} for name in _GROUPED},
}
"""What is done to alarms that are listed: members of a body filled from an answer, which only schemathesis reads."""


@schemathesis.hook
def before_load_schema(_context: Any, raw_schema: dict[str, Any]) -> None:
    """Links lead on from the first item of a list: here from any of them, which only schemathesis can write."""
    for item in raw_schema["paths"].values():
        for answer in item.get("get", {}).get("responses", {}).values():
            for link in answer.get("links", {}).values():
                _widened(link)
    alarms = raw_schema["paths"]["/tmf-api/alarm/v4/alarm"]["get"]["responses"]["200"]["links"]
    for operation, body in _BODIES.items():
        alarms[operation] = {"operationId": operation, "requestBody": body}


def _widened(link: dict[str, Any]) -> None:
    """Of documents of the list's own kind: what others name may be null, which would be taken for a text."""
    first = {
        name: value
        for name, value in link["parameters"].items()
        if "/0/" in value and value.rpartition("/")[2] in {name, "id"}
    }
    if first:
        link["parameters"] |= {name: value.replace("/0/", "/*/") for name, value in first.items()}
        link["x-schemathesis"] = {"is_inferred": True}
