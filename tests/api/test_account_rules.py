"""« Gestion des droits », line by line: each constraint of the account form at, below and above its limit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from email.message import Message
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiosmtpd.handlers import Message as MessageHandler
from aiosmtpd.smtp import SMTP

from api.security.passwords import Throttle
from api.services.accounts import AccountService
from api.services.mail import SmtpMailer
from api.services.smtp import SmtpServer
from domain.account import Profile
from domain.errors import UnauthenticatedError
from domain.principal import Principal, Right
from domain.secret import Secret
from tests.api.test_accounts import BODY, PASSWORD, admin, client
from tests.web import golden
from tests.web.world import ADMINISTRATOR, World, opened


@pytest.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    async with opened(tmp_path, monkeypatch) as found:
        yield found


LOCAL, DOMAIN = "a" * 64, "d" * 60 + ".example"
LONG = ".".join(["d" * 60, "d" * 60, "d" * 63, "example"])
"""193 characters: with « @ » and 60 before it, 254 (RFC 5321 4.5.3.1.3)."""
LIMITS: list[tuple[str, Any, bool]] = [
    ("login", "abcd", False),
    ("login", "abcde", True),
    ("login", "a" * 100, True),
    ("login", "a" * 101, False),
    *(("login", f"login{char}", True) for char in "!.@_-/#"),
    *(("login", f"login{char}", False) for char in "é ç$%+=,;:?*\\\"'()&~\t\u0660"),
    ("last_name", "", False),
    ("last_name", "   ", False),
    ("last_name", "D", True),
    ("last_name", "D" * 100, True),
    ("last_name", "D" * 101, False),
    ("last_name", "DU\nRAND", False),
    ("last_name", None, False),
    ("first_name", "", False),
    ("first_name", "É" * 100, True),
    ("first_name", "É" * 101, False),
    ("email", None, False),
    ("email", "camille", False),
    ("email", "camille@", False),
    ("email", "camille@operateur", False),
    ("email", "camille durand@operateur.example", False),
    ("email", "camille@operateur.example\nBcc: x@y.example", False),
    ("email", f"{LOCAL}@{DOMAIN}", True),
    ("email", f"a{LOCAL}@{DOMAIN}", False),
    ("email", f"{'a' * 60}@{LONG}", True),
    ("email", f"{'a' * 61}@{LONG}", False),
    ("phone", "39", False),
    ("phone", "390", True),
    ("phone", "+33 1 99 00 12 34", True),
    ("phone", "1" * 20, True),
    ("phone", "1" * 21, False),
    ("phone", "01 99 00 12 ab", False),
    ("phone", None, False),
    ("rights", [], True),
    ("rights", [right.value for right in Right if right not in {Right.INVENTORY, Right.NOC, Right.TREATMENT}], True),
    ("rights", ["e-SAV"], False),
]


async def test_each_field_is_taken_to_its_limit_and_not_beyond(world: World) -> None:
    async with admin(world) as boss:
        for number, (field, value, accepted) in enumerate(LIMITS):
            body = {**BODY, "login": f"compte-{number}", field: value}
            answer = await boss.post("/accounts", json=body)
            assert answer.status_code == (201 if accepted else 422), (field, value, answer.text)
            if not accepted:
                assert [item["field"].split(".")[0] for item in answer.json()["errors"]] == [field], (field, value)


@pytest.mark.parametrize("language", ["fr", "en"])
async def test_a_refusal_is_told_in_the_reader_s_language(world: World, language: str) -> None:
    async with admin(world) as boss:
        answer = await boss.post("/accounts", json={**BODY, "login": "abcd"}, headers={"Accept-Language": language})
        said = answer.json()["errors"][0]["detail"]
        assert ("5 caractères au moins" in said) is (language == "fr")
        assert ("5 characters at least" in said) is (language == "en")


async def test_one_of_the_two_telephones_is_enough(world: World) -> None:
    async with admin(world) as boss:
        mobile = {**BODY, "phone": None, "mobile": "0699001234"}
        assert (await boss.post("/accounts", json={**mobile, "login": "mobile"})).status_code == 201
        assert (
            await boss.post("/accounts", json={**mobile, "login": "both.of", "phone": "0199001234"})
        ).status_code == 201


async def test_a_login_that_differs_by_its_case_only_is_the_same(world: World) -> None:
    async with admin(world) as boss:
        assert (await boss.post("/accounts", json=BODY)).status_code == 201
        again = await boss.post("/accounts", json={**BODY, "login": "Camille.DURAND"})
        assert again.status_code == 409


async def test_accounts_are_found_by_a_part_of_their_login_names_or_address(world: World) -> None:
    async with admin(world) as boss:
        assert (await boss.post("/accounts", json={**BODY, "first_name": "Zoé"})).status_code == 201
        for text, found in (("CAMILLE.D", 1), ("zoe", 1), ("durand", 1), ("@operateur.ex", 1), ("%", 0), ("zzz", 0)):
            answer = await boss.get("/accounts", params={"q": text})
            assert len(answer.json()) == found, text


PROBES: list[tuple[Right, str, str, dict[str, Any] | None]] = [
    (Right.TEST, "POST", "/accesses/F00000015/diagnostics", {"test": "Diagnostic DELC"}),
    (Right.SIGNALISATION, "POST", "/tickets", {"id1": "F00000015", "type": "84"}),
    (Right.INVENTORY, "PUT", "/accesses/F00000015/gtr", {"gtr": True}),
    (Right.INVENTORY, "PUT", "/accesses/F00000015/port25", {"port25": "open"}),
    (Right.TELEACTION, "POST", "/accesses/F00000015/teleactions", {"action": "box_reboot", "reason": "box figée"}),
    (
        Right.EXPERT, "POST", "/accesses/F00000015/teleactions",
        {"action": "box_parameters_read", "reason": "lecture", "parameters": {"paths": "Device.X."}},
    ),
    (Right.ADMINISTRATOR, "GET", "/accounts", None),
    (Right.ADMINISTRATOR, "GET", "/webhooks", None),
]  # fmt: skip
"""What each right opens; NOC, « droit de Forçage » and ONT secrets have tests of their own beside what they open."""


async def only(world: World, *rights: Right) -> httpx.AsyncClient:
    """A client whose account has these rights."""
    name = "-".join(sorted(right.name.lower() for right in rights))
    who = Principal(golden.OPERATOR, f"seul-{name}", frozenset(rights))
    issued = await world.service.records.tokens.issue(who, golden.NOW, timedelta(days=1))
    return client(world, issued.token.reveal())


async def test_each_right_opens_what_is_its_own_and_nothing_else(world: World) -> None:
    for right in Right:
        async with await only(world, right) as alone:
            for needed, method, path, body in PROBES:
                answer = await alone.request(method, path, json=body)
                assert (answer.status_code == 403) is (right is not needed), (right, path, answer.text)


async def test_port_25_needs_its_right_beside_the_one_of_deposits(world: World) -> None:
    body = {"id1": "F00000015", "type": "25O"}
    for rights, status in (
        ({Right.SIGNALISATION}, 403),
        ({Right.PORT25}, 403),
        ({Right.SIGNALISATION, Right.PORT25}, 201),
    ):
        async with await only(world, *rights) as agent:
            assert (await agent.post("/tickets", json=body)).status_code == status, rights


async def test_an_account_is_changed_for_its_open_session_at_once(world: World) -> None:
    async with admin(world) as boss, client(world, None) as nobody:
        code = (await boss.post("/accounts", json=BODY)).json()["initialisation"]["code"]
        assert (await nobody.post("/password", json={"code": code, "password": PASSWORD})).status_code == 204
        signed = {"operator": golden.OPERATOR, "login": BODY["login"], "password": PASSWORD}
        token = (await nobody.post("/sessions", json=signed)).json()["token"]
        async with client(world, token) as owner:
            personal = (await owner.post("/me/tokens", json={"rights": ["e-SAV Test"], "name": "superviseur"})).json()
            kinds = {(one["kind"], one["name"]) for one in (await owner.get("/me/tokens")).json()}
            assert kinds == {("session", None), ("personal", "superviseur")}
            code = (await boss.post(f"/accounts/{BODY['login']}/password-reset")).json()["code"]
            assert (await owner.get("/me")).status_code == 200
            await nobody.post("/password", json={"code": code, "password": f"{PASSWORD} bis"})
            assert (await owner.get("/me")).status_code == 401
        async with client(world, personal["token"]) as program:
            assert (await program.get("/me")).status_code == 200


class Box(MessageHandler):
    """Keeps the mails that arrive."""

    def __init__(self) -> None:
        super().__init__()
        self.mails: list[Message] = []

    def handle_message(self, message: Message) -> None:
        self.mails.append(message)


@pytest.fixture
def box() -> Box:
    return Box()


def _text(mail: Message) -> str:
    content = mail.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content.decode("utf-8")


async def test_owner_and_administrator_are_mailed_what_concerns_each(world: World, box: Box) -> None:
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(box), "127.0.0.1", 0)
    async with server:
        records, clock = world.service.records, world.clock
        mailer = SmtpMailer(SmtpServer("127.0.0.1", server.sockets[0].getsockname()[1], "sav@sav.test"))
        service = AccountService(records.accounts, records.tokens, mailer, clock, Throttle())
        boss = Profile("MARTIN", "Dominique", "dominique.martin@operateur.example", "0199001234")
        await records.accounts.change(ADMINISTRATOR, ADMINISTRATOR.account, boss, ADMINISTRATOR.rights)
        camille = Profile("DURAND", "Camille", "camille.durand@operateur.example", mobile="0699001234")
        wanted = [(login, camille, frozenset({Right.TEST})) for login in ("camille.durand", "abcd", "camille.deux")]
        outcomes = await service.create_all(ADMINISTRATOR, wanted)
        assert [one.error is None for one in outcomes] == [True, False, True]
        to = [str(mail["To"]) for mail in box.mails]
        assert to == [camille.email, camille.email, boss.email]
        confirmation = _text(box.mails[-1])
        assert [line.rpartition(" : ")[2][:8] for line in confirmation.splitlines()[1:]] == [
            "créé, un",
            "non créé",
            "créé, un",
        ]
        code = _text(box.mails[0]).strip().rpartition(" ")[2]
        assert code not in confirmation
        await service.set_password(Secret(code), Secret(PASSWORD))
        assert await service.sign_in(golden.OPERATOR, "camille.durand", Secret(PASSWORD))
        with pytest.raises(UnauthenticatedError):
            await service.sign_in(golden.OPERATOR, "camille.deux", Secret(PASSWORD))
