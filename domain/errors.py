"""Errors every package may raise.

::

    DiagnosticsError
    ├── InvalidValueError (also ValueError)   a text that is not what it claims to be
    ├── NotFoundError                         nothing of that name for this operator
    ├── ForbiddenError                        the principal lacks a right
    ├── ConflictError                         it exists already, or with other content
    ├── FormError                             a form with fields that do not fit
    ├── TooManyError                          the operator asks for more than it may: later
    ├── RefusedError (domain.teleaction)      preconditions of a téléaction are not met
    ├── UnauthenticatedError                  no token, or one that is not valid
    ├── CertificateRefusedError               a client certificate that lets nobody in here
    └── CollectionError                       a device could not be read (an adapter's edge)
        ├── DeviceTimeoutError (also TimeoutError)
        ├── DeviceUnreachableError (also ConnectionError)
        └── DeviceProtocolError               it answered something that makes no sense
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class DiagnosticsError(Exception):
    """Root of the tree. Carries fields; the sentence is built where it is shown."""


class InvalidValueError(DiagnosticsError, ValueError):
    """A text is not the identifier or value that it should be.

    Attributes:
        field: What was being read, as the caller names it (``id1``, ``serial`` …).
        value: The text received, cut to 64 characters; never a secret.
        expected: The form expected, for the reader of the error.
    """

    def __init__(self, field: str, value: object, expected: str) -> None:
        self.field = field
        self.value = str(value)[:64]
        self.expected = expected
        super().__init__(f"{field}: {self.value!r} is not {expected}")


class NotFoundError(DiagnosticsError):
    """Nothing of that kind and name exists for the operator who asks."""

    def __init__(self, kind: str, name: str) -> None:
        self.kind = kind
        self.name = name[:64]
        super().__init__(f"no {kind} {self.name!r}")


class ForbiddenError(DiagnosticsError):
    """The principal lacks a right."""

    def __init__(self, right: str) -> None:
        self.right = right
        super().__init__(f"right {right!r} is needed")


class TooManyError(DiagnosticsError):
    """The operator asks for more than it may at present.

    Attributes:
        retry_after_s: Seconds after which it may ask again.
    """

    def __init__(self, retry_after_s: float) -> None:
        self.retry_after_s = retry_after_s
        super().__init__(f"again in {retry_after_s:.1f} s")


class FormError(DiagnosticsError):
    """A form was not filled in as it must be.

    Attributes:
        faults: Field and fault of each; a fault is a sentence in English and its fields, translated where it is shown.
    """

    def __init__(self, faults: Sequence[tuple[str, str, Mapping[str, object]]]) -> None:
        self.faults = tuple(faults)
        super().__init__(", ".join(field for field, _, _ in self.faults))


class UnauthenticatedError(DiagnosticsError):
    """No token was given, or it is unknown, expired or revoked."""


class CertificateRefusedError(DiagnosticsError):
    """A client certificate lets nobody in here.

    Attributes:
        why: A stable word: ``malformed``, ``authority``, ``expired``, ``revoked``, ``environment``…
        fields: What the sentence about it names.
    """

    def __init__(self, why: str, **fields: str) -> None:
        self.why = why
        self.fields = fields
        super().__init__(why)


class ConflictError(DiagnosticsError):
    """The thing exists already, or an idempotency key came back with another content."""

    def __init__(self, kind: str, name: str, reason: str) -> None:
        self.kind = kind
        self.name = name[:64]
        self.reason = reason
        super().__init__(f"{kind} {self.name!r}: {reason}")


class CollectionError(DiagnosticsError):
    """A device could not be read. A device that is down is an observation: adapters turn this into readings."""

    def __init__(self, target: str, detail: str = "") -> None:
        self.target = target
        self.detail = detail
        super().__init__(f"{target}: {detail}" if detail else target)


class DeviceTimeoutError(CollectionError, TimeoutError):
    """Nothing came back in the time given."""


class DeviceUnreachableError(CollectionError, ConnectionError):
    """The device refused the connection or no route leads to it."""


class DeviceProtocolError(CollectionError):
    """The device answered something that is not the protocol."""
