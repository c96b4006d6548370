"""The four models of e-mail, when they are written, and a real SMTP server that takes them, refuses them or is down."""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from cryptography import x509

from api.bootstrap import running
from api.certificates.mails import MODELS, Model, mails
from api.certificates.signing import Wish
from api.certificates.trust import issued_by
from api.clock import WallTime
from api.records import opened as opened_records
from api.services.mail import SmtpMailer
from api.services.mail_outbox import MailSender, delay_after
from api.services.smtp import Failure, SmtpServer
from api.settings import Settings, SmtpSettings
from api.wiring.certificates import parts
from domain.account import Profile
from domain.certificate import Environment, EService, NoticeKind
from domain.secret import Secret
from storage.mails import MAIL_GIVE_UP_AFTER
from storage.operators import Operator
from tests import certificates
from tests.api.certificate_kit import BOSS_MAIL, DELEGATE, INTRUDER, MAIL, PATH, api, issued, with_mail
from tests.web import golden
from tests.web.world import ADMINISTRATOR, World, opened

HOST = "127.0.0.31"

TEXTS = {
    NoticeKind.CREATION: Model(
        "Dépôt d'un certificat – création",
        "Bonjour,\n\nNous vous informons que votre certificat d'utilisation du e-Service e-SAV pour l'environnement de"
        " Production est disponible dans votre Espace Opérateurs, rubrique « Mes Certificats Numériques ». Pour activer"
        " votre e-service vous devez récupérer le certificat et l'installer sur votre machine.\n\nCordialement,\n"
        "L'équipe Habilitation Opérateurs",
    ),
    NoticeKind.RENEWAL: Model(
        "Dépôt d'un certificat – renouvellement",
        "Bonjour,\n\nNous vous informons que votre nouveau certificat d'utilisation du e-Service e-SAV pour"
        " l'environnement de Production est disponible dans votre Espace Opérateurs, rubrique « Mes Certificats"
        " Numériques ». Pour continuer à utiliser e-service e-SAV, vous devez récupérer le nouveau certificat et"
        " l'installer sur votre machine.\n\nCordialement,\nL'équipe Habilitation Opérateurs",
    ),
    NoticeKind.ALERT: Model(
        "Alerte - Fin de validité d'un certificat",
        "Bonjour,\n\nVotre certificat 397480930_eSAV_prod pour l'environnement de Production arrive à expiration le"
        " 08/05/2021. Pour continuer à utiliser e-service e-SAV, téléchargez le nouveau certificat dans votre Espace"
        " Opérateurs, rubrique « Mes Certificats Numériques ».\n\nCordialement,\nL'équipe Habilitation Opérateurs",
    ),
    NoticeKind.REMINDER: Model(
        "Rappel - fin de validité d'un certificat",
        "Bonjour,\n\nNous vous rappelons que votre certificat e-service e-SAV pour l'environnement de Production arrive"
        " très prochainement à expiration. Pour éviter toute coupure de service, téléchargez sans attendre votre"
        " nouveau certificat dans votre Espace Opérateurs, rubrique « Mes Certificats Numériques ».\n\nCordialement,\n"
        "L'équipe Habilitation Opérateurs",
    ),
}


@dataclass(slots=True)
class Post:
    """What the server takes; ``refusals``: answers to the recipients of the next mails."""

    taken: list[tuple[str, list[str], EmailMessage]] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    port: int = 0
    arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's own name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.refusals:
            return self.refusals.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        assert isinstance(envelope.content, bytes)
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.taken.append((envelope.mail_from or "", envelope.rcpt_tos, message))
        self.arrived.set()
        return "250 OK"


@pytest.fixture
async def post() -> AsyncIterator[Post]:
    """A real SMTP server in this loop."""
    found = Post()
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(found, hostname="mx.example"), HOST, 0)
    found.port = server.sockets[0].getsockname()[1]
    yield found
    server.close()
    await server.wait_closed()


@pytest.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    async with opened(tmp_path, monkeypatch) as found:
        await with_mail(found)
        yield found


def sender(world: World, port: int = 9) -> MailSender:
    """On port 9, discard, nobody listens."""
    server = SmtpServer(HOST, port, "Habilitation <habilitation@sav.example>")
    clock: Any = world.clock
    return MailSender(world.service.records.mails, server, clock)


