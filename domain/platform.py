"""The Internet platform behind the accesses: what is probed there, and what a probe found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from domain.identifiers import OntName
from domain.secret import Secret


class ProbeKind(StrEnum):
    """What stands at a target, and so how it is asked."""

    RADIUS = "radius"  # Status-Server (RFC 5997)
    LNS = "lns"  # a TCP connection: opened or refused, the machine is there
    RESOLVER = "resolver"  # a DNS query (RFC 1035)
    FLOW = "flow"  # a TCP connection towards the Internet, from the platform


class Answer(StrEnum):
    """How one probe ended."""

    WORKS = "works"  # the answer that a working target gives
    FAILS = "fails"  # it answers that it cannot: SERVFAIL
    REFUSES = "refuses"  # it answers, and not to us: REFUSED, a connection reset, an SMTP 5xx
    CLOSED = "closed"  # an ICMP error says that nobody listens: its machine's, or a firewall's on the way
    SILENT = "silent"  # nothing came back within the patience: nobody knows why
    UNSENT = "unsent"  # the question did not leave: a name that does not resolve, a network without route

    @property
    def heard(self) -> bool:
        """Whether the target itself answered."""
        return self in {Answer.WORKS, Answer.FAILS, Answer.REFUSES}


@dataclass(frozen=True, slots=True)
class ProbeTarget:
    """One thing that is probed.

    Attributes:
        name: Its name, unique among targets.
        secret: Secret shared with a RADIUS server.
        address: Address by which boxes know a resolver, where it is not ``host``.
        flow: Name of a flow, as in ``tcp_25``.
    """

    kind: ProbeKind
    name: str
    host: str
    port: int
    secret: Secret | None = None
    address: str | None = None
    flow: str = ""


@dataclass(frozen=True, slots=True)
class Probed:
    """What the last probe of a target found.

    Attributes:
        at: When it ended, by the clock in force.
        elapsed_ms: Until the answer, by the monotonic clock; ``None`` without one.
        detail: What came back, in the protocol's own word; never a secret.
        heard_at: When the target last answered anything; ``None``: it never has.
        asked: Probes in the window; ``unheard`` those among them without answer.
    """

    kind: ProbeKind
    name: str
    answer: Answer
    at: datetime
    elapsed_ms: float | None = None
    detail: str = ""
    heard_at: datetime | None = None
    asked: int = 1
    unheard: int = 0


@dataclass(frozen=True, slots=True)
class AuthWindow:
    """Subscribers in the authentication log over a window; each counts once, however often its box tries.

    Attributes:
        since: Begin of the window.
        subscribers: Those that asked; ``refused`` those among them with a refusal, ``unanswered`` those with a request
            that the server left without answer, where a proxy before it logs them.
    """

    since: datetime
    subscribers: int
    refused: int
    unanswered: int = 0


@dataclass(frozen=True, slots=True)
class Lost:
    """An access whose last session ended against its will, or whose last request the RADIUS server did not answer.

    Attributes:
        olt: Where it hangs; ``None`` where no record says.
        ont: Its ONT there.
    """

    olt: str | None = None
    ont: OntName | None = None


@dataclass(frozen=True, slots=True)
class Losses:
    """Accesses that lost their sessions over a window, whoever their operators are.

    Attributes:
        since: Begin of the window.
        lost: Those without session since.
        usual: How many a window of that length loses on the average of the day before.
    """

    since: datetime
    lost: tuple[Lost, ...]
    usual: float
