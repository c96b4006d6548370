"""What a page that speaks both languages is asked: by whom, in which language; and how it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request, Response

from api.bootstrap import Service
from api.deps import LanguageDep, PrincipalDep, ServiceDep
from api.i18n import Language
from api.web.rendering import page
from domain.principal import Principal, Right


@dataclass(frozen=True, slots=True)
class Asked:
    """One request of somebody signed in."""

    request: Request
    who: Principal
    service: Service
    language: Language

    def page(self, template: str, status: int = 200, **values: object) -> Response:
        """The page, in the reader's language."""
        return page(self.request, template, status, langue=self.language, who=self.who, **values)


async def asked(request: Request, who: PrincipalDep, service: ServiceDep, language: LanguageDep) -> Asked:
    """Somebody signed in."""
    return Asked(request, who, service, language)


AskedDep = Annotated[Asked, Depends(asked)]


async def of_administrator(found: AskedDep) -> Asked:
    """Somebody who administers accounts and webhooks."""
    found.who.require(Right.ADMINISTRATOR)
    return found


AdministratorDep = Annotated[Asked, Depends(of_administrator)]