async def kinds(world: World) -> list[str]:
    found = await world.service.records.mails.list(ADMINISTRATOR)
    return [f"{one.kind.removeprefix('certificate.')} {one.state}" for one in reversed(found)]


@pytest.mark.parametrize("kind", list(NoticeKind))
async def test_each_model_is_word_for_word_that_of_the_seed(world: World, kind: NoticeKind) -> None:
    number = (await issued(world))["certificate"]["certificate_id"]
    about = await world.service.records.certificates.get(ADMINISTRATOR, number)
    (mail,) = mails(kind, about, about.expires_at, [MAIL], "fr")
    assert Model(mail.subject, mail.body) == TEXTS[kind]
    (english,) = mails(kind, about, about.expires_at, [MAIL], "en")
    assert english.subject == MODELS[kind].subject
    assert "e-SAV" in english.body
    assert "{" not in english.body


async def test_a_deposit_is_mailed_to_the_administrators_and_their_delegates_each_alone(
    world: World, post: Post
) -> None:
    await world.service.certificates.delegate(ADMINISTRATOR, DELEGATE.account)
    await issued(world)
    outbox = sender(world, post.port)
    assert await outbox.once() == 2
    assert await outbox.once() == 0
    assert sorted(to for _, (to,), _ in post.taken) == [BOSS_MAIL, MAIL]
    for mail_from, recipients, message in post.taken:
        assert mail_from == "habilitation@sav.example"
        assert message["To"] == recipients[0]
        assert message["Subject"] == TEXTS[NoticeKind.CREATION].subject
        assert message["Auto-Submitted"] == "auto-generated"
        assert message["Message-ID"].endswith("@sav.example>")
        assert message["Date"].datetime == golden.NOW.replace(microsecond=0)
        assert message.get_content().replace("\r\n", "\n").strip() == TEXTS[NoticeKind.CREATION].text
    assert outbox.stats.sent == 2


async def test_whoever_is_no_administrator_nor_delegate_is_not_written_to(world: World, post: Post) -> None:
    await issued(world)
    await sender(world, post.port).once()
    assert [to for _, to, _ in post.taken] == [[BOSS_MAIL]]


async def test_the_daily_round_alerts_then_reminds_once_each_and_stops(world: World) -> None:
    await issued(world)  # it ends on 8 May 2021, 08:29 in Paris less the backdating
    ends = golden.NOW + timedelta(days=730)
    told: list[tuple[int, list[str]]] = []
    seen = 1
    for day in range(40, -3, -1):
        world.clock.instant = ends - timedelta(days=day)
        await world.notices.daily()
        await world.notices.daily()  # twice a day changes nothing
        now = await kinds(world)
        if len(now) > seen:
            told.append((day, now[seen:]))
            seen = len(now)
    assert told == [(30, ["alert pending"]), (15, ["reminder pending"])]


async def test_an_operator_chooses_its_delays_and_its_language(world: World) -> None:
    await issued(world)
    async with api(world) as boss:
        answer = await boss.put("/certificate-notices", json={"alert_days": 60, "reminder_days": 45, "language": "en"})
        assert answer.json() == {"alert_days": 60, "reminder_days": 45, "language": "en"}
        for bad in (
            {"alert_days": 30, "reminder_days": 30},
            {"alert_days": 367, "reminder_days": 1},
            {"alert_days": 2, "reminder_days": 0},
            {"alert_days": 30, "reminder_days": 15, "language": "de"},
            {"alert_days": "trente", "reminder_days": 15},
        ):
            assert (await boss.put("/certificate-notices", json=bad)).status_code == 422, bad
        assert (await boss.get("/certificate-notices")).json()["alert_days"] == 60
    world.clock.instant = golden.NOW + timedelta(days=730 - 60)
    assert await world.notices.daily() == 1
    (mail, _) = await world.service.records.mails.list(ADMINISTRATOR)
    assert mail.subject == "Alert - End of validity of a certificate"


