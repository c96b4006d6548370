"""Mutation tests of the rule-set: every number moved, every comparison with one turned; who notices?

``python -m tests.diagnostics.mutation`` prints the survivors. A mutant dies when one of the `edges` sees something else
than it expects; one that survives is a missing edge.
"""

from __future__ import annotations

import ast
import importlib
import inspect
import pkgutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from types import CodeType, FunctionType, ModuleType
from typing import Any

import diagnostics
from diagnostics.ruleset import Ruleset
from diagnostics.thresholds import Correlation, Thresholds
from domain.access import OpticalClass
from tests.diagnostics.build import rules
from tests.diagnostics.edges import EDGES
from tests.diagnostics.edges.making import Edge

_STEP = 0.1
_TURNED: Mapping[type[ast.cmpop], type[ast.cmpop]] = {
    ast.GtE: ast.Gt,
    ast.Gt: ast.GtE,
    ast.LtE: ast.Lt,
    ast.Lt: ast.LtE,
}
_NUMBERS = {"t", "thresholds", "limits", "span", "model"}
"""Names under which the engine holds the numbers of the rule-set."""


def moved(number: str, value: float) -> tuple[float, ...]:
    """Values that a number is moved to: a whole one by one, a confidence by hundredths, any other by a tenth."""
    if isinstance(value, int):
        return (value - 1, value + 1)
    step = 0.03 if number.startswith(("ceilings", "doubt")) else abs(value) * _STEP or 0.5
    return (value - step, value + step)


def numbers(ruleset: Ruleset) -> Iterator[tuple[str, float, Callable[[float], Ruleset]]]:
    """Every number of a rule-set by its name, with what gives the rule-set in which it is another."""
    found = ruleset.thresholds

    def with_(**changes: Any) -> Ruleset:
        return replace(ruleset, thresholds=found.model_copy(update=changes))

    def with_one(name: str, value: float) -> Ruleset:
        return with_(**{name: value})

    for name, value in found:
        if isinstance(value, tuple):
            yield from (
                (f"{name}[{n}]", value[n], lambda v, k=name, n=n, s=value: with_(**{k: put(s, n, v)})) for n in (0, 1)
            )
        elif isinstance(value, int | float):
            yield name, value, partial(with_one, name)
    yield from _of_correlation(found.correlation, lambda model: with_(correlation=model))
    yield from _of_maps(found, with_)
    for of in OpticalClass:
        yield from _of_class(of, found.limits(of), lambda of, limits: with_(classes={**found.classes, of: limits}))


def _of_maps(found: Thresholds, with_: Callable[..., Ruleset]) -> Iterator[Any]:
    for part, joints in found.path_joints.items():
        for end in (0, 1):
            other = lambda v, k=part, n=end, s=joints: with_(path_joints={**found.path_joints, k: put(s, n, v)})  # noqa: E731
            yield f"path_joints.{part}[{end}]", joints[end], other
    for rule, value in found.ceilings.items():
        yield f"ceilings.{rule}", value, lambda v, k=rule: with_(ceilings={**found.ceilings, k: v})
    for ratio, value in found.splitter_loss_db.items():
        if ratio > 1:
            yield (
                f"splitters.{ratio}",
                value,
                lambda v, k=ratio: with_(splitter_loss_db={**found.splitter_loss_db, k: v}),
            )


def _of_correlation(model: Correlation, put_back: Callable[[Correlation], Ruleset]) -> Iterator[Any]:
    for name, value in model:
        if isinstance(value, Mapping):
            for of, one in value.items():
                other = lambda v, k=name, n=of, s=value: put_back(model.model_copy(update={k: {**s, n: v}}))  # noqa: E731
                yield f"correlation.{name}.{of.value}", one, other
        elif isinstance(value, tuple):
            for n, one in enumerate(value):
                other = lambda v, k=name, n=n, s=value: put_back(model.model_copy(update={k: with_item(s, n, v)}))  # noqa: E731
                yield f"correlation.{name}[{n}]", one, other
        else:
            yield f"correlation.{name}", value, lambda v, k=name: put_back(model.model_copy(update={k: v}))


