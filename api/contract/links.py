"""Links between operations: what the answer of one tells to ask of another (OpenAPI 3.1 4.8.20)."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from api.tmf.kernel.http import PREFIX

Json = dict[str, Any]


@cache
def _declared() -> list[dict[str, str]]:
    with resources.files("api.contract").joinpath("links.toml").open("rb") as file:
        return list(tomllib.load(file)["link"])


def linked(document: Json) -> Json:
    """The document with its links: those that are declared, and those of each TM Forum resource to itself."""
    paths: Mapping[str, Json] = document["paths"]
    sources = {one["operationId"]: (path, one) for path, item in paths.items() for one in item.values()}
    for link in _declared():
        _lead(paths, *sources[link["from"]], link["to"], link["member"])
    for path, item in paths.items():
        if path.startswith(PREFIX) and "post" in item:
            for name in ("document_id", "hub_id"):
                _lead(paths, path, item["post"], f"{path}/{{{name}}}", "id")
    return document


def _lead(paths: Mapping[str, Json], path: str, source: Json, to: str, member: str) -> None:
    """Link each good answer of an operation to what stands at and under an address."""
    name = re.findall(r"\{(\w+)\}", to)[-1]
    here = set(re.findall(r"\{(\w+)\}", path))
    parameters = {one: f"$request.path.{one}" for one in re.findall(r"\{(\w+)\}", to)[:-1] if one in here}
    parameters[name] = f"$response.body#/{member}"
    targets = [
        operation["operationId"]
        for under, item in paths.items()
        if under == to or under.startswith(f"{to}/")
        for operation in item.values()
    ]
    for status, response in source["responses"].items():
        if status in {"201", "202"} or (status == "200" and source["operationId"].startswith("put_")):
            response.setdefault("links", {}).update(
                {target: {"operationId": target, "parameters": parameters} for target in targets}
            )
