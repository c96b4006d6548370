"""The French words of the page: labels of the domain's values, from a gettext catalogue, and forms of numbers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cache
from importlib import resources

from babel.messages.pofile import read_po

from api.i18n import Language
from api.schemas.diagnostics import RowOut
from domain.clock import PARIS
from domain.reading import Quality, Via


@cache
def catalogue() -> Mapping[tuple[str, str], str]:
    """(context, id) → French text."""
    with resources.files("api.web").joinpath("locale/fr.po").open("rb") as file:
        return {
            (str(entry.context), str(entry.id)): str(entry.string)
            for entry in read_po(file, locale="fr")
            if entry.id and entry.string
        }


def label(value: StrEnum) -> str:
    """What the page calls a value of an enumeration."""
    return catalogue()[type(value).__name__, value.value]


def du_bati(value: object) -> str | None:
    """A value of a building as address translation prints it; ``None`` where it is unknown."""
    if value is None:
        return None
    if isinstance(value, bool):
        return say("bati", "oui" if value else "non")
    return f"{value:%d/%m/%Y}" if isinstance(value, date) else str(value)


def say(context: str, name: str, otherwise: str | None = None) -> str:
    """A sentence of the page; ``otherwise`` names the one used when there is none of that name."""
    found = catalogue().get((context, name))
    if found is not None:
        return found
    return catalogue()[context, otherwise] if otherwise is not None else name


def words(language: Language, text: str, **fields: object) -> str:
    """A text of a page that speaks both languages: its id is the English."""
    found = text if language == "en" else catalogue().get(("page", text), text)
    return found.format_map(fields) if fields else found


def duree(seconds: int) -> str:
    """A duration in its two largest units, as in ``3 j 4 h``."""
    minutes, hours, days = seconds // 60, seconds // 3600, seconds // 86_400
    if days:
        return f"{days} j {hours % 24} h"
    if hours:
        return f"{hours} h {minutes % 60} min"
    return f"{minutes} min {seconds % 60} s" if minutes else f"{seconds} s"


def instant(value: datetime) -> str:
    """An instant as the lists print it, ``jj/mm/aaaa hh:mm`` in Europe/Paris."""
    return value.astimezone(PARIS).strftime("%d/%m/%Y %H:%M")


def instant_s(value: datetime) -> str:
    """An instant to the second, ``jj/mm/aaaa hh:mm:ss`` in Europe/Paris."""
    return value.astimezone(PARIS).strftime("%d/%m/%Y %H:%M:%S")


def jour(value: datetime) -> str:
    """The day of an instant in Europe/Paris, ``jj/mm/aaaa``."""
    return value.astimezone(PARIS).strftime("%d/%m/%Y")


def jours(value: float) -> str:
    """A number of days, ``moins d'un jour`` or ``12 jours``, rounded down: a limit is never told late."""
    whole = int(value)
    return "moins d'un jour" if whole < 1 else f"{whole}\N{NO-BREAK SPACE}jour{'s' if whole > 1 else ''}"


def decibels(value: float, digits: int = 1) -> str:
    """A loss, ``1,5 dB``."""
    return f"{value:.{digits}f}".replace(".", ",") + "\N{NO-BREAK SPACE}dB"


_UNKNOWN = "inconnu"


def niveau(value: float | None) -> str:
    """A level, ``-19,36 dBm``; in a word where it is unknown."""
    return _UNKNOWN if value is None else f"{value:.2f}".replace(".", ",") + "\N{NO-BREAK SPACE}dBm"


def perte(value: float | None) -> str:
    """A loss or a margin, ``22,8 dB``; in a word where it is unknown."""
    return _UNKNOWN if value is None else decibels(value)


def ecart(value: float | None) -> str:
    """A difference with its sign, ``+0,1 dB``; in a word where it is unknown."""
    return _UNKNOWN if value is None else f"{value:+.1f}".replace(".", ",") + "\N{NO-BREAK SPACE}dB"


def box_value(value: object) -> str | None:
    """A value of a box as the page shows it; ``None`` for one that the box does not tell."""
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return say("box", "true" if value else "false")
    if isinstance(value, datetime):
        return instant_s(value)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, list):
        return ", ".join(map(str, value))
    return say("box", str(value))


def told_on(source: str, at: datetime, now: datetime) -> str:
    """When a value that is not fresh was told by the box, or seen by the ACS: ``dit le 09/05 à 10:29``.

    Its year stands there where it is not the present one.
    """
    there = at.astimezone(PARIS)
    day = there.strftime("%d/%m" if there.year == now.astimezone(PARIS).year else "%d/%m/%Y")
    return say("box", "told on" if _names_a_parameter(source) else "seen on").format(day=day, time=f"{there:%H:%M}")


def _names_a_parameter(source: str) -> bool:
    return "." in source


def duration(value_s: float) -> str:
    """A duration in seconds, in its two largest units: ``9 j 17 h``, ``1 h``."""
    return age(timedelta(seconds=value_s))


def percent(value: float) -> str:
    """A confidence of 0 to 1, ``85 %``."""
    return f"{value * 100:.0f}\N{NO-BREAK SPACE}%"


def seconds(value_ms: float) -> str:
    """A duration in milliseconds as ``840 ms`` or ``2,3 s``."""
    if value_ms < 1000:
        return f"{value_ms:.0f}\N{NO-BREAK SPACE}ms"
    return f"{value_ms / 1e3:.1f}\N{NO-BREAK SPACE}s".replace(".", ",")


def age(value: timedelta) -> str:
    """How long ago, in the two largest units: ``3 h 12 min``, ``10 j 2 h``, ``3 h``."""
    total = max(0, int(value.total_seconds()))
    parts = ((total // 86_400, "j"), (total // 3600 % 24, "h"), (total // 60 % 60, "min"), (total % 60, "s"))
    first = next((index for index, (count, _) in enumerate(parts) if count), len(parts) - 1)
    shown = [f"{count}\N{NO-BREAK SPACE}{unit}" for count, unit in parts[first : first + 2] if count]
    return "\N{NO-BREAK SPACE}".join(shown) or "0\N{NO-BREAK SPACE}s"


def metres(value: float) -> str:
    """A length, ``3 420 m``."""
    return f"{value:,.0f}".replace(",", "\N{NARROW NO-BREAK SPACE}") + "\N{NO-BREAK SPACE}m"


def provenance(row: RowOut, at: datetime) -> str:
    """Where a value comes from and how old it was at that instant; or why there is none."""
    if row.reason is not None:
        return label(row.reason)
    via = _via(row.source)
    if via in {Via.INVENTORY, Via.ENGINE}:
        return label(via)
    stored_at = row.at if row.quality is Quality.STORED else None
    words = label(row.quality) if stored_at is None else f"il y a {age(at - stored_at)}"
    return words if via is Via.NONE else f"{label(via)}, {words}"


def provenance_in_full(row: RowOut) -> str:
    """The whole source and the instant of a value, for whoever points at it."""
    when = f"{row.source} · {instant_s(row.at)}" if row.at is not None else row.source
    return when.strip(" ·")


def _via(source: str) -> Via:
    name = source.partition(":")[0]
    return Via(name) if name in set(Via) else Via.NONE