def _of_class(of: OpticalClass, limits: Any, put_back: Callable[[OpticalClass, Any], Ruleset]) -> Iterator[Any]:
    for name, value in limits:
        if isinstance(value, tuple):
            for end in (0, 1):
                other = lambda v, k=name, n=end, s=value: put_back(of, limits.model_copy(update={k: put(s, n, v)}))  # noqa: E731
                yield f"classes.{of.value}.{name}[{end}]", value[end], other
        elif isinstance(value, float):
            yield f"classes.{of.value}.{name}", value, lambda v, k=name: put_back(of, limits.model_copy(update={k: v}))


def with_item(values: tuple[float, ...], place: int, value: float) -> tuple[float, ...]:
    """Values with one of them replaced."""
    return (*values[:place], value, *values[place + 1 :])


def put(span: tuple[Any, Any], end: int, value: Any) -> tuple[Any, Any]:
    """A span with one end replaced."""
    return (value, span[1]) if end == 0 else (span[0], value)


def edges_of(number: str) -> list[Edge]:
    """The edges of a number."""
    return [edge for edge in EDGES if edge.number == number]


def survivors(ruleset: Ruleset) -> Iterator[str]:
    """Numbers that may be moved without any of their edges noticing."""
    for number, value, changed in numbers(ruleset):
        for other in moved(number, value):
            mutant = changed(other)
            if not any(edge.wrong(mutant) for edge in edges_of(number)):
                yield f"{number} = {other:g} instead of {value:g}"


@dataclass(frozen=True, slots=True)
class Turn:
    """One comparison with a number of the rule-set, turned: ``>=`` is ``>``, and so on."""

    module: ModuleType
    line: int
    column: int
    shown: str


def turns() -> Iterator[Turn]:
    """Every comparison of the engine with a number of the rule-set."""
    for info in pkgutil.walk_packages(diagnostics.__path__, "diagnostics."):
        if info.ispkg or info.name.endswith("__main__") or ".explain" in info.name or ".replay" in info.name:
            continue
        module = importlib.import_module(info.name)
        for node in ast.walk(ast.parse(inspect.getsource(module))):
            if isinstance(node, ast.Compare) and type(node.ops[-1]) in _TURNED and _of_numbers(node):
                yield Turn(module, node.lineno, node.col_offset, f"{info.name}:{node.lineno} {ast.unparse(node)}")


def _of_numbers(node: ast.Compare) -> bool:
    names = {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    return bool(names & _NUMBERS)


@contextmanager
def turned(turn: Turn) -> Iterator[None]:
    """The engine with that comparison turned, while the block lasts: the code of its function is replaced."""
    tree = ast.parse(inspect.getsource(turn.module))
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and (node.lineno, node.col_offset) == (turn.line, turn.column):
            node.ops[-1] = _TURNED[type(node.ops[-1])]()
    codes = dict(_codes(compile(tree, turn.module.__file__ or "", "exec")))
    before = {function: function.__code__ for function in _functions(turn.module)}
    try:
        for function in before:
            code = codes.get(function.__qualname__)
            if code is not None and code.co_freevars == function.__code__.co_freevars:
                function.__code__ = code
        yield
    finally:
        for function, kept in before.items():
            function.__code__ = kept


def _codes(code: CodeType) -> Iterator[tuple[str, CodeType]]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant.co_qualname, constant
            yield from _codes(constant)


def _functions(module: ModuleType) -> Iterator[FunctionType]:
    for value in vars(module).values():
        holders = [value, *vars(value).values()] if inspect.isclass(value) else [value]
        for held in holders:
            function = held.fget if isinstance(held, property) else held
            if isinstance(function, FunctionType) and function.__module__ == module.__name__:
                yield function


def indifferent(ruleset: Ruleset) -> Iterator[str]:
    """Comparisons that may be turned without any edge noticing."""
    for turn in turns():
        with turned(turn):
            if not any(edge.wrong(ruleset) for edge in EDGES):
                yield turn.shown


def main() -> int:
    """Print the survivors; 1 when there is one."""
    ruleset = rules()
    found = [*survivors(ruleset), *indifferent(ruleset)]
    moves = sum(len(moved(number, value)) for number, value, _ in numbers(ruleset))
    sys.stdout.write(f"{moves} numbers moved, {sum(1 for _ in turns())} comparisons turned, {len(found)} survivors\n")
    sys.stdout.writelines(f"  {one}\n" for one in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
