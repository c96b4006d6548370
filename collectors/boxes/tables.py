"""Tables of a box: which objects are rows, which names their columns, and how they are asked.

Rows whose instances stay are asked by name with everything else. Those that come and go (associated devices, hosts) are
named anew at each read: names learnt from one box would be refused by the next.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any, Final, Literal

from pydantic import BaseModel, ConfigDict

from collectors.boxes.values import KINDS, MalformedValueError, boolean
from domain.box_tables import Host, LanPort, VoiceLine, WifiClient, WifiNetwork, WifiRadio
from domain.metric import Metric, Readings, metric
from domain.metrics.box import BOX_WIFI_BUSY_PERCENT, BOX_WIFI_RSSI_DBM
from domain.metrics.box_tables import BOX_WIFI_CLIENTS, BOX_WIFI_RADIOS
from domain.reading import Reading, Reason, Source, Via, known, missing

Values = Mapping[str, str | None]

_PARENT: Final = "^"
_ROWS_LIMIT: Final = 512  # a box with more hosts than that has a defect
_ROWS: Final[Mapping[str, type[Any]]] = {
    "box.lan_ports": LanPort,
    "box.wifi_radios": WifiRadio,
    "box.wifi_networks": WifiNetwork,
    "box.wifi_clients": WifiClient,
    "box.hosts": Host,
    "box.voice_lines": VoiceLine,
}


class ColumnRule(BaseModel):
    """Where a column is read: leaves of the row's object, ``^leaf`` of the object that holds it, ``^`` its path."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str
    paths: tuple[str, ...]


