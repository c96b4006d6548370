"""Text layouts of the ISAM: detailed blocks, tables, XML, as captured on a 7360 FX."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from xml.sax.saxutils import escape

WIDTH = 236  # characters of a rule in the captures
_LABEL = 22  # labels end at this column, and values are padded to as much
_CELLS = 5  # cells a line of a detailed block
_SCHEMA = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="file:cli_{}_output.xsd"'


@dataclass(frozen=True, slots=True)
class Field:
    """One value of an instance, with its name and its type in the ISAM's XML; ``key`` for what identifies it."""

    name: str
    kind: str
    value: str
    key: bool = False


Instance = Sequence[Field]


def detailed(title: str, instances: Sequence[Instance]) -> str:
    """The form of ``… detail``: one block of ``label : value`` cells an instance."""
    lines = ["=" * WIDTH, f"{title} table (detailed)", "=" * WIDTH]
    for instance in instances:
        lines += ["", "-" * WIDTH, title, "-" * WIDTH, *_cells(instance)]
    lines.append("=" * WIDTH)
    return "\n".join(lines)


def _cells(instance: Instance) -> list[str]:
    cells = [f"{field.name:>{_LABEL}} : {field.value:<{_LABEL}}" for field in instance]
    rows = [cells[start : start + _CELLS] for start in range(0, len(cells), _CELLS)]
    return ["".join(row)[: WIDTH - 2] for row in rows]


def table(title: str, columns: Sequence[str], instances: Sequence[Instance]) -> str:
    """The form without ``detail``: a header, one line an instance, the number of lines."""
    chosen = [[field.value for field in instance if field.name in columns] for instance in instances]
    widths = [max(len(cell) for cell in column) for column in zip(columns, *chosen, strict=True)]
    rule = "=" * max(sum(widths) + len(widths), 80)
    lines = [rule, f"{title} table", rule, "|".join(f"{name:<{w}}" for name, w in zip(columns, widths, strict=True))]
    lines.append("+".join("-" * width for width in widths))
    lines += [" ".join(f"{cell:<{w}}" for cell, w in zip(row, widths, strict=True)).rstrip() for row in chosen]
    lines += ["-" * len(rule), f"{title} count : {len(chosen)}", rule]
    return "\n".join(lines)


def runtime_xml(path: Sequence[str], instances: Sequence[Instance]) -> str:
    """The form of ``show … xml``."""
    return _xml("runtime-data", "show", path, instances, "info")


def configuration_xml(path: Sequence[str], instances: Sequence[Instance]) -> str:
    """The form of ``info … xml``: same shape, values as ``parameter``."""
    return _xml("configuration-data", "config", path, instances, "parameter")


def _xml(root: str, schema: str, path: Sequence[str], instances: Sequence[Instance], element: str) -> str:
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', f'<{root}  {_SCHEMA.format(schema)} display-level="normal">']
    lines += [f'<hierarchy name="{name}" type="static">' for name in path]
    for instance in instances:
        lines.append("<instance>")
        for field in instance:
            tag = "res-id" if field.key else element
            lines.append(
                f'<{tag} name="{field.name}" short-name="{field.name}" type="{field.kind}">'
                f"{escape(field.value)}</{tag}>"
            )
        lines.append("</instance>")
    lines += ["</hierarchy>"] * len(path)
    lines.append(f"</{root}>")
    return "\n".join(lines)
