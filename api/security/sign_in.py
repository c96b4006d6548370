"""The page's sign-in: a token in a cookie that scripts cannot read and other sites cannot send."""

from __future__ import annotations

from starlette.responses import Response

COOKIE = "jf_session"
MAX_AGE_S = 12 * 3600


def remember(response: Response, token: str, *, secure: bool) -> None:
    """Keep the token in the browser for twelve hours."""
    response.set_cookie(COOKIE, token, max_age=MAX_AGE_S, httponly=True, secure=secure, samesite="strict", path="/")


def forget(response: Response) -> None:
    """Take the token away."""
    response.delete_cookie(COOKIE, path="/")
