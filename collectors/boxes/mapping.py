"""From the names of a box's data model to metrics: what to ask, and what the answers mean.

The data is in ``mapping.yaml``; the root is detected from the names the box itself uses, never from its model.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, model_validator

from collectors.boxes.overlays import laid_over, overlays
from collectors.boxes.tables import TableRule, Tables, check
from collectors.boxes.values import KINDS, MalformedValueError, boolean
from domain.metric import Metric, Readings, metric
from domain.metrics.box import BOX_WIFI_BUSY_PERCENT, BOX_WIFI_RSSI_DBM
from domain.reading import Reading, Reason, Source, Via, known, missing

Values = Mapping[str, str | None]

_REFERENCE = re.compile(r"\{([a-z]+)\}")
_RAW_LIMIT = 64


class ObjectRequest(BaseModel):
    """An object whose names are asked with one GetParameterNames."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str
    next_level: bool


class ActiveRule(BaseModel):
    """How the one object in use is found among several."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    object: str
    state: str
    order: tuple[str, ...]
    enable: str | None = None
    require: tuple[str, ...] = ()
    where: str | None = None
    holds: str | None = None

    @property
    def leaves(self) -> tuple[str, ...]:
        """Parameters of the object that the choice needs."""
        return tuple(leaf for leaf in (self.state, self.enable, self.where) if leaf)


class MetricRule(BaseModel):
    """Where a metric is read."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str
    paths: tuple[str, ...]
    fallback: Literal["empty", "absent"] = "empty"


