"""Why an outside sign-in signed nobody in."""

from __future__ import annotations

from domain.errors import DiagnosticsError


class SignInError(DiagnosticsError):
    """Nobody is signed in.

    Attributes:
        status: HTTP status: 400 an attempt that cannot go on, 403 somebody who may not, 502 and 504 the provider.
        text: Sentence in English, translated where it is shown.
        fields: Its fields; never a token, a code or a secret.
    """

    def __init__(self, status: int, text: str, **fields: str) -> None:
        self.status = status
        self.text = text
        self.fields = fields
        super().__init__(text)

    def again(self) -> SignInError:
        """The same, to be raised once more."""
        return SignInError(self.status, self.text, **self.fields)


def stale() -> SignInError:
    """An attempt that was not begun in this browser, was used already, or is too old."""
    return SignInError(400, "This sign-in was not begun in this browser, has been used, or has expired: begin again")


def silent(provider: str) -> SignInError:
    """A provider that does not answer."""
    return SignInError(504, "The sign-in service « {provider} » does not answer", provider=provider)


def strange(provider: str, detail: str) -> SignInError:
    """A provider that answers something else; ``detail`` is one of our words, never its answer."""
    text = "The sign-in service « {provider} » answered what cannot be accepted ({detail})"
    return SignInError(502, text, provider=provider, detail=detail)
