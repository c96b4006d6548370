"""Which secret of its own a box is to be given, and what it proves: pure, so that every store follows the same rule.

Who shows a shared secret may be the box or somebody in its place; both are offered the same secret, or a box that goes
on with the shared one for ever would be given another at each of its sessions. So a secret that was offered twice is
only a way in: who proves it is given another, that nobody else was ever offered (ADR-0041).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from domain.box import KnownBox

TWICE: Final = 2
"""Offers of a secret from which on somebody else may have it."""


def offered(box: KnownBox) -> int:
    """The generation of the secret that it is to be given now: the last one that anybody was offered in its name."""
    return box.generation + max(box.offers - TWICE, 0)


def came_with_shared(box: KnownBox, mark: str, *, again: bool, another: bool) -> KnownBox:
    """The box after it was let in with the shared secret of that mark.

    Args:
        box: As it was.
        mark: Of the shared secret.
        again: It had spoken before, so its secret was offered before, whether that was counted or not.
        another: Its secret is worth nothing any more: it is secured no more, what was open is closed.
    """
    if another:
        return replace(box, mark=mark, secured=False, open_until=None, generation=offered(box) + 1, offers=1)
    return replace(box, mark=mark, offers=max(box.offers, TWICE if again else min(box.offers + 1, TWICE)))


def came_with_own(box: KnownBox, generation: int, *, renew: bool) -> KnownBox:
    """The box after it proved its own secret of that generation, its present one or a later one.

    What was offered since stays counted: no generation is ever given to two who might be different.

    Args:
        box: As it was.
        generation: Of the secret that it proved.
        renew: Give it one more, where somebody else may have been offered the one that it proved.
    """
    beyond = offered(box) - generation
    offers = box.offers if generation == box.generation else beyond + TWICE if beyond > 0 else 1
    return replace(box, secured=True, generation=generation, offers=offers + 1 if renew and offers >= TWICE else offers)
