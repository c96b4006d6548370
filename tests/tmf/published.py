"""The published OpenAPI files, where they are at hand: what each answer and each notification must look like."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from tests.shared import shared_dir

FILES = {
    "653": "TMF653_Service_Test_Management_API_v4.2.0_swagger.json",
    "621": "TMF621_Trouble_Ticket_Management_API_v4.0.0_swagger.json",
    "656": "TMF656-ServiceProblem-v4.0.0.swagger.json",
    "642": "TMF642-Alarm-v4.0.0.swagger.json",
}


class Published:
    """The definitions of one interface."""

    def __init__(self, interface: str) -> None:
        jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed")
        path = shared_dir() / "facts" / "tmf" / FILES[interface]
        if not path.is_file():
            pytest.skip(f"{path.name} is not here")
        self.kind = f"tmf{interface}"
        self._document = json.loads(path.read_text("utf-8"))
        self._validator = jsonschema.Draft4Validator
        self._checker = jsonschema.Draft4Validator.FORMAT_CHECKER

    def knows(self, definition: str) -> bool:
        """Whether the interface has such a document."""
        return definition in self._document["definitions"]

    def check(self, definition: str, document: Any) -> None:
        """Fail with every place where a document is not what is published."""
        schema = {"$ref": f"#/definitions/{definition}", "definitions": self._document["definitions"]}
        found = self._validator(schema, format_checker=self._checker).iter_errors(copy.deepcopy(document))
        told = [f"{'/'.join(map(str, one.absolute_path))}: {one.message}" for one in found]
        assert told == [], (definition, told)
