"""« Gestion des droits »: accounts of the operator, one at a time; passwords, sign-in and personal tokens."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import Depends, Path, Query
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError
from starlette.convertors import Convertor, register_url_convertor

from api.deps import PrincipalDep, ServiceDep, not_kept
from api.routing import Router
from api.schemas.conditions import all_of, any_of
from api.schemas.problems import problems
from api.schemas.sent import Span
from api.security.passwords import LONGEST, SHORTEST
from api.services.accounts import Initialisation
from api.signalisation.filling import EMAIL_SCHEMA, is_email
from domain.account import LOGIN_FORM, Account, Profile, checked_login
from domain.errors import InvalidValueError
from domain.principal import Right
from domain.secret import Secret
from storage.tokens import TokenKind

router = Router(
    prefix="/api/v1",
    tags=["Accounts"],
    dependencies=[Depends(not_kept)],
    responses=problems(401, 403, 404, 409, 422),
)


class _LoginConvertor(Convertor[str]):
    """A login holds ``/`` and yet ends before ``/password-reset``, which is a resource of its own."""

    regex = r"(?:(?!/password-reset$).)+"

    def convert(self, value: str) -> str:
        """As it stands."""
        return value

    def to_string(self, value: str) -> str:
        """As it stands."""
        return value


register_url_convertor("login", _LoginConvertor())

Login = Annotated[str, Path(max_length=100, description="Login of the account")]
Phone = Annotated[str, Field(max_length=20, pattern=r"^\+?[0-9](?:[ .-]?[0-9]){2,}$")]
Words = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")
]


_REACHED = all_of(any_of("mobile", "phone"))


def _address(text: str) -> str:
    if not is_email(text):
        raise InvalidValueError("email", text, "a valid e-mail address")
    return text


class ProfileIn(BaseModel):
    """All of an account but its login: an account changes its login by being deleted and made anew."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "last_name": "DURAND",
                    "first_name": "Camille",
                    "email": "camille.durand@operateur.example",
                    "phone": "0199001234",
                    "rights": ["e-SAV Test"],
                }
            ],
            **_REACHED,
        },
    )

    last_name: Words
    first_name: Words
    email: Annotated[str, Field(max_length=254, json_schema_extra=EMAIL_SCHEMA), AfterValidator(_address)]
    mobile: Phone | None = None
    phone: Phone | None = Field(default=None, validate_default=True)
    rights: Annotated[list[Right], Field(max_length=len(Right))]

    @field_validator("phone", mode="after")
    @classmethod
    def _reachable(cls, phone: str | None, others: ValidationInfo) -> str | None:
        if phone is None and others.data.get("mobile", "") is None:
            raise PydanticCustomError("telephone_needed", "One of the two telephones is needed")
        return phone

    def profile(self) -> Profile:
        """The domain's profile."""
        return Profile(self.last_name, self.first_name, self.email, self.phone, self.mobile)


class AccountIn(ProfileIn):
    """A new account."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "login": "camille.durand",
                    "last_name": "DURAND",
                    "first_name": "Camille",
                    "email": "camille.durand@operateur.example",
                    "phone": "0199001234",
                    "rights": ["e-SAV Test", "e-SAV Signalisation"],
                }
            ],
            **_REACHED,
        },
    )

    login: Annotated[
        str, Field(max_length=100, json_schema_extra={"pattern": LOGIN_FORM}), AfterValidator(checked_login)
    ]


class AccountOut(BaseModel):
    """One line of the list of accounts."""

    login: str
    last_name: str | None
    first_name: str | None
    email: str | None
    phone: str | None
    mobile: str | None
    rights: list[Right]
    has_password: bool
    created_at: datetime

    @classmethod
    def of(cls, account: Account) -> Self:
        """The account."""
        return cls(**_fields(account))


class InitialisationOut(BaseModel):
    """How the owner of the account gets what he sets his password with; ``code`` where no mail could be sent."""

    mailed: bool
    code: str | None

    @classmethod
    def of(cls, found: Initialisation) -> Self:
        """What to hand over."""
        return cls(mailed=found.mailed, code=None if found.code is None else found.code.reveal())


class NewAccountOut(AccountOut):
    """A new account."""

    initialisation: InitialisationOut


class PasswordIn(BaseModel):
    """A password, and the code that lets set it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"code": "un-code-reçu-par-courriel", "password": "sept mots que personne ne devine"}]
        },
    )

    code: Annotated[SecretStr, Field(min_length=1, max_length=128)]
    password: Annotated[
        SecretStr, Field(max_length=512, json_schema_extra={"minLength": SHORTEST, "maxLength": LONGEST})
    ]


class SignInIn(BaseModel):
    """Who signs in."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"operator": "397480930", "login": "camille.durand", "password": "sept mots que personne ne devine"}
            ]
        },
    )

    operator: Annotated[str, Field(min_length=1, max_length=64)]
    login: Annotated[str, Field(min_length=1, max_length=100)]
    password: Annotated[SecretStr, Field(max_length=512)]


class TokenIn(BaseModel):
    """A personal token: its scopes, and its life in days."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"rights": ["e-SAV Test"], "days": 30}]})

    rights: Annotated[list[Right], Field(min_length=1, max_length=len(Right))]
    days: Annotated[int, Span(1, 366)] = 90
    name: Words | None = None


