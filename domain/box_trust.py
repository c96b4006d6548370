"""Which secret of its own a box is to be given, and what it proves: pure, so that every store follows the same rule.

Who shows a shared secret may be the box or somebody in its place; both are offered the same secret, or a box that goes
on with the shared one for ever would be given another at each of its sessions. So a secret that was offered twice is
only a way in: who proves it is given another, that nobody else was ever offered (ADR-0041).

A box is trusted by what is kept of it when that is changed, which may be newer than what it was let in by.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from domain.box import KnownBox

TWICE: Final = 2
"""Offers of a secret from which on somebody else may have it."""


def came_with_shared(box: KnownBox, found: KnownBox, mark: str, *, again: bool, another: bool) -> KnownBox | None:
    """The box after it was let in with the shared secret of that mark; ``None``: what let it in does so no more.

    Args:
        box: As it is kept.
        found: As it was when it was let in.
        mark: Of the shared secret.
        again: It had spoken before, so its secret was offered before, whether that was counted or not.
        another: By a window: its secret is worth nothing any more, it is secured no more, what was open is closed.
    """
    if box.secured and not found.secured:
        return None
    if another:
        if box.open_until is None or box.generation != found.generation:
            return None  # somebody else came first, and closed it
        new = max(box.given, box.generation) + 1
        return replace(box, mark=mark, secured=False, open_until=None, generation=new, given=new, offers=1)
    return replace(box, mark=mark, offers=TWICE if again else min(box.offers + 1, TWICE))


def came_with_own(box: KnownBox, generation: int | None, *, renew: bool) -> KnownBox | None:
    """The box after it proved its own secret; ``None`` when a later one has been proved since.

    A later generation than the present one was given to one alone, who had proved an earlier one: it shuts that one,
    and is not replaced. No generation is ever given to two who might be different.

    Args:
        box: As it is kept.
        generation: Of the secret that it proved; ``None``: it showed its certificate.
        renew: Give it one more, where somebody else may have been offered the one that it proved.
    """
    if generation is None:
        return replace(box, secured=True)
    if generation < box.generation:
        return None
    if generation > box.generation:
        return replace(box, secured=True, generation=generation, given=max(box.given, generation), offers=1)
    if renew and box.offers >= TWICE:
        return replace(box, secured=True, given=max(box.given, generation) + 1)
    return replace(box, secured=True)
