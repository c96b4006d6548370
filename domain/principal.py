"""Who asks. A `Principal` travels with every service call and comes from a token, never from the request's content."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from domain.errors import ForbiddenError


class Right(StrEnum):
    """Rights of an account. The first two are the seed's, separate from each other."""

    TEST = "e-SAV Test"
    SIGNALISATION = "e-SAV Signalisation"
    ONT_SECRETS = "secrets ONT"
    INVENTORY = "inventaire"
    NOC = "NOC"
    TELEACTION = "téléactions"
    EXPERT = "expert"
    FORCING = "droit de Forçage"
    PORT25 = "port 25"
    TREATMENT = "traitement des signalisations"
    ADMINISTRATOR = "administrateur"


@dataclass(frozen=True, slots=True)
class Principal:
    """An account of an operator, with its rights.

    Attributes:
        operator_id: Key of the operator; every table is filtered by it.
        account: Login, for the trace.
        rights: What the account may do.
        certificate: The client certificate that stands for it; ``None`` for who came with a token.
    """

    operator_id: str
    account: str
    rights: frozenset[Right]
    certificate: str | None = None

    def require(self, right: Right) -> None:
        """Raise `ForbiddenError` without that right."""
        if right not in self.rights:
            raise ForbiddenError(right.value)

    def may(self, right: Right) -> bool:
        """Whether the account has that right."""
        return right in self.rights