class TableRule(BaseModel):
    """A table.

    Attributes:
        object: Its rows.
        ask: ``names`` for rows that stay, ``whole`` for those that come and go.
        unless: A parameter of the row that makes it none of this table when it is true.
        only: A parameter of the row that must be true.
        count: A parameter of the object that holds the rows: how many there are.
        columns: Its columns; each is a field of the row's class.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    object: str
    ask: Literal["names", "whole"] = "names"
    unless: str | None = None
    only: str | None = None
    count: str | None = None
    columns: Mapping[str, ColumnRule]

    @property
    def leaves(self) -> tuple[str, ...]:
        """Names under a row that are worth asking."""
        own = [path for rule in self.columns.values() for path in rule.paths if not path.startswith(_PARENT)]
        return tuple(dict.fromkeys([*own, *(name for name in (self.unless, self.only) if name)]))

    @property
    def parent(self) -> str:
        """The object that holds the rows, with its final dot."""
        return self.object.rpartition(".")[0].rpartition(".")[0] + "."

    @property
    def held_leaves(self) -> tuple[str, ...]:
        """Names under the object that holds the rows."""
        found = (path for rule in self.columns.values() for path in rule.paths)
        held = [path[1:] for path in found if path.startswith(_PARENT) and len(path) > 1]
        return tuple([*held, self.count] if self.count else held)


@dataclass(frozen=True)
class Tables:
    """The tables of one data model."""

    root: str
    rules: Mapping[str, TableRule]

    @cached_property
    def templates(self) -> tuple[str, ...]:
        """Names asked one by one."""
        names: list[str] = []
        for rule in self.rules.values():
            if rule.ask == "names":
                names += [f"{self.root}{rule.object}.{leaf}" for leaf in rule.leaves]
            names += [f"{self.root}{rule.parent}{leaf}" for leaf in rule.held_leaves]
        return tuple(dict.fromkeys(names))

    @cached_property
    def _wholes(self) -> Mapping[str, re.Pattern[str]]:
        rules = {key: rule for key, rule in self.rules.items() if rule.ask == "whole"}
        return {key: _pattern(f"{self.root}{rule.object.removesuffix('*')}") for key, rule in rules.items()}

    @cached_property
    def _holders(self) -> tuple[tuple[re.Pattern[str], str], ...]:
        """What holds each of those, and the name that they have there."""
        found = []
        for key in self._wholes:
            holder, _, own = self.rules[key].object.removesuffix(".*").rpartition(".")
            found.append((_pattern(f"{self.root}{holder}."), own + "."))
        return tuple(found)

    def wholes(self, names: Iterable[str]) -> tuple[str, ...]:
        """The objects to ask whole, out of the names of a box: an empty one may not be among them, what holds it is."""
        found: dict[str, None] = {}
        for name in names:
            for holder, own in self._holders:
                if matched := holder.match(name):
                    found.setdefault(matched[0] + own)
        return tuple(found)

    def parted(self, plan: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Names of a plan to be asked for values, and the tables among them whose rows are to be named first."""
        tables = tuple(name for name in plan if self._table_of(name) is not None)
        return tuple(name for name in plan if name not in tables), tables

    def counted_empty(self, whole: str, values: Values) -> bool:
        """Whether the box says itself that a table has no row."""
        rule = self._table_of(whole)
        if rule is None or rule.count is None:
            return False
        return (values.get(whole.rstrip(".").rpartition(".")[0] + "." + rule.count) or "").strip() == "0"

    def columns_of(self, whole: str, names: Iterable[str]) -> list[str]:
        """The names under a table that are columns, of its first rows."""
        rule = self._table_of(whole)
        if rule is None:
            return []
        leaves = set(rule.leaves)
        found = [name for name in names if name.startswith(whole) and name[len(whole) :].partition(".")[2] in leaves]
        return found[: _ROWS_LIMIT * len(leaves)]

    def _table_of(self, whole: str) -> TableRule | None:
        return next((self.rules[key] for key, pattern in self._wholes.items() if pattern.fullmatch(whole)), None)

    def decode(self, values: Values, at: datetime, asked: Mapping[str, int | None]) -> Readings:
        """A reading a table, and the scalars that follow from rows: the weakest client, the busiest channel."""
        result: dict[Metric[Any], Reading[Any]] = {}
        for key, rule in self.rules.items():
            result[metric(key)] = self._table(key, rule, values, at, asked)
        rssi = [row.rssi_dbm for row in _rows(result, BOX_WIFI_CLIENTS) if row.rssi_dbm is not None]
        busy = [row.busy_percent for row in _rows(result, BOX_WIFI_RADIOS) if row.busy_percent is not None]
        for wanted, told, of in (
            (BOX_WIFI_RSSI_DBM, min(rssi, default=None), BOX_WIFI_CLIENTS),
            (BOX_WIFI_BUSY_PERCENT, None if not busy else float(max(busy)), BOX_WIFI_RADIOS),
        ):
            table = result.get(of)
            if table is not None:
                reason = table.reason or Reason.NO_READING
                result[wanted] = missing(reason, at, table.source) if told is None else known(told, at, table.source)
        return Readings(result)

    def _table(
        self, key: str, rule: TableRule, values: Values, at: datetime, asked: Mapping[str, int | None]
    ) -> Reading[Any]:
        source = Source(Via.CWMP, f"{self.root}{rule.object}.")
        pattern = _pattern(f"{self.root}{rule.object}.")
        paths: dict[str, tuple[int, ...]] = {}
        for name in values:
            if matched := pattern.match(name):
                paths.setdefault(matched[0], tuple(int(number) for number in matched.groups()))
        rows = [self._row(key, rule, path, values) for path in sorted(paths, key=paths.__getitem__)[:_ROWS_LIMIT]]
        rows = [row for row in rows if row is not None]
        if rows:
            return known(tuple(rows), at, source)
        return self._empty(key, rule, asked, at, source)

    def _empty(
        self, key: str, rule: TableRule, asked: Mapping[str, int | None], at: datetime, source: Source
    ) -> Reading[Any]:
        """No row: none there, refused, or no such object on this box."""
        if rule.ask == "whole":
            codes = [code for name, code in asked.items() if self._wholes[key].fullmatch(name)]
            if None in codes:
                return known((), at, source)
            return missing(Reason.ERROR if any(code != 9005 for code in codes) else Reason.NOT_SUPPORTED, at, source)
        pattern = _pattern(f"{self.root}{rule.object}.")
        return missing(Reason.NO_READING if any(map(pattern.match, asked)) else Reason.NOT_SUPPORTED, at, source)

    def _row(self, key: str, rule: TableRule, path: str, values: Values) -> Any | None:
        if rule.unless is not None and _true(values.get(path + rule.unless)):
            return None
        if rule.only is not None and not _true(values.get(path + rule.only)):
            return None
        holder = path.rstrip(".").rpartition(".")[0].rpartition(".")[0] + "."
        return _ROWS[key](path, **{name: _cell(column, path, holder, values) for name, column in rule.columns.items()})


def check(key: str, rule: TableRule) -> None:
    """Raise `ValueError` for a table or a column that does not exist."""
    row = _ROWS.get(key)
    if row is None:
        raise ValueError(f"{key} is not a table")
    unknown = set(rule.columns) - set(row.__dataclass_fields__)
    if unknown or any(column.kind not in KINDS for column in rule.columns.values()):
        raise ValueError(f"{key}: {', '.join(sorted(unknown)) or 'a kind'} is not declared")


def _rows(found: Mapping[Metric[Any], Reading[Any]], table: Metric[Any]) -> tuple[Any, ...]:
    reading = found.get(table)
    return () if reading is None or reading.value is None else reading.value


def _cell(column: ColumnRule, path: str, holder: str, values: Values) -> Any:
    """The first value that makes sense: a column that a box fills with rubbish is unknown, its row is kept."""
    for leaf in column.paths:
        if leaf == _PARENT:
            return holder
        text = values.get(holder + leaf[1:] if leaf.startswith(_PARENT) else path + leaf)
        if text is None:
            continue
        try:
            value = KINDS[column.kind].read(text)
        except MalformedValueError:
            continue
        if value is not None:
            return value
    return None


def _true(text: str | None) -> bool:
    try:
        return text is not None and boolean(text) is True
    except MalformedValueError:
        return False


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(re.escape(template).replace(r"\*", "([0-9]{1,9})"))
