"""« Gestion des droits »: the list of accounts, new ones, one at a time changed, mailed a password, or deactivated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import Form, Query, Response
from pydantic import ValidationError
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse

from api.i18n import Language
from api.problems import describe, fields_at_fault
from api.routes.accounts import AccountIn, ProfileIn
from api.routing import Router
from api.services.accounts import RESERVED
from api.web.asked import AdministratorDep, Asked
from api.web.errors import BilingualRoute, by_htmx
from api.web.rights import FAMILIES
from domain.account import Account
from domain.errors import ConflictError, ForbiddenError

router = Router(route_class=BilingualRoute, include_in_schema=False)

_PER_PAGE = 50
MOST_AT_ONCE = 20
_TEXTS = ("login", "last_name", "first_name", "email", "phone", "mobile")

Login = Annotated[str, Query(max_length=100)]
SentLogin = Annotated[str, Form(max_length=100)]


@router.get("/comptes")
async def accounts(
    asked: AdministratorDep,
    q: Annotated[str, Query(max_length=100)] = "",
    feuille: Annotated[int, Query(alias="page", ge=1, le=10_000)] = 1,
    fait: Annotated[str, Query(max_length=20)] = "",
) -> Response:
    """The accounts of the operator; htmx asks for the list alone while one types."""
    found = await asked.service.accounts.list(asked.who, q)
    first = (feuille - 1) * _PER_PAGE
    return asked.page(
        "_comptes.html" if by_htmx(asked.request) else "comptes.html",
        comptes=found[first : first + _PER_PAGE],
        externes=await asked.service.records.identities.logins(asked.who),
        total=len(found),
        q=q,
        fait=fait if fait in {"change", "retire"} else "",
        feuille=feuille,
        feuilles=max(1, -(-len(found) // _PER_PAGE)),
    )


@router.get("/comptes/nouveaux")
async def new(asked: AdministratorDep) -> Response:
    """The form of a new account; « + » adds another."""
    return _new(asked, [{"rights": ["e-SAV Test"]}])


@router.post("/comptes/nouveaux")
async def create(asked: AdministratorDep) -> Response:
    """« + », « – » or « Enregistrer »: nothing typed is lost, and no account hinders another."""
    async with asked.request.form(max_files=0, max_fields=1000) as sent:
        blocks, action = _blocks(sent), str(sent.get("action", ""))
    if action == "plus" and len(blocks) < MOST_AT_ONCE:
        return _new(asked, [*blocks, {"rights": blocks[-1]["rights"] if blocks else []}])
    if action.startswith("moins-"):
        kept = [block for number, block in enumerate(blocks) if action != f"moins-{number}"]
        return _new(asked, kept or [{"rights": []}])
    checked = [_checked(AccountIn, block, asked.language) for block in blocks]
    if not blocks or any(faults for _, faults in checked):
        return _new(asked, blocks, faults=[faults for _, faults in checked], status=422)
    wanted = [
        (form.login, form.profile(), frozenset(form.rights)) for form, _ in checked if isinstance(form, AccountIn)
    ]
    outcomes = await asked.service.accounts.create_all(asked.who, wanted)
    left = [(block, outcome.error) for block, outcome in zip(blocks, outcomes, strict=True) if outcome.error]
    return _new(
        asked,
        [block for block, _ in left],
        faults=[{"login": describe(error, asked.language)[1]} for _, error in left],
        status=409 if left else 201,
        made=[outcome for outcome in outcomes if outcome.error is None],
    )


@router.get("/comptes/fiche")
async def sheet(asked: AdministratorDep, login: Login) -> Response:
    """One account, to be changed."""
    return await _sheet(asked, await asked.service.accounts.get(asked.who, login))


@router.post("/comptes/fiche")
async def change(asked: AdministratorDep) -> Response:
    """Change all but the login, at once."""
    async with asked.request.form(max_files=0, max_fields=100) as sent:
        login, block = str(sent.get("login", ""))[:100], _block(sent, "")
    account = await asked.service.accounts.get(asked.who, login)
    form, faults = _checked(ProfileIn, {key: block[key] for key in block if key != "login"}, asked.language)
    status = 422
    if form is not None:
        try:
            await asked.service.accounts.change(asked.who, login, form.profile(), frozenset(form.rights))
        except (ForbiddenError, ConflictError) as error:
            status, faults["rights"], _ = describe(error, asked.language)
        else:
            return RedirectResponse("/comptes?fait=change", 303)
    return await _sheet(asked, account, block, faults, status)


@router.post("/comptes/mot-de-passe")
async def reset(asked: AdministratorDep, login: SentLogin = "") -> Response:
    """Send the owner what he sets another password with; the code, where no mail could be sent."""
    sent = await asked.service.accounts.reset(asked.who, login)
    return asked.page("compte_code.html", login=login, envoi=sent)


@router.get("/comptes/desactivation")
async def ask(asked: AdministratorDep, login: Login) -> Response:
    """« Non / Oui »: a pop-up, or a page where no script runs."""
    account = await asked.service.accounts.get(asked.who, login)
    template = "_desactivation.html" if by_htmx(asked.request) else "desactivation.html"
    return asked.page(template, compte=account)


@router.post("/comptes/desactivation")
async def deactivate(asked: AdministratorDep, login: SentLogin = "") -> Response:
    """Nothing of the account lets anybody in any more."""
    await asked.service.accounts.delete(asked.who, login)
    return RedirectResponse("/comptes?fait=retire", 303)


def _blocks(sent: FormData) -> list[dict[str, Any]]:
    """What was typed, an account a block, in their order."""
    numbers = sorted({int(number) for key in sent if (number := key.partition("-")[0]).isdecimal() and len(number) < 3})
    return [_block(sent, f"{number}-") for number in numbers][:MOST_AT_ONCE]


def _block(sent: FormData, prefix: str) -> dict[str, Any]:
    texts = {key: str(sent.get(f"{prefix}{key}", "")).strip() for key in _TEXTS}
    return texts | {"rights": [str(item) for item in sent.getlist(f"{prefix}rights")]}


def _checked(
    kind: type[ProfileIn], block: Mapping[str, Any], language: Language
) -> tuple[ProfileIn | None, dict[str, str]]:
    """The form, or what is at fault in it by field."""
    given = {key: value for key, value in block.items() if value or key == "rights"}
    try:
        return kind.model_validate(given), {}
    except ValidationError as error:
        faults = fields_at_fault(error.errors(), language)
        return None, {item["field"].partition(".")[0]: item["detail"] for item in faults}


def _new(
    asked: Asked,
    blocks: list[dict[str, Any]],
    *,
    faults: list[dict[str, str]] | None = None,
    status: int = 200,
    made: list[Any] | None = None,
) -> Response:
    empty = dict.fromkeys(_TEXTS, "")
    return asked.page(
        "comptes_nouveaux.html",
        status,
        blocs=[empty | block for block in blocks],
        fautes=faults or [{} for _ in blocks],
        crees=made or [],
        plein=len(blocks) >= MOST_AT_ONCE,
        familles=FAMILIES,
        reserves=RESERVED - asked.who.rights,
    )


async def _sheet(
    asked: Asked,
    account: Account,
    typed: Mapping[str, Any] | None = None,
    faults: Mapping[str, str] | None = None,
    status: int = 200,
) -> Response:
    profile = account.profile
    kept = {key: (getattr(profile, key) or "") if profile else "" for key in _TEXTS[1:]}
    kept |= {"login": account.login, "rights": sorted(account.rights)}
    return asked.page(
        "compte_fiche.html",
        status,
        compte=account,
        bloc=kept | dict(typed or {}),
        faute=faults or {},
        familles=FAMILIES,
        reserves=RESERVED - asked.who.rights - account.rights,
        externe=account.login in await asked.service.records.identities.logins(asked.who),
    )
