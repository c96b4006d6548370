"""Questions to the telemetry store, each within what its asker may see.

The infrastructure operator sees its OLTs. A commercial operator sees the ONT of an access of its own, named by the ID1;
without one, the ONTs of all its accesses.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from api.services.olts import require_network
from domain.errors import InvalidValueError, NotFoundError
from domain.identifiers import Id1, OntName, PonName
from domain.metric import Metric
from domain.principal import Principal, Right
from domain.telemetry import Sample, TelemetryStore, Where
from storage.records import Records

LONGEST = timedelta(days=31)
"""Of one question about the past (C): a month, the retention by default."""
STEPS = 5_000
"""Of one downsampled answer, at most (C): what a screen can draw, and more."""


@dataclass(frozen=True, slots=True)
class About:
    """What a question is about, as asked: an access, or an OLT, one of its PON ports, one of its ONTs."""

    id1: Id1 | None = None
    olt: str | None = None
    pon: PonName | None = None
    ont: OntName | None = None

    def __post_init__(self) -> None:
        if self.id1 is not None and (self.olt or self.pon or self.ont):
            raise InvalidValueError("access", self.id1, "given alone: it names its ONT")
        if self.olt is None and (self.pon or self.ont):
            raise InvalidValueError("olt", "", "given with its PON port or ONT")
        if self.pon is not None and self.ont is not None:
            raise InvalidValueError("pon", self.pon, "given without an ONT")


@dataclass(frozen=True, slots=True)
class Found:
    """One stored value, its metric, and the vendor of its OLT."""

    metric: Metric[Any]
    sample: Sample
    vendor: str


class TelemetryService:
    """Reads the store."""

    def __init__(self, store: TelemetryStore, records: Records) -> None:
        self._store = store
        self._records = records

    async def last(self, who: Principal, about: About, metrics: Sequence[Metric[Any]]) -> list[Found]:
        """The last value of each metric, whatever its age."""
        found: list[Found] = []
        for scope in await self._scopes(who, about):
            samples = await self._store.last(scope.where, metrics)
            found += [one for metric in metrics for one in scope.found(metric, samples.get(metric, ()))]
        return found

    async def series(
        self, who: Principal, about: About, metric: Metric[Any], since: datetime, until: datetime
    ) -> list[Found]:
        """Every value of one ONT, PON port or access."""
        _bounded(since, until)
        if about.id1 is None and about.ont is None and about.pon is None:
            raise InvalidValueError("access", "", "an access, an ONT or a PON port")
        found: list[Found] = []
        for scope in await self._scopes(who, about):
            found += scope.found(metric, await self._store.series(scope.where, metric, since, until))
        return found

    async def as_of(self, who: Principal, about: About, metric: Metric[Any], at: datetime) -> list[Found]:
        """The last value of each ONT at or before an instant."""
        found: list[Found] = []
        for scope in await self._scopes(who, about):
            found += scope.found(metric, await self._store.as_of(scope.where, metric, at))
        return found

    async def worst(
        self, who: Principal, about: About, metric: Metric[Any], count: int, *, lowest: bool
    ) -> list[Found]:
        """The lowest (or highest) last values, worst first; ONTs without value are left out."""
        found: list[Found] = []
        for scope in await self._scopes(who, about):
            if scope.onts is None:
                found += scope.found(metric, await self._store.worst(scope.where, metric, count, lowest=lowest))
            else:  # the worst of the OLT are mostly others'
                found += scope.found(metric, (await self._store.last(scope.where, [metric])).get(metric, ()))
        known = [(one.sample.value, one) for one in found if one.sample.value is not None]
        known.sort(key=lambda pair: pair[0], reverse=not lowest)
        return [one for _, one in known[:count]]

    async def trend(
        self, who: Principal, about: About, metric: Metric[Any], since: datetime, until: datetime, step_s: int
    ) -> list[tuple[datetime, float, float, float, int]]:
        """Per step: its start, minimum, mean, maximum and number of values."""
        _bounded(since, until)
        if (until - since).total_seconds() / step_s > STEPS:
            raise InvalidValueError("step_s", step_s, "a longer step: 5,000 steps at most")
        scopes = await self._scopes(who, about)
        if len(scopes) != 1 or scopes[0].onts is not None:
            raise InvalidValueError("access", "", "an access, or an OLT")
        return await self._store.downsampled(scopes[0].where, metric, since, until, step_s)

    async def _scopes(self, who: Principal, about: About) -> list[_Scope]:
        if about.id1 is not None:
            who.require(Right.TEST)
            place = (await self._records.accesses.get(who, about.id1)).place
            if place is None:
                raise NotFoundError("ONT of the access", str(about.id1))
            target = await self._records.network.olt(place.olt)
            return [_Scope(Where(target.operator_id, place.olt, ont=place.ont), {place.olt: target.vendor})]
        if (await self._records.operators.get(who.operator_id)).is_infrastructure:
            require_network(who)
            targets = await self._records.olts.list(who)
            if about.olt is not None and about.olt not in {target.name for target in targets}:
                raise NotFoundError("olt", about.olt)
            vendors = {target.name: target.vendor for target in targets}
            return [_Scope(Where(who.operator_id, about.olt, about.pon, about.ont), vendors)]
        who.require(Right.TEST)
        return await self._accesses(who, about)

    async def _accesses(self, who: Principal, about: About) -> list[_Scope]:
        """The ONTs of the operator's own accesses, by OLT, that the question is about."""
        mine: dict[str, set[OntName]] = defaultdict(set)
        for access in await self._records.accesses.list(who):
            place = access.place
            if place is not None and _within(about, place.olt, place.ont):
                mine[place.olt].add(place.ont)
        if about.olt is not None and not mine:
            raise NotFoundError("olt" if about.ont is None else "ont", str(about.ont or about.olt))
        scopes = []
        for olt, onts in sorted(mine.items()):
            target = await self._records.network.olt(olt)
            where = Where(target.operator_id, olt, about.pon, about.ont)
            scopes.append(_Scope(where, {olt: target.vendor}, frozenset(onts)))
        return scopes


@dataclass(frozen=True, slots=True)
class _Scope:
    """A question to the store, and the ONTs of its answer that the asker may see; ``None``: all."""

    where: Where
    vendors: dict[str, str]
    onts: frozenset[OntName] | None = None

    def found(self, metric: Metric[Any], samples: Iterable[Sample]) -> list[Found]:
        return [
            Found(metric, sample, self.vendors.get(sample.olt, ""))
            for sample in samples
            if self.onts is None or sample.ont in self.onts
        ]


def _within(about: About, olt: str, ont: OntName) -> bool:
    return about.olt in {None, olt} and about.ont in {None, ont} and about.pon in {None, ont.pon_name}


def _bounded(since: datetime, until: datetime) -> None:
    if not timedelta(0) < until - since <= LONGEST:
        raise InvalidValueError("until", until.isoformat(), "an instant after the first one, within 31 days")