async def test_a_renewal_is_told_and_once_it_was_downloaded_the_former_one_is_left_in_peace(world: World) -> None:
    former = (await issued(world))["certificate"]["certificate_id"]
    world.clock.instant += timedelta(days=690)
    async with api(world) as boss:
        new = (await boss.post(f"{PATH}/{former}/renewal", json={})).json()["certificate"]["certificate_id"]
        assert await kinds(world) == ["creation pending", "renewal pending"]
        world.clock.instant = golden.NOW + timedelta(days=700)
        assert await world.notices.daily() == 1  # it was not fetched: the alert goes out
        await boss.get(f"{PATH}/{new}/file")
        world.clock.instant = golden.NOW + timedelta(days=715)
        assert await world.notices.daily() == 0
        told = (await boss.get(f"{PATH}/{former}/mails")).json()
    assert [one["kind"] for one in told] == ["certificate.alert", "certificate.creation"]
    assert MAIL not in str(told)


async def test_an_operator_without_any_address_is_told_the_day_that_there_is_one(world: World) -> None:
    await issued(world, INTRUDER)
    world.clock.instant = golden.NOW + timedelta(days=705)
    records = world.service.records
    assert await world.notices.daily() == 0
    profile = Profile("DEUX", "Admin", "admin.deux@operateur.example", "0199001236")
    await records.accounts.change(INTRUDER, INTRUDER.account, profile, INTRUDER.rights)
    assert await world.notices.daily() == 1
    assert [one.recipient for one in await records.mails.list(INTRUDER)] == ["admin.deux@operateur.example"]
    assert await records.mails.list(ADMINISTRATOR) == []


async def test_a_revoked_certificate_is_never_told_of(world: World) -> None:
    number = (await issued(world))["certificate"]["certificate_id"]
    async with api(world) as boss:
        await boss.post(f"{PATH}/{number}/revocation", json={})
    world.clock.instant = golden.NOW + timedelta(days=725)
    assert await world.notices.daily() == 0


async def test_a_server_that_is_down_loses_nothing_and_delays_double(world: World, post: Post) -> None:
    await issued(world)
    down = sender(world)
    waits = []
    for _ in range(4):
        assert await down.once() == 1
        assert await down.once() == 0  # not before its time
        (mail,) = await world.service.records.mails.list(ADMINISTRATOR)
        waits.append((mail.next_at - world.clock.now()).total_seconds())
        world.clock.instant = mail.next_at
    assert waits == [60.0, 120.0, 240.0, 480.0]
    assert await sender(world, post.port).once() == 1
    assert len(post.taken) == 1
    assert await kinds(world) == ["creation sent"]


async def test_a_mail_is_tried_again_after_a_passing_refusal_under_the_same_message_id(
    world: World, post: Post
) -> None:
    await issued(world)
    post.refusals = ["451 greylisted"]
    outbox = sender(world, post.port)
    await outbox.once()
    (mail,) = await world.service.records.mails.list(ADMINISTRATOR)
    assert (mail.state, mail.error, mail.attempts) == ("pending", "SMTP 451", 1)
    world.clock.instant = mail.next_at
    await outbox.once()
    assert post.taken[0][2]["Message-ID"] == f"<{mail.message_id}@sav.example>"
    assert (outbox.stats.sent, outbox.stats.failed) == (1, 1)


async def test_an_address_that_is_refused_for_good_is_given_up_and_holds_nobody_else(world: World, post: Post) -> None:
    await world.service.certificates.delegate(ADMINISTRATOR, DELEGATE.account)
    await issued(world)
    post.refusals = ["550 no such user"]
    outbox = sender(world, post.port)
    assert await outbox.once() == 2
    assert len(post.taken) == 1
    assert sorted(await kinds(world)) == ["creation dead", "creation sent"]
    assert outbox.stats.dead == 1
    (number,) = {one.about for one in await world.service.records.mails.list(ADMINISTRATOR)}
    async with api(world) as boss, api(world, INTRUDER) as intruder:
        assert (await intruder.post(f"{PATH}/{number}/mails/replay")).status_code == 404
        assert (await boss.post(f"{PATH}/{number}/mails/replay")).json() == {"replayed": 1}
    assert await outbox.once() == 1
    assert await kinds(world) == ["creation sent", "creation sent"]


