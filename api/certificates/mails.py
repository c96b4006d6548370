"""The four models of e-mail about certificates, in the operator's language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, cast

from api.i18n import Language, translate
from domain.certificate import Certificate, NoticeKind
from domain.clock import PARIS
from storage.mails import NewMail


@dataclass(frozen=True, slots=True)
class Model:
    """One model: its subject, and its text where ``{eservice}`` and ``{environment}`` are the « X » of the models."""

    subject: str
    text: str


MODELS: Final = {
    NoticeKind.CREATION: Model(
        "Deposit of a certificate – creation",
        "Hello,\n\nWe inform you that your certificate for the use of e-Service {eservice} in the environment of"
        " {environment} is available in your Espace Opérateurs, heading « Mes Certificats Numériques ». To activate"
        " your e-service you must fetch the certificate and install it on your machine.\n\nRegards,\n"
        "The « Habilitation Opérateurs » team",
    ),
    NoticeKind.RENEWAL: Model(
        "Deposit of a certificate – renewal",
        "Hello,\n\nWe inform you that your new certificate for the use of e-Service {eservice} in the environment of"
        " {environment} is available in your Espace Opérateurs, heading « Mes Certificats Numériques ». To go on"
        " using e-service {eservice}, you must fetch the new certificate and install it on your machine.\n\nRegards,\n"
        "The « Habilitation Opérateurs » team",
    ),
    NoticeKind.ALERT: Model(
        "Alert - End of validity of a certificate",
        "Hello,\n\nYour certificate {label} for the environment of {environment} expires on {expires}. To go on using"
        " e-service {eservice}, download the new certificate in your Espace Opérateurs, heading « Mes Certificats"
        " Numériques ».\n\nRegards,\nThe « Habilitation Opérateurs » team",
    ),
    NoticeKind.REMINDER: Model(
        "Reminder - end of validity of a certificate",
        "Hello,\n\nWe remind you that your certificate of e-service {eservice} for the environment of {environment}"
        " expires very soon. To avoid any interruption of service, download your new certificate without delay in"
        " your Espace Opérateurs, heading « Mes Certificats Numériques ».\n\nRegards,\n"
        "The « Habilitation Opérateurs » team",
    ),
}


def mails(
    kind: NoticeKind, about: Certificate, expires_at: datetime | None, recipients: Sequence[str], language: str
) -> list[NewMail]:
    """The mails of one kind about a certificate, one for each recipient: none sees the others."""
    model = MODELS[kind]
    chosen = cast("Language", language)
    said = translate(
        chosen,
        model.text,
        label=about.label,
        eservice=about.eservice.value,
        environment=about.environment.value,
        expires="" if expires_at is None else expires_at.astimezone(PARIS).strftime("%d/%m/%Y"),
    )
    return [
        NewMail(f"certificate.{kind.value}", about.certificate_id, one, translate(chosen, model.subject), said)
        for one in recipients
    ]
