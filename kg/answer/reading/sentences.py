"""Sentences of a question, ways to cut one into clauses, and where talk may end and the question begin."""

from __future__ import annotations

from kg.domain.question import SURE, Linked

ENDS = frozenset({".", "?", "!", ";"})
PAUSES = frozenset({",", ":", "-", "("})
CONNECTIVES = frozenset({"so", "but", "because", "and", "that", "if", "whether"})
FRONTED = frozenset({"of", "among", "amongst", "out", "for", "from", "in", "by", "on", "with", "through", "to"})
"""Words at the beginning of a sentence that make what follows a part of the question behind it."""
POSSESSIVE = frozenset({"their", "its", "his", "her"})
MAX_PAUSES = 6
ASKING = frozenset({"which", "what", "who", "whom", "whose", "where", "when", "why", "how"})
AUXILIARIES = frozenset(
    "is are was were do does did has have had can could will would should am".split()  # noqa: SIM905 (one line)
)
SPEAKER = frozenset({"you", "i", "we", "somebody", "someone", "anyone"})
IMPERATIVES = frozenset(
    "list show give name find tell count identify enumerate state compare rank group sort provide display say "  # noqa: SIM905
    "determine report describe explain pull fetch specify arrange compile indicate".split()
)


def sentences(linked: Linked) -> list[tuple[int, int]]:
    """Between full stops that are no part of a name, key or number."""
    words = linked.words
    inside = {i for m in linked.mentions if m.end - m.start > 1 for i in range(m.start + 1, m.end - 1)}
    found, start = [], 0
    for i, word in enumerate(words):
        if word.text in ENDS and i not in inside and (i + 1 == len(words) or word.text != "." or _spaced(linked, i)):
            found.append((start, i + 1))
            start = i + 1
    if start < len(words):
        found.append((start, len(words)))
    return [(a, b) for a, b in found if any(words[i].text[0].isalnum() for i in range(a, b))]


def _spaced(linked: Linked, place: int) -> bool:
    """Whether a white space follows the full stop."""
    after = "".join(word.text for word in linked.words[: place + 1])
    seen = 0
    for i, letter in enumerate(linked.text):
        if not letter.isspace():
            seen += 1
            # Marks that are no tokens are passed over, so this is a lower bound.
            if seen >= len(after) and letter == ".":
                rest = linked.text[i + 1 : i + 2]
                return not rest or rest.isspace()
    return True


def splits(linked: Linked, start: int, end: int) -> list[list[tuple[int, int]]]:
    """Ways to cut a sentence into clauses: not at all, or before "and which", "and how many", "; who" …."""
    words = linked.words
    cuts = []
    fronted = words[start].folded in FRONTED
    for i in range(start + 2, end - 1):
        word, before = words[i].folded, words[i - 1].folded
        if fronted and not any(words[at].folded in ASKING for at in range(start, i)):
            # "Of the groups that use X, which …": what stands in front belongs to the first question.
            continue
        if before in FRONTED | IMPERATIVES and words[i - 2].folded == "and" and (word in ASKING or before == "of"):
            cuts.append(i - 2)
        elif word in ASKING and (before in ("and", "but", ",", ":", "-", "or") or words[i - 1].text in (",", ":")):
            cut = i - 1
            while cut > start and (words[cut - 1].text == "," or words[cut - 1].folded in ("and", "but")):
                cut -= 1
            cuts.append(cut)
        elif before == "and" and (word in AUXILIARIES or word in POSSESSIVE) and i + 1 < end:
            cuts.append(i - 1)
    ways = [[(start, end)]]
    for cut in cuts:
        if start < cut < end:
            ways.append([(start, cut), (cut, end)])
    if len(cuts) == 2 and start < cuts[0] < cuts[1] < end:
        ways.append([(start, cuts[0]), (cuts[0], cuts[1]), (cuts[1], end)])
    return ways


def pauses(linked: Linked, start: int, end: int) -> list[int]:
    """Places where talk may end and the question begin, or the other way round: at most MAX_PAUSES."""
    words = linked.words
    inside = {i for m in linked.mentions if m.kind in ("entity", "version") for i in range(m.start + 1, m.end)}
    # A comma between two names goes on with a list.
    names = [m for m in linked.mentions if m.kind == "entity" and m.score >= SURE]
    inside |= {m.end for m in names} & {m.start - 1 for m in names}
    # "Jobs that have" some are no talk of jobs.
    nouns = {m.end for m in linked.mentions if m.kind in ("type", "role")}
    inside |= {i for i in nouns if i < len(words) and words[i].folded == "that"}
    found = [
        i + 1
        for i in range(start + 1, end - 2)
        if i not in inside and (words[i].text in PAUSES or words[i].folded in CONNECTIVES)
    ]
    return found[:MAX_PAUSES]


def asked_words(linked: Linked) -> set[int]:
    """Places of the words of sentences that ask; of all words where none does."""
    found = {
        i
        for start, end in sentences(linked)
        if linked.words[end - 1].text == "?" or asks_from(linked, start, end) > start or _asks(linked, start)
        for i in range(start, end)
    }
    return found or set(range(len(linked.words)))


def _asks(linked: Linked, start: int) -> bool:
    """Whether a sentence that begins here asks with its first word."""
    return linked.words[start].folded in ASKING | IMPERATIVES | AUXILIARIES


def opens_clause(linked: Linked, place: int) -> bool:
    """Whether a clause may begin at the word: it, or the one before it, is a connective, a pause or a question word."""
    for at in (place, place - 1):
        word = linked.words[at]
        if word.text in PAUSES | ENDS or word.folded in CONNECTIVES or (at == place and word.folded in ASKING):
            return True
    return False


def asks_from(linked: Linked, start: int, end: int) -> int:
    """Where a sentence begins to ask: at a question word, "could you", "list"; before that it talks."""
    words = linked.words
    for i in range(start, end):
        word = words[i].folded
        following = words[i + 1].folded if i + 1 < end else ""
        if word in ASKING or (word in AUXILIARIES and following in SPEAKER):
            return i
        if word in IMPERATIVES and (i == start or opens_clause(linked, i) or words[i - 1].folded in ("please", "to")):
            return i
    return start
