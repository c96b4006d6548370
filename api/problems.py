"""Errors as RFC 9457 problem documents, in French or English, naming the field at fault."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.routing import Match

from api.body_limit import limit_of
from api.certificates.refusals import refused_certificate
from api.i18n import Language, negotiated, translate
from api.oidc.errors import SignInError
from api.tmf.kernel.http import error_response, is_tmf
from domain.errors import (
    CertificateRefusedError,
    CollectionError,
    ConflictError,
    DeviceTimeoutError,
    DeviceUnreachableError,
    DiagnosticsError,
    ForbiddenError,
    FormError,
    InvalidValueError,
    NotFoundError,
    TooManyError,
    UnauthenticatedError,
)
from domain.teleaction import RefusedError
from storage.telemetry.errors import TelemetryServerError

_log = structlog.get_logger(__name__)
MEDIA_TYPE = "application/problem+json"

TITLES = {
    400: "Malformed request",
    401: "Authentication required",
    403: "Right missing",
    404: "Not found",
    405: "Method not allowed",
    409: "Conflict",
    413: "Content too large",
    415: "Unsupported media type",
    422: "Invalid value",
    424: "The equipment does not answer",
    429: "Too many requests",
    500: "Internal error",
    504: "What was asked does not answer",
}


def problem(
    request: Request,
    status: int,
    detail: str,
    *,
    errors: Sequence[dict[str, str]] = (),
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    """A problem document; ``detail`` is already in the reader's language."""
    language = language_of(request)
    if is_tmf(request):
        title = translate(language, TITLES.get(400 if status == 422 else status, "Error"))
        return error_response(status, title, detail, errors, {"Content-Language": language, **(headers or {})})
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": translate(language, TITLES.get(status, "Error")),
        "status": status,
        "detail": detail,
        "instance": request.url.path,
    }
    if errors:
        body["errors"] = list(errors)
    return JSONResponse(body, status, media_type=MEDIA_TYPE, headers={"Content-Language": language, **(headers or {})})


def language_of(request: Request) -> Language:
    """The language that the client asked for."""
    return negotiated(request.headers.get("accept-language"))


def describe(error: DiagnosticsError, language: Language) -> tuple[int, str, list[dict[str, str]]]:
    """Status, sentence and fields at fault of a domain error."""
    if isinstance(error, InvalidValueError):
        expected = translate(language, error.expected)
        detail = translate(language, "{value} is not {expected}", value=f"« {error.value} »", expected=expected)
        return 422, detail, [{"field": error.field, "detail": detail}]
    if isinstance(error, NotFoundError):
        kind = translate(language, error.kind)
        return (
            404,
            translate(language, "No {kind} « {name} » is known to your operator", kind=kind, name=error.name),
            [],
        )
    if isinstance(error, ForbiddenError | UnauthenticatedError | CertificateRefusedError):
        return _refused(error, language)
    if isinstance(error, ConflictError | RefusedError):
        return _conflict(error, language)
    if isinstance(error, FormError | TooManyError):
        return _later(error, language)
    status, detail = _behind(error, language)
    return status, detail, []


def _conflict(error: ConflictError | RefusedError, language: Language) -> tuple[int, str, list[dict[str, str]]]:
    if isinstance(error, ConflictError):
        kind, reason = translate(language, error.kind), translate(language, error.reason)
        text = translate(language, "{kind} « {name} »: {reason}", kind=kind, name=error.name, reason=reason)
        return 409, text, []
    why = [
        {"field": name, "detail": translate(language, said.text, **said.fields)}
        for name, said in error.refusals.items()
    ]
    return 409, translate(language, "Refused: {why}", why=why[0]["detail"]), why


def _refused(
    error: ForbiddenError | UnauthenticatedError | CertificateRefusedError, language: Language
) -> tuple[int, str, list[dict[str, str]]]:
    """What the account, or the certificate, may not do."""
    if isinstance(error, CertificateRefusedError):
        return refused_certificate(error, language)
    if isinstance(error, ForbiddenError):
        return 403, translate(language, "Your account lacks the right « {right} »", right=error.right), []
    return 401, translate(language, "Give a valid access token: Authorization: Bearer …"), []


def _later(error: FormError | TooManyError, language: Language) -> tuple[int, str, list[dict[str, str]]]:
    """What can be put right: by filling in a form again, or by waiting."""
    if isinstance(error, FormError):
        faults = [
            {"field": field, "detail": translate(language, text, **values)} for field, text, values in error.faults
        ]
        return 422, translate(language, "One field or more is not valid"), faults
    wait = math.ceil(error.retry_after_s)
    return 429, translate(language, "Your operator asks for more than it may: again in {wait} s", wait=wait), []


def _behind(error: DiagnosticsError, language: Language) -> tuple[int, str]:
    """Status and sentence of what failed behind the service: an OLT, a sign-in service; else of the service."""
    if isinstance(error, SignInError):
        return error.status, translate(language, error.text, **error.fields)
    if isinstance(error, DeviceTimeoutError | DeviceUnreachableError):
        text = "{target} does not answer: address, port or credentials?"
        return 424, translate(language, text, target=error.target)
    if isinstance(error, CollectionError):
        return 424, translate(language, "{target}: {detail}", target=error.target, detail=error.detail)
    if isinstance(error, TelemetryServerError):
        return 504, translate(language, "The telemetry server does not answer")
    return 500, translate(language, "The service failed; the error has been recorded")


