"""Routers that are asked only for what may be theirs."""

from __future__ import annotations

import re
from functools import cached_property

from fastapi import APIRouter
from fastapi.routing import APIRoute
from starlette.routing import Match
from starlette.types import Scope

_NAME = re.compile(r"\?P<\w+>")


class Router(APIRouter):
    """A router of FastAPI, but for its search: that tries each route of each router, twice a request.

    Here one expression says whether a path may be one of the router's. To be included without a prefix.
    """

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """What FastAPI finds, when there may be something to find."""
        if self._form is not None and self._form.match(scope["path"]) is None:
            return Match.NONE, {}
        return super().matches(scope)

    @cached_property
    def _form(self) -> re.Pattern[str] | None:
        """The paths of its routes; ``None`` when it holds more than routes of its own. Made once it is in service."""
        own = [route.path_regex.pattern for route in self.routes if isinstance(route, APIRoute)]
        if len(own) < len(self.routes):
            return None
        return re.compile("|".join(sorted({_NAME.sub("?:", pattern) for pattern in own})))