class TokenOut(BaseModel):
    """A token as its owner sees it afterwards."""

    model_config = ConfigDict(from_attributes=True)

    token_id: str
    rights: list[Right]
    created_at: datetime
    expires_at: datetime | None
    kind: TokenKind
    name: str | None


class NewTokenOut(BaseModel):
    """A token, shown once."""

    token_id: str
    token: str
    expires_at: datetime | None


class MeOut(BaseModel):
    """Who asks."""

    operator: str
    account: str
    rights: list[Right]


def _fields(account: Account) -> dict[str, Any]:
    profile = account.profile
    return {
        "login": account.login,
        "last_name": profile and profile.last_name,
        "first_name": profile and profile.first_name,
        "email": profile and profile.email,
        "phone": profile and profile.phone,
        "mobile": profile and profile.mobile,
        "rights": sorted(account.rights),
        "has_password": account.has_password,
        "created_at": account.created_at,
    }


@router.get("/accounts", operation_id="list_accounts", summary="List accounts")
async def listed(
    who: PrincipalDep,
    service: ServiceDep,
    q: Annotated[str, Query(max_length=100, description="Text of the login, the names or the address")] = "",
) -> list[AccountOut]:
    """The accounts of the operator, by login; those that hold a text."""
    return [AccountOut.of(one) for one in await service.accounts.list(who, q)]


@router.post("/accounts", status_code=201, operation_id="create_account", summary="Create an account")
async def create(body: AccountIn, who: PrincipalDep, service: ServiceDep) -> NewAccountOut:
    """One account; its owner is sent what he sets his password with."""
    account, initialisation = await service.accounts.create(who, body.login, body.profile(), frozenset(body.rights))
    return NewAccountOut(**_fields(account), initialisation=InitialisationOut.of(initialisation))


@router.post(
    "/accounts/{login:login}/password-reset", operation_id="reset_account_password", summary="Reset the password"
)
async def reset(login: Login, who: PrincipalDep, service: ServiceDep) -> InitialisationOut:
    """Send the owner of the account what he sets another password with."""
    return InitialisationOut.of(await service.accounts.reset(who, login))


@router.get("/accounts/{login:login}", operation_id="read_account", summary="Read an account")
async def read(login: Login, who: PrincipalDep, service: ServiceDep) -> AccountOut:
    """One account of the operator."""
    return AccountOut.of(await service.accounts.get(who, login))


@router.put("/accounts/{login:login}", operation_id="change_account", summary="Change an account")
async def change(login: Login, body: ProfileIn, who: PrincipalDep, service: ServiceDep) -> AccountOut:
    """Change all but the login, at once."""
    return AccountOut.of(await service.accounts.change(who, login, body.profile(), frozenset(body.rights)))


@router.delete("/accounts/{login:login}", status_code=204, operation_id="delete_account", summary="Delete an account")
async def delete(login: Login, who: PrincipalDep, service: ServiceDep) -> None:
    """Nothing of it lets anybody in any more."""
    await service.accounts.delete(who, login)


@router.post(
    "/password", status_code=204, operation_id="set_password", summary="Choose one's password", responses=problems(429)
)
async def set_password(body: PasswordIn, service: ServiceDep) -> None:
    """Set a password with the code that was received."""
    code, password = Secret(body.code.get_secret_value()), Secret(body.password.get_secret_value())
    await service.accounts.set_password(code, password)


@router.post("/sessions", status_code=201, operation_id="sign_in", summary="Sign in", responses=problems(429))
async def sign_in(body: SignInIn, service: ServiceDep) -> NewTokenOut:
    """A token of twelve hours, for a login and its password."""
    issued = await service.accounts.sign_in(body.operator, body.login, Secret(body.password.get_secret_value()))
    return NewTokenOut(token_id=issued.token_id, token=issued.token.reveal(), expires_at=issued.expires_at)


@router.get("/me", operation_id="read_me", summary="Who am I?")
async def me(who: PrincipalDep) -> MeOut:
    """The account that the token stands for."""
    return MeOut(operator=who.operator_id, account=who.account, rights=sorted(who.rights))


@router.get("/me/tokens", operation_id="list_my_tokens", summary="List one's tokens")
async def tokens(who: PrincipalDep, service: ServiceDep) -> list[TokenOut]:
    """The tokens of the account that still let in."""
    return [TokenOut.model_validate(one) for one in await service.accounts.tokens(who)]


@router.post("/me/tokens", status_code=201, operation_id="create_my_token", summary="Create a personal token")
async def issue(body: TokenIn, who: PrincipalDep, service: ServiceDep) -> NewTokenOut:
    """A token with some of one's own rights; it is shown once."""
    issued = await service.accounts.issue_token(who, frozenset(body.rights), body.days, body.name)
    return NewTokenOut(token_id=issued.token_id, token=issued.token.reveal(), expires_at=issued.expires_at)


@router.delete(
    "/me/tokens/{token_id}", status_code=204, operation_id="revoke_my_token", summary="Revoke one of one's tokens"
)
async def revoke(token_id: str, who: PrincipalDep, service: ServiceDep) -> None:
    """End a token of the account."""
    await service.accounts.revoke_token(who, token_id)
