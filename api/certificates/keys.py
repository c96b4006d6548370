"""Key pairs and requests: what is accepted from operators, and PKCS#12 files for those whose key is made here."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import cast

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    PublicFormat,
    pkcs12,
)

from domain.errors import InvalidValueError
from domain.secret import Secret

PublicKey = ec.EllipticCurvePublicKey | rsa.RSAPublicKey

SHA2 = ("sha256", "sha384", "sha512")
"""What signatures are made with: « SHA-2 » of the security rules."""

RSA_BITS = 2048  # NIST SP 800-57 part 1: 112 bits of security
REQUEST_MAX = 16_384
PASSWORD_MIN = 16  # C: the MAC of the file (2,048 rounds, the library leaves no choice) is all that slows a guess


def drawn_password() -> Secret:
    """A password for a PKCS#12: 144 random bits, shown once."""
    return Secret(secrets.token_urlsafe(18))


def checked_password(text: str) -> Secret:
    """A password that a person chose; raises `InvalidValueError`, which never shows it."""
    if not PASSWORD_MIN <= len(text) <= 128 or not text.isprintable():
        raise InvalidValueError("password", "********", "a password of 16 to 128 printable characters")
    return Secret(text)


def checked_key(key: object, field: str) -> PublicKey:
    """A public key that may be certified: RSA of 2048 bits at least, or EC on P-256, P-384, P-521."""
    curves = (ec.SECP256R1, ec.SECP384R1, ec.SECP521R1)
    if isinstance(key, rsa.RSAPublicKey) and RSA_BITS <= key.key_size <= 8192:
        return key
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, curves):
        return key
    raise InvalidValueError(
        field, type(key).__name__, "an RSA key of 2048 bits at least, or an EC key on P-256, P-384 or P-521"
    )


def checked_request(text: str) -> tuple[PublicKey, str]:
    """The key of an operator's request, and the request as PEM; raises `InvalidValueError`.

    Its subject is not taken over: who it is for comes from who asks.
    """
    try:
        request = x509.load_pem_x509_csr(text.encode())
        signed = request.is_signature_valid
        algorithm = request.signature_hash_algorithm
        key = request.public_key()
    except (ValueError, UnsupportedAlgorithm, InvalidSignature, TypeError):
        raise InvalidValueError("csr", "", "a certificate request (PKCS#10, PEM)") from None
    if not signed:
        raise InvalidValueError("csr", "", "a request signed with its own key")
    if algorithm is None or algorithm.name not in SHA2:
        raise InvalidValueError("csr", "" if algorithm is None else algorithm.name, "a request signed with SHA-2")
    return checked_key(key, "csr"), request.public_bytes(Encoding.PEM).decode()


def new_key() -> ec.EllipticCurvePrivateKey:
    """A key pair on P-256, which every TLS 1.2 client knows."""
    return ec.generate_private_key(ec.SECP256R1())


def as_pkcs12(
    label: str,
    key: ec.EllipticCurvePrivateKey,
    certificate: x509.Certificate,
    chain: Sequence[x509.Certificate],
    password: Secret,
) -> bytes:
    """Key, certificate and chain under a password: AES-256, PBKDF2 and an HMAC with SHA-256."""
    encryption = (
        PrivateFormat.PKCS12.encryption_builder()
        .key_cert_algorithm(pkcs12.PBES.PBESv2SHA256AndAES256CBC)
        .hmac_hash(hashes.SHA256())
        .build(password.reveal().encode())
    )
    return pkcs12.serialize_key_and_certificates(label.encode(), key, certificate, list(chain), encryption)


def same_key(first: object, second: object) -> bool:
    """Whether two public keys are one."""
    return _octets(first) == _octets(second)


def _octets(key: object) -> bytes:
    return cast("PublicKey", key).public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def encrypted(key: ec.EllipticCurvePrivateKey, passphrase: Secret) -> bytes:
    """A key as it is kept: PKCS#8, encrypted."""
    encryption = BestAvailableEncryption(passphrase.reveal().encode())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)
