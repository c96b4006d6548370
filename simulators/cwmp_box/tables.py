"""Objects of which an ACS adds and deletes instances (TR-069 A.3.2.6, A.3.2.7), and the tree of one box with them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import AddressValueError, IPv4Address

from simulators.cwmp_box.model import Facts, Kind, Parameter, Read, Settings, constant
from simulators.cwmp_box.writable import keep, kept

Check = Callable[[str], bool]


@dataclass(frozen=True, slots=True)
class Column:
    """A parameter of each instance.

    Attributes:
        default: Its value in a new instance.
        check: Which values it takes; ``None`` where an ACS may not write it.
        follows: The column whose true value makes it read ``shows[0]``, and ``shows[1]`` otherwise.
    """

    name: str
    kind: Kind
    default: str = ""
    check: Check | None = lambda text: len(text) <= 256
    follows: str = ""
    shows: tuple[str, str] = ("", "")


@dataclass(frozen=True, slots=True)
class Table:
    """An object with instances.

    Attributes:
        path: Its path, with the final dot and without a number.
        counter: Full name of the parameter that counts its instances.
        most: Instances that the box has room for, those as delivered among them (9004 beyond).
        fixed: Numbers of the instances as delivered: they are parameters of the tree and cannot be deleted.
    """

    path: str
    columns: tuple[Column, ...]
    counter: str
    most: int = 32
    fixed: frozenset[int] = frozenset()

    def numbers(self, settings: Settings) -> tuple[int, ...]:
        """Numbers of the instances that were added, in their order."""
        return settings.rows.get(self.path, ())

    def full(self, settings: Settings) -> bool:
        """Whether there is room for no other."""
        return len(self.numbers(settings)) + len(self.fixed) >= self.most

    def add(self, settings: Settings) -> int:
        """Add an instance; its number, which no instance had before it (TR-069 A.2.2.1)."""
        number = settings.last_rows.get(self.path, max(self.fixed, default=0)) + 1
        settings.last_rows = {**settings.last_rows, self.path: number}
        settings.rows = {**settings.rows, self.path: (*self.numbers(settings), number)}
        return number

    def delete(self, settings: Settings, number: int) -> None:
        """Delete an instance with all that was written under it."""
        path = f"{self.path}{number}."
        settings.rows = {**settings.rows, self.path: tuple(n for n in self.numbers(settings) if n != number)}
        settings.extra = {name: value for name, value in settings.extra.items() if not name.startswith(path)}
        settings.notifications = {
            name: value for name, value in settings.notifications.items() if not name.startswith(path)
        }

    def count(self) -> Parameter:
        """The parameter that counts its instances."""
        return Parameter(
            self.counter, Kind.UNSIGNED_INT, lambda facts: str(len(self.numbers(facts.settings)) + len(self.fixed))
        )


@lru_cache(4096)  # a park shares them: the same numbers come again and again
def _row(table: Table, number: int) -> Mapping[str, Parameter]:
    path = f"{table.path}{number}."
    found = {}
    for column in table.columns:
        name = path + column.name
        write = None if column.check is None else keep(name, column.check)
        found[name] = Parameter(name, column.kind, _read(path, column), write)
    return found


def _read(path: str, column: Column) -> Read:
    if not column.follows:
        return kept(path + column.name, constant(column.default))
    yes, no = column.shows

    def read(facts: Facts) -> str:
        return yes if facts.settings.extra.get(path + column.follows, "0").lower() in {"1", "true"} else no

    return read


class Tree:
    """What every box of one data model has: its parameters, and the objects of which instances are added."""

    def __init__(self, parameters: Iterable[Parameter], inform: Iterable[str], tables: Iterable[Table] = ()) -> None:
        self.tables = tuple(tables)
        known = (*parameters, *(table.count() for table in self.tables))
        self._parameters: Mapping[str, Parameter] = {parameter.name: parameter for parameter in known}
        self.inform = tuple(self._parameters[name] for name in inform)

    def get(self, name: str) -> Parameter | None:
        """The parameter of that full name."""
        return self._parameters.get(name)

    def under(self, path: str) -> list[Parameter]:
        """The parameters under a partial path (``""`` or ending with a dot); none when there is no such object."""
        return [parameter for name, parameter in self._parameters.items() if name.startswith(path)]


class BoxTree:
    """The parameters of one box: those of its model, and the instances that an ACS added."""

    def __init__(self, tree: Tree, settings: Settings) -> None:
        self._tree = tree
        self._tables = tree.tables
        self._settings = settings

    def get(self, name: str) -> Parameter | None:
        """The parameter of that full name."""
        found = self._tree.get(name)
        if found is not None:
            return found
        table = next((table for table in self._tables if name.startswith(table.path)), None)
        number = None if table is None else _number(name[len(table.path) :].partition(".")[0])
        if table is None or number is None or number not in table.numbers(self._settings):
            return None
        return _row(table, number).get(name)

    def under(self, path: str) -> list[Parameter]:
        """The parameters under a partial path."""
        rows = (parameter for table in self._near(path) for parameter in self._rows(table))
        return [*self._tree.under(path), *(parameter for parameter in rows if parameter.name.startswith(path))]

    def has(self, path: str) -> bool:
        """Whether there is such an object, be it empty."""
        return any(table.path.startswith(path) for table in self._tables) or bool(self.under(path))

    def children(self, path: str) -> list[tuple[str, bool]]:
        """Names one level below a partial path and whether each may be written; objects end with a dot."""
        seen: dict[str, bool] = {}
        for name, writable in self._named(path):
            head, dot, _ = name[len(path) :].partition(".")
            if head:
                below = f"{path}{head}{dot}"
                seen.setdefault(below, self._addable(below) if dot else writable)
        return list(seen.items())

    def objects(self, path: str) -> list[tuple[str, bool]]:
        """Every object at or under a partial path, and whether instances of it are added, or it is deleted."""
        found: dict[str, bool] = {}
        for name, _ in self._named(path):
            at = name.find(".", max(len(path) - 1, 0))
            while at >= 0:
                found.setdefault(name[: at + 1], self._addable(name[: at + 1]))
                at = name.find(".", at + 1)
        return list(found.items())

    def table(self, path: str) -> Table | None:
        """The object of that path, when instances can be added to it."""
        return next((table for table in self._tables if table.path == path), None)

    def instance(self, path: str) -> tuple[Table, int] | None:
        """The instance of that path, when it can be deleted."""
        parent, _, text = path.removesuffix(".").rpartition(".")
        table, number = self.table(parent + "."), _number(text)
        if table is None or number is None or number not in table.numbers(self._settings):
            return None
        return table, number

    def _addable(self, path: str) -> bool:
        return self.table(path) is not None or self.instance(path) is not None

    def _named(self, path: str) -> Iterator[tuple[str, bool]]:
        yield from ((table.path, True) for table in self._tables if table.path.startswith(path))
        yield from ((parameter.name, parameter.write is not None) for parameter in self.under(path))

    def _near(self, path: str) -> Iterator[Table]:
        return (table for table in self._tables if table.path.startswith(path) or path.startswith(table.path))

    def _rows(self, table: Table) -> Iterator[Parameter]:
        for number in table.numbers(self._settings):
            yield from _row(table, number).values()


def _number(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[1-9][0-9]{0,8}", text) else None


# Which values columns take


def boolean(text: str) -> bool:
    """A boolean of TR-106 3.2."""
    return text.lower() in {"0", "1", "true", "false"}


def number(most: int) -> Check:
    """A whole number of 0 to ``most``."""
    return lambda text: bool(re.fullmatch(r"[0-9]{1,10}", text)) and int(text) <= most


def one_of(*values: str) -> Check:
    """One of a list."""
    return lambda text: text in values


def mac(text: str) -> bool:
    """A MAC address, or nothing."""
    return not text or bool(re.fullmatch(r"(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}", text))


def ipv4(text: str) -> bool:
    """An IPv4 address, or nothing."""
    if not text:
        return True
    try:
        IPv4Address(text)
    except AddressValueError:
        return False
    return True


def longest(most: int) -> Check:
    """A text of at most so many characters."""
    return lambda text: len(text) <= most
