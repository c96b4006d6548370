"""The catalogue: one file a téléaction, found by listing the folder."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from functools import cache

from domain.errors import NotFoundError
from teleactions.spec import Spec


@cache
def catalogue() -> Mapping[str, Spec]:
    """Every téléaction by its name, in the order of the names."""
    found: dict[str, Spec] = {}
    for info in sorted(pkgutil.iter_modules(__path__), key=lambda one: one.name):
        spec: Spec = importlib.import_module(f"{__name__}.{info.name}").SPEC
        if spec.name != info.name:
            raise ValueError(f"{info.name}: a téléaction bears the name of its file, not {spec.name}")
        found[spec.name] = spec
    return found


def spec_of(name: str) -> Spec:
    """The téléaction of that name; raises `NotFoundError`."""
    found = catalogue().get(name)
    if found is None:
        raise NotFoundError("teleaction", name)
    return found
