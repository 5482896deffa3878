"""Four further parts, c to f, of ways to say what is so and of faults in it, for ``blind_faults.py``."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from benchmarks.blind_plants import other_noun, others, swap, with_last
from benchmarks.blind_sentences import DAY, MONTHS, SPELT, Answer, Fact, Line, many

Ways = tuple[str, ...]


@dataclass(frozen=True)
class Part:
    """Ways to say what is so, and forms of faults.

    ``s`` and ``o`` are what is spoken of, ``sk`` and ``ok`` their keys, ``v`` and ``m`` what is said of one and of
    several, ``be`` the verb after *to*; ``x`` a value, or what was not found; ``n``, ``k`` a number and its noun.
    """

    ties: Ways
    values: Ways
    lacks: Ways
    counts: Ways
    shares: Ways
    ranks: Ways
    same_end: Ways
    same_start: Ways
    day: str
    wrong_counts: Ways
    wrong_values: Ways
    sources: Ways
    unknown_source: str
    found: tuple[tuple[str, str], ...]
    """What is put in the place of what denies."""
    denials: Ways
    denied: Ways
    """Put in the place of the verb; and around the sentence."""
    citations: tuple[Callable[[str, int], str], ...]
    stale: Ways
    stale_verbs: Ways
    other_day: tuple[int, int]
    """Years and days that a wrong day is away."""
    units: Ways
    amounts: Ways
    cited_beside: int


PARTS = {
    "c": Part(
        ties=(
            "As the evidence has it, {s} {v} {o}.",
            "**{s}** {v} **{o}**.",
            "{s} ({sk}) is recorded as one that {v} {o}.",
            "{o}: {s} {v} it.",
            "We find that {s} {v} {o} ({ok}).",
        ),
        values=("{s} has a {v} of {x}.", "**{v}** of {s}: {x}"),
        lacks=("We could not find any {x} for {s}.", "{s} lacks {x}."),
        counts=("All in all, {n} {k} meet the condition.", "The total comes to {n} {k}."),
        shares=("That is {n} out of the {of} {k}.",),
        ranks=("{s} stands at {n}.",),
        same_end=("Both {a} and {b} {m} {x}.",),
        same_start=("{a} {v} {x}, and also {y}.",),
        day="{month:.3} {day}, {year}",
        wrong_counts=("{spelt}", "more than {n}", "{n}00"),
        wrong_values=("under {n}", "1{n}"),
        sources=("{i}, per {n}.", "{n} lists that {i}."),
        unknown_source="a press release",
        found=(("could not find any", "found"), (" lacks ", " has ")),
        denials=("fails to {be}", "cannot {be}"),
        denied=(),
        citations=(lambda _, size: f"E{size + 3}", lambda *_: "E-1", lambda *_: "source 1"),
        stale=("{i} until March 2020.", "Previously, {i}.", "{i} (withdrawn in 2018)."),
        stale_verbs=("at one time {v}", "stopped to {be}"),
        other_day=(1, 0),
        units=("kg", "days", "%"),
        amounts=("{n} percent of the {k}", "{n} hours of {k}"),
        cited_beside=1,
    ),
    "d": Part(
        ties=(
            "One finding is that {s} {v} {o}.",
            "{s} is among those which {m} {o}.",
            "It can be seen from the evidence that “{s}” {v} “{o}”.",
            "{o} is what {s} {v}.",
            "- {s} ({sk}) {v} {o}",
        ),
        values=("The recorded {v} for {s} is {x}.", "{s} is listed with the {v} {x}."),
        lacks=("No evidence of {x} exists for {s}.", "The sources list no {x} for {s}."),
        counts=("{N} {k} match the question.", "We count {n} {k}."),
        shares=("Out of {of} {k}, {n} qualify.",),
        ranks=("{s} has a total of {n}.",),
        same_end=("{a}, like {b}, {v} {x}.",),
        same_start=("{a} {v} not only {x} but also {y}.",),
        day="the {day}{th} of {month} {year}",
        wrong_counts=("nearly {more}", "a dozen and a half", "{n}.5"),
        wrong_values=("-{n}", "{n}0", "about 3{n}"),
        sources=("As stated in {n}, {i}.", "{i}, as {n} puts it."),
        unknown_source="the annual report",
        found=(("No evidence of", "Evidence of"), ("list no ", "list ")),
        denials=("neither {v} nor covers", "is far from what may {be}"),
        denied=("It is not the case that {i}.",),
        citations=(lambda first, _: f"{first}.1", lambda *_: "P1", lambda _, size: f"E{10 * size + 7}"),
        stale=("{i}, but only before 2015.", "In the past, {i}.", "{i} from 1 January 2032."),
        stale_verbs=("once {v}", "will soon {be}"),
        other_day=(0, 1),
        units=("km", "dollars", "points", "hundred"),
        amounts=("{n} hundred {k}", "{n} groups of {k}"),
        cited_beside=3,
    ),
    "e": Part(
        ties=(
            "For the record, {s} {v} {o}.",
            "{s}, for its part, {v} {o}.",
            "`{sk}` {v} `{ok}`.",
            "To answer the question: {s} {v} {o}.",
            "Going by what was retrieved, {s} {v} {o} [{ok}].",
        ),
        values=("{s} carries the {v} {x}.", "Regarding {s}, its {v} reads {x}."),
        lacks=("Our search came up empty: no {x} for {s}.", "{s} turns up without {x}."),
        counts=("{N} {k} in all.", "That makes {n} {k}."),
        shares=("{N} of {of} {k} do so.",),
        ranks=("For {s} we get {n}.",),
        same_end=("{a} and {b} alike {m} {x}.",),
        same_start=("{a} {v} {x}; it also {v} {y}.",),
        day="{day} {month:.3} {year}",
        wrong_counts=("{less}", "twice {n}", "some {more}"),
        wrong_values=("{n}.7", "over 9{n}"),
        sources=("{i} — source: {n}.", "As {n} reports, {i}."),
        unknown_source="the vendor",
        found=(("no ", "several "), (" without ", " with ")),
        denials=("is said not to {be}", "rarely {v}", "refuses to {be}"),
        denied=("Contrary to what is said, {i}.",),
        citations=(lambda first, _: first.replace("E", "F"), lambda *_: "E0", lambda *_: "evidence"),
        stale=("{i} back in 2010.", "{i} during 2016 only.", "Up to last winter, {i}."),
        stale_verbs=("no more {v}", "has ceased to {be}", "had {v}"),
        other_day=(10, 0),
        units=("litres", "million", "dozen", "weeks"),
        amounts=("{n} thousand {k}", "{n} pairs of {k}"),
        cited_beside=2,
    ),
}

PARTS["f"] = replace(
    PARTS["e"],
    ties=(
        "Put plainly, {s} {v} {o}.",
        "Here is one case: {s} ({sk}) {v} {o} ({ok}).",
        "Our reading of the rows is that {s} {v} {o}.",
        "{s} {v} {o}, as can be checked in the cited row.",
        "Yes, {s} {v} {o}.",
    ),
    values=("{s} comes with the {v} {x}.", "We see {x} as the {v} of {s}."),
    lacks=("Nothing like {x} turned up for {s}.", "{s} is left without {x}."),
    counts=("The list runs to {n} {k}.", "{N} {k} remain."),
    shares=("{N} among the {of} {k} pass the test.",),
    ranks=("{s} reaches {n}.",),
    same_end=("{a} {v} {x}, and so does {b}.",),
    same_start=("First, {a} {v} {x}; second, {a} {v} {y}.",),
    found=(("Nothing like ", ""), (" without ", " with ")),
)


# --- what is so -------------------------------------------------------------------------------------------------------


def truths(told: Answer, half: str, draw: random.Random) -> list[Line]:
    part = PARTS[half]
    found = [Line(text, (one.cite,), one) for one in told.facts for text in _facts(one, told, part, draw)]
    for cite, who, sought in told.absences:
        plain = re.sub(r" and that (?:are )?[a-z ]+ it$", "", sought).replace("that are ", "")
        if not re.search(r"\bit\b|\bthey\b|^an? ", plain):
            found += [
                Line(way.format(s=who.label, x=plain), (cite,), absence=(cite, who, sought)) for way in part.lacks
            ]
    return [*found, *_numbers(told, part), *_both(told, part)]


def _facts(fact: Fact, told: Answer, part: Part, draw: random.Random) -> Iterator[str]:
    one, other, verb = fact.subject, fact.object, fact.verb
    if other is not None:
        said = draw.choice([verb, *told.words(fact.predicate, "phrases")]) if fact.predicate else verb
        for way in part.ties:
            yield way.format(s=one.short, sk=one.key, v=said, m=many(verb), o=other.short, ok=other.key)
    elif re.match(r"(?:is|was|has|are)\b", verb):
        yield f"{one.label} {verb} {spoken(fact.value, part)}."
    else:
        yield from (way.format(s=one.label, v=verb, x=spoken(fact.value, part)) for way in part.values)


def spoken(value: str, part: Part) -> str:
    found = DAY.fullmatch(value)
    if not found:
        return value
    month, day = MONTHS[int(found[2]) - 1], int(found[3])
    th = "th" if day in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return part.day.format(year=found[1], month=month, day=day, th=th)


def _numbers(told: Answer, part: Part) -> Iterator[Line]:
    found, cites, noun = told.document["answer"], tuple(item["id"] for item in told.document["evidence"]), told.noun
    number, of = found["value"], found["of"]
    if found["type"] == "list":
        number, of = len({row["entity"] for row in found["rows"]}), None
    if found["type"] in ("list", "count") and isinstance(number, int) and noun and number > 1:
        spelt = SPELT[number] if number < len(SPELT) else f"{number:,}"
        for way in part.shares if of else part.counts:
            size = spelt if "{N}" in way else str(number)
            yield Line(way.format(n=size, N=size.capitalize(), k=noun, of=of), cites, number=(size, noun))
    claims = {one["id"]: tuple(one["evidence"]) for one in told.document["claims"]}
    for row in found["rows"] if found["type"] == "ranking" else ():
        if isinstance(row["value"], int) and row["entity"] in told.things and claims.get(row["claim"]):
            one, size = told.things[row["entity"]], str(row["value"])
            for way in part.ranks:
                yield Line(way.format(s=one.label, n=size), claims[row["claim"]], number=(size, ""))


def _both(told: Answer, part: Part) -> Iterator[Line]:
    """Two facts in one sentence."""
    for one, other in pairwise([one for one in told.facts if one.object is not None]):
        if one.object is None or other.object is None or one.verb != other.verb or one.subject == one.object:
            continue
        a, b, x, y = one.subject.short, other.subject.short, one.object.short, other.object.short
        ways = part.same_end if one.object == other.object and a != b else ()
        ways = part.same_start if one.subject == other.subject and x != y else ways
        for way in ways:
            said = way.format(a=a, b=b, x=x, y=y, v=one.verb, m=many(one.verb))
            yield Line(said, (one.cite, other.cite), one)


# --- one fault in a true sentence -------------------------------------------------------------------------------------


def wrong_number(line: Line, _: Answer, half: str, draw: random.Random) -> Line | None:
    part = PARTS[half]
    if line.number is not None:
        was = line.number[0]
        size = SPELT.index(was.lower()) if was.lower() in SPELT else int(was.replace(",", ""))
        spelt = SPELT[size + 1] if size + 1 < len(SPELT) else str(size + 1)
        way = draw.choice(part.wrong_counts)
        return with_last(line, was, way.format(n=size, spelt=spelt, more=size + 2, less=size - 1))
    if line.fact is not None and re.fullmatch(r"\d+(?:\.\d+)?", line.fact.value):
        return with_last(line, line.fact.value, draw.choice(part.wrong_values).format(n=line.fact.value))
    return None


def swapped_entity(line: Line, told: Answer, half: str, draw: random.Random) -> Line | None:
    if line.absence is not None:
        lacking = {one.id for _, one, _ in told.absences}
        new = [one for one in others(line.absence[1], line, told) if one.id not in lacking]
        return swap(line, line.absence[1], draw.choice(new)) if new else None
    fact = line.fact
    if fact is None:
        return None
    if half != "c" and len(line.cites) == 1 and draw.random() < 0.5:
        return crossed(line, fact, told, draw)
    old = draw.choice([one for one in (fact.subject, fact.object) if one is not None])
    new = [
        one for one in others(old, line, told) if one.name not in (fact.subject.name, fact.object and fact.object.name)
    ]
    return swap(line, old, draw.choice(new)) if new else None


def crossed(line: Line, fact: Fact, told: Answer, draw: random.Random) -> Line | None:
    """Two facts are cited, and the end of one is said of the beginning of the other."""
    end = fact.object
    if end is None:
        return None
    so = {name for one in told.facts if one.object is not None for name in _ends(one)}
    found = [
        one for one in told.facts
        if one.object is not None and one.cite not in line.cites and one.subject.type == fact.subject.type
        and one.subject.short not in line.text and one.object.short not in line.text
        and not {(one.subject.name, end.name), (end.name, one.subject.name)} & so
    ]  # fmt: skip
    if not found:
        return None
    other = draw.choice(found)
    made = swap(line, fact.subject, other.subject)
    return None if made is None else replace(made, cites=(*line.cites, other.cite))


def _ends(fact: Fact) -> Iterator[tuple[str, str]]:
    if fact.object is not None:
        yield fact.subject.name, fact.object.name


def wrong_source(line: Line, told: Answer, half: str, draw: random.Random) -> Line | None:
    if line.fact is None or len(line.cites) != 1:
        return None
    wrong = sorted(one.split("@")[0] for one in told.datasets if one.split("@")[0] not in line.fact.datasets)
    named = draw.choice([*wrong, PARTS[half].unknown_source])
    return replace(line, text=draw.choice(PARTS[half].sources).format(i=line.text.rstrip("."), n=named))


def dropped_negation(line: Line, _: Answer, half: str, draw: random.Random) -> Line | None:
    part = PARTS[half]
    if line.absence is not None:
        text = line.text
        for was, new in part.found:
            text = text.replace(was, new, 1)
        return replace(line, text=text) if text != line.text else None
    if line.fact is None or line.fact.object is None or f" {line.fact.verb} " not in line.text:
        return None
    if part.denied and draw.random() < 0.5:
        return replace(line, text=draw.choice(part.denied).format(i=line.text.rstrip(".")))
    return replace(line, text=_with_verb(line, line.fact, draw.choice(part.denials)))


def _with_verb(line: Line, fact: Fact, way: str) -> str:
    be = many(fact.verb).replace("are ", "be ", 1)
    return line.text.replace(f" {fact.verb} ", f" {way.format(v=fact.verb, be=be)} ", 1)


def invented_citation(line: Line, told: Answer, half: str, draw: random.Random) -> Line | None:
    made = draw.choice(PARTS[half].citations)(line.cites[0], len(told.document["evidence"]))
    return replace(line, cites=(made,) if draw.random() < 0.5 else (*line.cites, made))


def stale_fact(line: Line, _: Answer, half: str, draw: random.Random) -> Line | None:
    part, fact = PARTS[half], line.fact
    if fact is None:
        return None
    day = DAY.fullmatch(fact.value)
    if day:
        was, (years, days) = spoken(fact.value, part), part.other_day
        other = f"{int(day[1]) - years}-{day[2]}-{(int(day[3]) + days - 1) % 28 + 1:02}"
        return replace(line, text=line.text.replace(was, spoken(other, part))) if was in line.text else None
    ways = [way.format(i=line.text.rstrip(".")) for way in part.stale]
    if f" {fact.verb} " in line.text:
        ways += [_with_verb(line, fact, way) for way in part.stale_verbs]
    return replace(line, text=draw.choice(ways))


def true_but_uncited(line: Line, told: Answer, half: str, draw: random.Random) -> Line | None:
    fact = line.fact
    if fact is None:
        return None
    if len(line.cites) > 1:
        return replace(line, cites=line.cites[1:])
    # What is said of another thing of the same name says it in the same words.
    own = {fact.subject.name.casefold(), fact.subject.key.casefold()}
    away = sorted({
        one.cite for one in told.facts
        if one.cite not in line.cites
        and not own & {end.name.casefold() for end in (one.subject, one.object) if end is not None}
    })  # fmt: skip
    most = min(len(away), PARTS[half].cited_beside)
    return replace(line, cites=tuple(draw.sample(away, most))) if away else None


def unit_slip(line: Line, told: Answer, half: str, draw: random.Random) -> Line | None:
    part = PARTS[half]
    if line.number is not None and line.number[1]:
        was, noun = line.number
        if draw.random() < 0.3:
            return other_noun(line, was, noun, told, "b", draw)
        said = re.compile(rf"\b{re.escape(was)} {re.escape(noun)}", re.IGNORECASE)
        text = said.sub(draw.choice(part.amounts).format(n=was, k=noun), line.text)
        return replace(line, text=text) if text != line.text else None
    size = line.number[0] if line.number is not None else "" if line.fact is None else line.fact.value
    return with_last(line, size, f"{size} {draw.choice(part.units)}") if re.fullmatch(r"\d+(?:\.\d+)?", size) else None


PLANTERS: dict[str, Callable[[Line, Answer, str, random.Random], Line | None]] = {
    "wrong number": wrong_number,
    "swapped entity": swapped_entity,
    "wrong source": wrong_source,
    "dropped negation": dropped_negation,
    "invented citation": invented_citation,
    "stale fact": stale_fact,
    "true but uncited": true_but_uncited,
    "unit slip": unit_slip,
}