async def test_after_four_days_a_mail_is_given_up(world: World) -> None:
    await issued(world)
    down = sender(world)
    for _ in range(60):
        (mail,) = await world.service.records.mails.list(ADMINISTRATOR)
        if mail.state == "dead":
            break
        world.clock.instant = mail.next_at
        await down.once()
    assert mail.state == "dead"
    assert timedelta(days=3, hours=19) < world.clock.now() - mail.at <= MAIL_GIVE_UP_AFTER
    assert delay_after(100) == timedelta(hours=4)


class _LosesCancellation:
    """A server that loses a cancellation that comes with its answer, as ``asyncio.wait_for`` of Python 3.11 does."""

    sender = "habilitation@sav.example"

    def __init__(self) -> None:
        self.asked = asyncio.Event()

    async def hand_over(self, _message: EmailMessage) -> Failure | None:
        self.asked.set()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
        return None


async def test_the_service_stops_though_it_is_told_to_as_a_server_answers(world: World) -> None:
    await issued(world)
    server = _LosesCancellation()
    clock: Any = world.clock
    sending = asyncio.create_task(MailSender(world.service.records.mails, server, clock).run())
    await server.asked.wait()
    sending.cancel()
    async with asyncio.timeout(30):
        await asyncio.wait([sending])
    assert sending.cancelled()
    assert await kinds(world) == ["creation sent"]  # the server has it: it is not sent a second time


async def test_logs_tell_no_address(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    await issued(world)
    await sender(world).once()
    said = capfd.readouterr().err
    assert "mail not handed over" in said
    assert BOSS_MAIL not in said
    (mail,) = await world.service.records.mails.list(ADMINISTRATOR)
    assert BOSS_MAIL not in repr(mail)


async def test_what_waited_is_sent_when_the_service_starts(tmp_path: Path, post: Post) -> None:
    smtp = SmtpSettings(host=HOST, port=post.port, sender="habilitation@sav.example")
    settings = Settings.ephemeral(tmp_path).model_copy(update={"smtp": smtp})
    clock = WallTime()
    async with opened_records(settings, clock) as records:
        await records.operators.put(Operator(golden.OPERATOR, "Alpha"))
        profile = Profile("UN", "Admin", BOSS_MAIL, "0199001234")
        await records.accounts.create(ADMINISTRATOR, ADMINISTRATOR.account, profile, ADMINISTRATOR.rights, clock.now())
        service = parts(settings, clock, records).service
        wish = Wish(EService.E_SAV, Environment.PRODUCTION)
        made = await service.issue(ADMINISTRATOR, wish)
    async with running(settings, clock) as whole:
        async with asyncio.timeout(30):
            await post.arrived.wait()
        assert [to for _, to, _ in post.taken] == [[BOSS_MAIL]]
        kept = await whole.certificates.get(ADMINISTRATOR, made.certificate.certificate_id)
        assert kept.serial == made.certificate.serial
        assert whole.certificates.authority_pem is not None  # the same authority as before
        found = x509.load_pem_x509_certificate(whole.certificates.authority_pem)
        assert issued_by(x509.load_pem_x509_certificate((kept.pem or "").encode()), found)


async def test_an_account_is_mailed_over_starttls_with_the_servers_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificates.issue(tmp_path, "mx", "localhost")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "mx.pem"))
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(tmp_path / "mx.pem", tmp_path / "mx.key")
    found = Post()

    def login(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: Any) -> AuthResult:
        return AuthResult(success=data.login == b"sav" and data.password == b"secret-du-serveur")

    def protocol() -> SMTP:
        return SMTP(
            found, hostname="localhost", tls_context=tls, require_starttls=True, auth_required=True, authenticator=login
        )

    server = await asyncio.get_running_loop().create_server(protocol, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    good = SmtpMailer(SmtpServer("localhost", port, "sav@sav.example", "sav", Secret("secret-du-serveur")))
    assert await good.send(MAIL, "Votre mot de passe", "code")
    bad = SmtpServer("localhost", port, "sav@sav.example", "sav", Secret("faux"))
    assert not await SmtpMailer(bad).send(MAIL, "Votre mot de passe", "code")
    assert "faux" not in repr(bad)
    server.close()
    await server.wait_closed()
    assert [to for _, to, _ in found.taken] == [[MAIL]]
