"""YAML read without surprises, and the mistakes that pydantic finds in it told with their place."""

from __future__ import annotations

from typing import Any

import yaml
from pydantic import ValidationError


def read_yaml(text: str) -> object:
    """The content of a text; a repeated key or bad syntax raises `yaml.YAMLError`."""
    return yaml.load(text, Loader=_StrictLoader)  # noqa: S506 - a SafeLoader that also refuses repeated keys


def problems_of(error: ValidationError) -> list[str]:
    """One sentence a mistake: its path in the file, then what is wrong."""
    lines: list[str] = []
    for item in error.errors(include_url=False, include_input=False):
        where = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in item["loc"]).lstrip(".")
        message = item["msg"].removeprefix("Value error, ")
        lines += [f"{where}: {line}" if where else line for line in message.splitlines()]
    return lines


class _StrictLoader(yaml.SafeLoader):
    """YAML without repeated keys: the second would silently win."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    raise yaml.constructor.ConstructorError(None, None, f"key {key.value!r} twice", key.start_mark)
                seen.add(key.value)
        return super().construct_mapping(node, deep)