async def _domain(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, DiagnosticsError)  # noqa: S101 - registered for this class only
    status, detail, errors = describe(error, language_of(request))
    headers = {"WWW-Authenticate": "Bearer"} if status == 401 else {}
    if isinstance(error, TooManyError):
        headers["Retry-After"] = str(math.ceil(error.retry_after_s))
    if status == 500:
        _log.error("request failed", path=request.url.path, error=type(error).__name__)
    return problem(request, status, detail, errors=errors, headers=headers)


async def _validation(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class only
    language = language_of(request)
    items = fields_at_fault(error.errors(), language)
    if any(item["type"] == "json_invalid" for item in error.errors()):
        return problem(request, 400, translate(language, "The body is not valid JSON"), errors=items)
    return problem(request, 422, translate(language, "One field or more is not valid"), errors=items)


def fields_at_fault(errors: Sequence[Any], language: Language) -> list[dict[str, str]]:
    """The fields that pydantic refused, and why, in the reader's language."""
    return [
        {"field": _field(item["loc"], malformed=item["type"] == "json_invalid"), "detail": _sentence(item, language)}
        for item in errors
    ]


def _field(location: Sequence[str | int], *, malformed: bool = False) -> str:
    """The name of the field; what is no JSON has none: its location is an offset."""
    if malformed:
        return "body"
    parts = [str(part) for part in location if part not in {"body", "path", "query", "header"}]
    return ".".join(parts) or "body"


def _sentence(item: dict[str, Any], language: Language) -> str:
    context = item.get("ctx") or {}
    cause = context.get("error")
    if isinstance(cause, InvalidValueError):
        return describe(cause, language)[1]
    fields = {key: value for key, value in context.items() if isinstance(value, str | int | float)}
    known = {
        "missing": "This field is required",
        "telephone_needed": "One of the two telephones is needed",
        "json_invalid": "The body is not valid JSON",
        "enum": "Expected one of: {expected}",
        "extra_forbidden": "This field is not known",
        "string_too_long": "At most {max_length} characters",
        "string_too_short": "At least {min_length} characters",
        "string_type": "A text is expected",
        "too_long": "At most {max_length} items",
        "model_attributes_type": "A JSON object is expected",
        "dict_type": "A JSON object is expected",
        "bool_type": "true or false is expected",
        "bool_parsing": "true or false is expected",
        "int_type": "A whole number is expected",
        "int_parsing": "A whole number is expected",
        "int_from_float": "A whole number is expected",
        "float_type": "A number is expected",
        "float_parsing": "A number is expected",
        "datetime_type": "An instant is expected, such as 2019-05-09T10:29:00+02:00",
        "datetime_from_date_parsing": "An instant is expected, such as 2019-05-09T10:29:00+02:00",
        "datetime_parsing": "An instant is expected, such as 2019-05-09T10:29:00+02:00",
        "timezone_aware": "The instant must tell its offset from UTC",
        "date_type": "A day is expected, such as 2019-05-09",
        "date_from_datetime_parsing": "A day is expected, such as 2019-05-09",
        "greater_than_equal": "At least {ge}",
        "greater_than": "More than {gt}",
        "less_than_equal": "At most {le}",
        "list_type": "A list is expected",
        "string_pattern_mismatch": "The form is not the one expected: {pattern}",
    }.get(str(item["type"]))
    if item["type"] == "enum":  # pydantic joins the last two with an English word
        fields["expected"] = str(fields.get("expected", "")).replace(" or ", ", ").replace("'", "")
    return translate(language, known, **fields) if known else str(item["msg"])


async def _http(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class only
    language = language_of(request)
    detail = {
        400: "The body could not be read",
        404: "There is nothing at this address",
        405: "This address does not take that method",
        413: "The body is larger than {limit} bytes",
        415: "Send application/json",
    }.get(error.status_code)
    text = translate(language, detail, limit=limit_of(request.url.path)) if detail else error.detail
    headers = dict(error.headers or {})
    if error.status_code == 405:
        headers["Allow"] = ", ".join(sorted(_methods(request)))
    return problem(request, error.status_code, text, headers=headers)


def _methods(request: Request) -> set[str]:
    """Every method of an address, whatever the routes that share it (RFC 9110 15.5.6)."""
    found: set[str] = set()
    for route in request.app.routes:
        contexts = getattr(route, "effective_route_contexts", None)
        for one in [route] if contexts is None else contexts():
            if one.matches(request.scope)[0] is not Match.NONE:
                found |= one.methods or set()
    return found


async def _unexpected(request: Request, error: Exception) -> JSONResponse:
    _log.error("request failed", path=request.url.path, error=type(error).__name__, exc_info=error)
    return problem(request, 500, translate(language_of(request), "The service failed; the error has been recorded"))


def install(app: FastAPI) -> None:
    """Make every error of the application a problem document."""
    app.add_exception_handler(DiagnosticsError, _domain)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)