class ModelFile(BaseModel):
    """One root of ``mapping.yaml``; refused at load when it names what does not exist."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    root: str
    objects: tuple[ObjectRequest, ...]
    active: Mapping[str, ActiveRule]
    second_look: str
    metrics: Mapping[str, MetricRule]
    tables: Mapping[str, TableRule] = {}

    @model_validator(mode="after")
    def _names_exist(self) -> Self:
        for key, rule in self.metrics.items():
            if metric(key).type != KINDS[rule.kind].type:
                raise ValueError(f"{key} is not of kind {rule.kind}")
            for name in _REFERENCE.findall(" ".join(rule.paths)):
                if name not in self.active:
                    raise ValueError(f"{key} names {name}, which is not declared")
        for key, table in self.tables.items():
            check(key, table)
        if self.second_look not in self.active:
            raise ValueError(f"second_look names {self.second_look}, which is not declared")
        return self


def _pattern(template: str) -> re.Pattern[str]:
    return re.compile(re.escape(template).replace(r"\*", "([0-9]{1,9})"))


@dataclass(frozen=True)
class DataModel:
    """One data model: what to ask of a box that speaks it, and how to read its answers."""

    file: ModelFile

    @property
    def root(self) -> str:
        """``InternetGatewayDevice.`` or ``Device.``."""
        return self.file.root

    @cached_property
    def metrics(self) -> tuple[Metric[Any], ...]:
        """The metrics that this model can give."""
        derived = (BOX_WIFI_RSSI_DBM, BOX_WIFI_BUSY_PERCENT) if self.file.tables else ()
        return (*(metric(key) for key in (*self.file.metrics, *self.file.tables)), *derived)

    @cached_property
    def tables(self) -> Tables:
        """The tables that this model can give."""
        return Tables(self.root, self.file.tables)

    @cached_property
    def _paths(self) -> Mapping[str, tuple[str, ...]]:
        """Full templates of each metric, references replaced by their object."""

        def full(path: str) -> str:
            return self.root + _REFERENCE.sub(lambda found: self.file.active[found[1]].object, path)

        return {key: tuple(full(path) for path in rule.paths) for key, rule in self.file.metrics.items()}

    @cached_property
    def _templates(self) -> tuple[str, ...]:
        wanted = [path for paths in self._paths.values() for path in paths]
        for rule in self.file.active.values():
            wanted += [f"{self.root}{rule.object}.{leaf}" for leaf in rule.leaves]
        return tuple(dict.fromkeys([*wanted, *self.tables.templates]))

    @cached_property
    def _patterns(self) -> Mapping[str, re.Pattern[str]]:
        return {template: _pattern(template) for template in self._templates}

    @cached_property
    def _objects(self) -> Mapping[str, re.Pattern[str]]:
        return {name: _pattern(self.root + rule.object + ".") for name, rule in self.file.active.items()}

    def plan(self, names: Iterable[str]) -> tuple[str, ...]:
        """The names worth asking, out of those that the box has; objects to ask whole at the end, with a final dot."""
        names = tuple(names)
        patterns = tuple(self._patterns.values())
        wanted = tuple(name for name in names if any(pattern.fullmatch(name) for pattern in patterns))
        return (*wanted, *self.tables.wholes(names))

    def blind_plan(self, path: str) -> tuple[str, ...]:
        """What to ask under an object whose names the box does not tell: leaves, and the whole object if need be."""
        here = [template for template in self._templates if template.startswith(self.root + path)]
        leaves = [template for template in here if "*" not in template]
        return tuple(leaves) if len(leaves) == len(here) else (*leaves, self.root + path)

    def active(self, name: str, values: Values) -> str | None:
        """Full path of the object in use, with its final dot; ``None`` when the box shows none."""
        rule = self.file.active[name]
        found = {
            matched[0]: tuple(int(number) for number in matched.groups())
            for full in values
            if (matched := self._objects[name].match(full))
        }
        holder = self.active(rule.holds, values) if rule.holds else None

        def rank(path: str) -> tuple[bool, int, bool, tuple[int, ...]]:
            state = (values.get(path + rule.state) or "").strip()
            order = rule.order.index(state) if state in rule.order else len(rule.order)
            disabled = rule.enable is not None and _is(values.get(path + rule.enable), value=False)
            return (not (holder or "").startswith(path), order, disabled, found[path])

        def counts(path: str) -> bool:
            if rule.where is not None and not _is(values.get(path + rule.where), value=True):
                return False
            return not rule.require or (values.get(path + rule.state) or "").strip() in rule.require

        return min(filter(counts, found), key=rank, default=None)

    def wants_second_look(self, values: Values) -> bool:
        """Whether the main connection is not in its best state, so that another instance might be the one in use."""
        name = self.file.second_look
        rule = self.file.active[name]
        path = self.active(name, values)
        return path is None or (values.get(path + rule.state) or "").strip() != rule.order[0]

    def decode(self, values: Values, at: datetime, asked: Mapping[str, int | None] | None = None) -> Readings:
        """Readings of values.

        Args:
            values: What the box gave.
            at: When.
            asked: The names that were asked, with the fault code of those refused; a metric without value then says
                why. ``None`` for an Inform, whose absent metrics are simply not in the result.
        """
        chosen = _Chosen(self, values)
        result: dict[Metric[Any], Reading[Any]] = {}
        keys = self._told_by(tuple(values)) if asked is None else self.file.metrics
        for key in keys:
            rule = self.file.metrics[key]
            reading = self._read(key, rule, values, chosen, at)
            if reading is None and asked is not None:
                reading = self._absent(key, asked, at)
            if reading is not None:
                result[metric(key)] = reading
        found = Readings(result)
        return found if asked is None else found.merged(self.tables.decode(values, at, asked))

    @cached_property
    def _told_by(self) -> Callable[[tuple[str, ...]], tuple[str, ...]]:
        """The metrics that names can tell; boxes of one kind inform with the same names, so it is worth remembering."""

        @lru_cache(1024)
        def told(names: tuple[str, ...]) -> tuple[str, ...]:
            patterns = self._patterns
            return tuple(
                key
                for key, paths in self._paths.items()
                if any(patterns[path].fullmatch(name) for path in paths for name in names)
            )

        return told

    def _read(
        self, key: str, rule: MetricRule, values: Values, chosen: Mapping[str, str | None], at: datetime
    ) -> Reading[Any] | None:
        first: Reading[Any] | None = None
        for path in rule.paths:
            name = self._concrete(path, values, chosen)
            if name is None:
                continue
            reading = _decode(KINDS[rule.kind].read, values[name], at, name)
            first = first or reading
            if reading.known or rule.fallback == "absent":
                return reading
        return first

    def _concrete(self, path: str, values: Values, chosen: Mapping[str, str | None]) -> str | None:
        reference = _REFERENCE.match(path)
        if reference is not None:
            base = chosen[reference[1]]
            name = None if base is None else base + path[reference.end() + 1 :]
        else:
            name = self.root + path
        if name is not None and "*" in name:
            pattern = _pattern(name)
            matches = {full: tuple(int(n) for n in m.groups()) for full in values if (m := pattern.fullmatch(full))}
            name = min((full for full in matches if values[full]), key=matches.__getitem__, default=None)
        return name if name in values else None

    def _absent(self, key: str, asked: Mapping[str, int | None], at: datetime) -> Reading[Any]:
        source = Source(Via.CWMP, self._paths[key][0])
        exact: list[int | None] = []
        covering: list[int] = []
        for path in self._paths[key]:
            for name, code in asked.items():
                if self._patterns[path].fullmatch(name):
                    exact.append(code)
                elif code is not None and name.endswith(".") and path.startswith(name):
                    covering.append(code)
        if None in exact:
            return missing(Reason.NO_READING, at, source)  # asked, and the box gave nothing
        refused = any(code != INVALID_PARAMETER_NAME for code in (*exact, *covering))
        return missing(Reason.ERROR if refused else Reason.NOT_SUPPORTED, at, source)


INVALID_PARAMETER_NAME = 9005  # TR-069 A.5.1


def _is(text: str | None, *, value: bool) -> bool:
    try:
        return text is not None and boolean(text) is value
    except MalformedValueError:
        return False


def _decode(read: Callable[[str], Any], text: str | None, at: datetime, name: str) -> Reading[Any]:
    source = Source(Via.CWMP, name)
    if text is None:
        return missing(Reason.NO_READING, at, source)
    try:
        value = read(text)
    except MalformedValueError:
        return missing(Reason.MALFORMED, at, source, raw=text[:_RAW_LIMIT])
    return missing(Reason.NO_READING, at, source) if value is None else known(value, at, source)


class _Chosen(dict[str, str | None]):
    """The object in use of each name, found when it is first asked for."""

    def __init__(self, model: DataModel, values: Values) -> None:
        super().__init__()
        self._model = model
        self._values = values

    def __missing__(self, name: str) -> str | None:
        found = self[name] = self._model.active(name, self._values)
        return found


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """Every data model that is known."""

    models: tuple[DataModel, ...]

    @classmethod
    def load(cls) -> Vocabulary:
        """Read and check ``mapping.yaml`` and what vendors add to it."""
        with (Path(__file__).parent / "mapping.yaml").open(encoding="utf-8") as file:
            models = yaml.safe_load(file)
        for overlay in overlays(Path(__file__).parent / "overlays"):
            models = [laid_over(model, overlay) for model in models]
        return cls(tuple(DataModel(ModelFile.model_validate(model)) for model in models))

    def detect(self, names: Collection[str]) -> DataModel | None:
        """The model whose root most names begin with; ``None`` when none does."""
        counts = {model.root: sum(name.startswith(model.root) for name in names) for model in self.models}
        best = max(self.models, key=lambda model: counts[model.root])
        return best if counts[best.root] else None

    def metrics(self) -> tuple[Metric[Any], ...]:
        """Every metric that some model gives."""
        return tuple(dict.fromkeys(item for model in self.models for item in model.metrics))
