"""Why a client certificate lets nobody in, as problems tell it: 401 where it proves nothing, 403 where it does."""

from __future__ import annotations

from typing import Final

from api.i18n import Language, translate
from domain.errors import CertificateRefusedError

FIELD: Final = "Client-Cert"

REASONS: Final = {
    "untrusted": (401, "A client certificate is believed from the proxy that ends TLS, and from nobody else"),
    "malformed": (401, "The client certificate cannot be read (RFC 9440: one byte sequence)"),
    "authority": (401, "The client certificate was signed by an authority that is not believed here"),
    "expired": (401, "The client certificate has expired: download the new one"),
    "early": (401, "The client certificate is not valid yet"),
    "revoked": (401, "The client certificate was revoked"),
    "no list": (401, "No revocation list of the client certificate's authority is in force"),
    "unknown": (401, "The client certificate is not one of those that were issued"),
    "environment": (403, "The client certificate is for the environment « {theirs} », and this is « {ours} »"),
    "eservice": (403, "The client certificate is for the e-service « {theirs} », and this is « {ours} »"),
    "operator": (403, "The client certificate and the token are not of the same operator"),
}


def refused_certificate(error: CertificateRefusedError, language: Language) -> tuple[int, str, list[dict[str, str]]]:
    """Status, sentence and field at fault."""
    status, sentence = REASONS[error.why]
    detail = translate(language, sentence, **error.fields)
    return status, detail, [{"field": FIELD, "detail": detail}]
