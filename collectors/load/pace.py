"""How fast one OLT is asked, learnt from its own answers and kept between cycles. Pure: spans come as arguments.

Three things are learnt apart: how many requests an OLT bears at once (from its share of losses: one loss alone says
nothing of it), how long a column's answers take (RFC 6298; columns of one OLT differ a hundredfold), and how many rows
of a column it gives at once.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from domain.load import LoadContract

SHORTEST_WAIT_S = 0.2  # C: below it a busy agent's answers would be asked twice
_QUICK_S, _SLOW_S = 0.5, 2.0  # C: below, more rows may be asked; above, a live read would wait for too long behind it
_FEW_ROWS = 20  # C: slowness does not shrink requests below it
_STRIKES = 3  # C: requests of a proven size lost with all their copies' beginnings before the size is doubted
_FIRST_HOLD, _LONGEST_HOLD = 8, 1024  # C
_REMEMBERED = 32  # requests whose fate is remembered
_JUDGED = 8  # requests before their losses are judged
_BEARABLE = 0.25  # C: 5 % of loss each way is a tenth of the requests; an agent that drops what it cannot bear, more
_FULL = 0.75
_COUNTED_ROWS = 2_000  # beyond, the last request of a chain is no great part of it, and its size not worth knowing
_WORTH_CUTTING = 4  # C: marks, of a request each: less is read before a second chain would be under way
_ROW_OCTETS = 48.0  # C: of a row whose column was never read


@dataclass(slots=True)
class RoundTrip:
    """How long answers take, and how long to wait for one (RFC 6298 2).

    Attributes:
        smoothed_s: Time that an answer takes.
        wait_s: Wait for an answer before a repetition; ``None`` before the first answer.
    """

    smoothed_s: float = 0.0
    wait_s: float | None = None
    _variation_s: float = 0.0

    def timed(self, took_s: float) -> None:
        """An answer took so long."""
        if self.wait_s is None:
            self.smoothed_s, self._variation_s = took_s, took_s / 2
        else:
            self._variation_s += (abs(self.smoothed_s - took_s) - self._variation_s) / 4
            self.smoothed_s += (took_s - self.smoothed_s) / 8
        wait_s = self.smoothed_s + 4 * self._variation_s
        self.wait_s = wait_s if wait_s > SHORTEST_WAIT_S else SHORTEST_WAIT_S

    def patience_s(self, first_s: float) -> float:
        """How long to wait, ``first_s`` being the wait for a stranger. Less than our shortest wait is granted."""
        wait_s = self.wait_s or first_s
        return first_s if wait_s > first_s <= SHORTEST_WAIT_S else wait_s


@dataclass(slots=True)
class ColumnPace:
    """What was learnt of one column of an OLT.

    Attributes:
        cap: Rows a request may ask at most, by the contract.
        rows: Rows that the next request asks.
        most: Rows beyond which it is not tried to go: the cap, or less where the agent found them too big.
        row_octets: Octets of a row.
        counts: Rows of each range at last, by the range's first number: the last request need ask for no more.
        marks: First numbers of its index, a request's rows apart: where a long range may be cut.
        trip: How long its answers take.
    """

    cap: int
    rows: int
    row_octets: float = _ROW_OCTETS
    counts: dict[int, int] = field(default_factory=dict)
    marks: tuple[int, ...] = ()
    most: int = field(init=False)
    trip: RoundTrip = field(default_factory=RoundTrip)
    _proven: int = 0
    _strikes: int = 0
    _hold: int = 0  # full answers before more rows are tried again
    _longest_hold: int = _FIRST_HOLD

    def __post_init__(self) -> None:
        self.most = self.cap

    @property
    def steady(self) -> bool:
        """Whether requests have the size that they will keep."""
        return self.rows >= self.most

    def timed(self, took_s: float) -> None:
        """An answer took so long from the copy of the request that it belongs to."""
        self.trip.timed(took_s)
        if self.trip.smoothed_s > _SLOW_S and self.rows > _FEW_ROWS:
            self.rows = max(_FEW_ROWS, self.rows // 2)
            self.trip.smoothed_s /= 2

    def cuts(self, after: int, last: int) -> Sequence[int]:
        """Where what is left of a range may be cut; nowhere when that is little, or answers cost the agent long."""
        low, high = bisect_right(self.marks, after), bisect_right(self.marks, last)
        if high - low < _WORTH_CUTTING or self.trip.smoothed_s >= _QUICK_S:
            return ()
        return self.marks[low:high]

    def answered(self, asked: int, given: int, octets: int) -> None:
        """``given`` rows came for ``asked``, in so many octets. Fewer than asked is the agent's own choice."""
        self._strikes = 0
        self._proven = max(self._proven, asked)
        if given > self.rows:  # an answer to a larger copy: that was late, not too large
            self.rows = min(given, self.most)
        if given:
            a_row = octets / given
            self.row_octets = max(a_row, self.row_octets + (a_row - self.row_octets) / 8)
        full = given >= _FULL * asked  # an estimate where rows differ in size
        if full and asked >= self.rows and not self.steady and self.trip.smoothed_s < _QUICK_S:
            if self._hold:
                self._hold -= 1
            else:
                self.rows = min(2 * self.rows, self.most)

    def refused(self, asked: int) -> None:
        """The agent finds an answer of ``asked`` rows too big: it is never asked for so many again."""
        self.most = self.rows = max(1, asked // 2)

    def vanished(self, asked: int, proven: int) -> None:
        """A request of ``asked`` rows was lost twice: perhaps too large for the agent, or for the way.

        Unless the agent has given as many before: here, or ``proven`` in other columns.
        """
        self._strikes += 1
        if asked > max(self._proven, proven) or self._strikes >= _STRIKES:
            self._strikes, self._proven = 0, min(self._proven, asked // 2)
            self.rows, self._hold = max(1, asked // 2), self._longest_hold
            self._longest_hold = min(2 * self._longest_hold, _LONGEST_HOLD)

    def ended(self, first: int, rows: int) -> None:
        """The range that begins with ``first`` was read to its end and has so many rows."""
        if rows <= _COUNTED_ROWS:
            self.counts[first] = rows
        else:
            self.counts.pop(first, None)

    def marked(self, firsts: Iterable[int]) -> None:
        """First numbers of the index a request apart, in order, of the column as it was read to its end."""
        self.marks = tuple(dict.fromkeys(firsts))


@dataclass(slots=True)
class Pace:
    """What was learnt of one OLT.

    Attributes:
        window: Requests that it is given at once; the contract bounds it.
        columns: By the octets of the column's name and the rows its reader asks at most.
        proven: Most rows that it gave at once.
    """

    contract: LoadContract
    window: float = field(init=False)
    columns: dict[tuple[bytes, int], ColumnPace] = field(default_factory=dict)
    proven: int = 0
    _growing: bool = True
    _fates: int = 0  # one bit a request, the latest last: 1 is lost
    _judged: int = 0

    def __post_init__(self) -> None:
        self.window = float(self.contract.first_window)

    def column(self, name: bytes, most: int | None) -> ColumnPace:
        """The pace of a column, of which its reader asks ``most`` rows at once (``None``: what the contract allows)."""
        cap = min(most or self.contract.max_repetitions, self.contract.max_repetitions)
        found = self.columns.get((name, cap))
        if found is None:
            found = self.columns[(name, cap)] = ColumnPace(cap, min(cap, self.contract.first_repetitions))
        return found

    def answered(self) -> None:
        """A request was answered: one more may be in flight, later one more a round."""
        self._fates = self._fates << 1 & _MASK
        self._judged += 1
        if self.window < self.contract.window:
            self.window = min(self.window + (1.0 if self._growing else 1.0 / self.window), self.contract.window)

    def lost(self) -> None:
        """A copy of a request brought nothing in time. The window is halved when that is no accident."""
        self._fates = (self._fates << 1 | 1) & _MASK
        self._judged += 1
        seen = min(self._judged, _REMEMBERED)
        if seen >= _JUDGED and self._fates.bit_count() > _BEARABLE * seen:
            self.too_much()

    def too_much(self) -> None:
        """Half as many at once from now on, judged anew."""
        self.window = max(1.0, self.window / 2)
        self._growing, self._fates, self._judged = False, 0, 0

    def silent(self) -> None:
        """The OLT has gone: begin again as with a stranger, for it may come back as another."""
        self.window = float(self.contract.first_window)
        self._growing, self._fates, self._judged = True, 0, 0


_MASK = (1 << _REMEMBERED) - 1
