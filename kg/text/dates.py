"""Days, months, years and decades in a text, as the first and the last day they name."""

from __future__ import annotations

import calendar
import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Dated:
    """A stretch of days that a text names from character ``start`` to ``end`` (exclusive)."""

    start: int
    end: int
    first: str
    """ISO day; without a year ``--MM-DD``, which names a day of any year."""
    last: str


_YEAR = r"(?P<year>(?:19|20)\d{2})"
_DECADES = ("twenties", "thirties", "forties", "fifties", "sixties", "seventies", "eighties", "nineties")
_ORDINALS = {"first": 1, "second": 2, "third": 3, "fourth": 4}


def dated(text: str, months: Mapping[str, int]) -> Iterator[Dated]:
    """Every stretch of days in the text, longest forms first; none inside another."""
    known = tuple(months)
    if _telling(known).search(text) is None:
        return
    taken: list[tuple[int, int]] = []
    *others, bare = _forms(known)
    for form in (*others, bare):
        for match in form.finditer(text):
            if any(start < match.end() and match.start() < end for start, end in taken):
                continue
            days = _days({key: value for key, value in match.groupdict().items() if value}, months)
            # A bare "may" or "march" is a verb unless it is written as a name.
            if days is not None and not (form is bare and match.group().islower()):
                taken.append(match.span())
                yield Dated(*match.span(), *days)


@functools.cache
def _telling(months: tuple[str, ...]) -> re.Pattern[str]:
    """Found in every text that has one of the forms: a year, a month, a decade."""
    return re.compile("|".join([*months, *_DECADES, r"(?:19|20)\d\d", r"\d0'?s"]), re.IGNORECASE)


@functools.cache
def _forms(months: tuple[str, ...]) -> tuple[re.Pattern[str], ...]:
    """Ways to write a stretch of days; the bare month is the last."""
    names = "|".join(sorted(months, key=len, reverse=True))
    month, day = rf"(?P<name>{names})\.?", r"(?P<day>\d{1,2})(?:st|nd|rd|th)?"
    forms = [
        r"(?P<year>(?:19|20)\d{2})-(?P<month>\d{2})-(?P<day>\d{2})",
        r"(?P<from>(?:19|20)\d{2})\s?[-\u2013]\s?(?P<till>(?:19|20)\d{2})",
        rf"{day}\s+(?:of\s+)?{month},?\s+{_YEAR}",
        rf"{month}\s+{day},?\s+{_YEAR}",
        r"(?P<year>(?:19|20)\d{2})-(?P<month>\d{2})",
        rf"{month},?\s+(?:of\s+)?{_YEAR}",
        rf"(?:q(?P<quarter>[1-4])|(?P<ordinal>first|second|third|fourth)\s+quarter)\s*(?:of\s+)?{_YEAR}",
        rf"(?:q(?P<half>[12])|(?P<halfth>first|second)\s+half)\s*(?:of\s+)?{_YEAR}",
        rf"{day}\s+(?:of\s+)?{month}",
        rf"{month}\s+{day}",
        r"(?P<decade>(?:19|20)?\d0)'?s",
        rf"(?P<spelt>{'|'.join(_DECADES)})",
        _YEAR,
        month,
    ]
    return tuple(re.compile(rf"(?<![\w.-]){form}(?![\w-]|\.\d)", re.IGNORECASE) for form in forms)


def _days(  # noqa: PLR0911 (one form each)
    parts: Mapping[str, str], months: Mapping[str, int]
) -> tuple[str, str] | None:
    if "from" in parts:
        return f"{parts['from']}-01-01", f"{parts['till']}-12-31"
    if "decade" in parts or "spelt" in parts:
        return _decade(parts)
    year = parts.get("year")
    if "quarter" in parts or "ordinal" in parts:
        number = int(parts["quarter"]) if "quarter" in parts else _ORDINALS[parts["ordinal"].lower()]
        return _months(str(year), 3 * number - 2, 3 * number)
    if "half" in parts or "halfth" in parts:
        number = int(parts["half"]) if "half" in parts else _ORDINALS[parts["halfth"].lower()]
        return _months(str(year), 6 * number - 5, 6 * number)
    month = int(parts["month"]) if "month" in parts else months.get(parts.get("name", "").lower())
    if month is None:
        return (f"{year}-01-01", f"{year}-12-31") if year else None
    if not 1 <= month <= 12:
        return None
    prefix = f"{year}-{month:02}" if year else f"--{month:02}"
    longest = calendar.monthrange(int(year or 2024), month)[1]
    if "day" in parts:
        day = int(parts["day"])
        return (f"{prefix}-{day:02}", f"{prefix}-{day:02}") if 1 <= day <= longest else None
    return f"{prefix}-01", f"{prefix}-{longest:02}"


def _months(year: str, first: int, last: int) -> tuple[str, str]:
    return f"{year}-{first:02}-01", f"{year}-{last:02}-{calendar.monthrange(int(year), last)[1]:02}"


def _decade(parts: Mapping[str, str]) -> tuple[str, str] | None:
    if "spelt" in parts:
        first = 1920 + 10 * _DECADES.index(parts["spelt"].lower())
    else:
        number = int(parts["decade"])
        first = number if number > 100 else (1900 if number >= 20 else 2000) + number
    return f"{first}-01-01", f"{first + 9}-12-31"
