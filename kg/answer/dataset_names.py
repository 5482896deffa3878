"""Datasets and dataset versions that a question speaks of: by number, by day, as the older or the newer one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from kg.answer.names import (
    spans,
)
from kg.domain.lineage import DatasetVersion
from kg.domain.question import Mention
from kg.domain.words import fold
from kg.ports.store import GraphView
from kg.text.language import Token

_VERSION_WORDS = frozenset(
    [
        "version",
        "versions",
        "v",
        "release",
        "releases",
        "snapshot",
        "snapshots",
        "list",
        "edition",
        "catalog",
        "catalogue",
        "revision",
        "mapping",
        "mappings",
        "feed",
        "update",
    ]
)


_HELD = frozenset(
    ["contained", "included", "listed", "present", "found", "appear", "appears", "appearing", "appeared", "held"]
)
"""Words that say of something that it is in a version, and no more."""


_OLDER = frozenset(["previous", "older", "earlier", "prior", "old", "preceding", "former", "last"])


_NEWER = frozenset(["newest", "latest", "newer", "new", "current", "later", "recent"])


def versions_asked(tokens: Sequence[Token], dates: Sequence[Mention], view: GraphView) -> tuple[DatasetVersion, ...]:
    """All versions, if the question may speak of one; else none, which spares a read."""
    if not dates and not any(token.folded in _VERSION_WORDS or any(map(str.isdigit, token.text)) for token in tokens):
        return ()
    counts: dict[str, int] = {}
    versions = view.versions()
    for version in versions:
        counts[version.dataset] = counts.get(version.dataset, 0) + 1
    return tuple(version for version in versions if counts[version.dataset] > 1)


def version_mentions(  # noqa: C901 (one way to name a version each)
    text: str,
    tokens: Sequence[Token],
    dates: Sequence[Mention],
    versions: Sequence[DatasetVersion],
    view: GraphView,
) -> Iterator[Mention]:
    """Versions by their number, by the day they were issued, or as the older or newer one; with words around them."""
    if not versions:
        return
    found: dict[tuple[int, int], list[str]] = {}
    for version in versions:
        for match in re.finditer(rf"(?<![\w.])v?{re.escape(version.version)}(?![\w-]|\.\d)", text, re.IGNORECASE):
            inside = [i for i, token in enumerate(tokens) if match.start() <= token.start and token.end <= match.end()]
            if inside:
                found.setdefault((inside[0], inside[-1] + 1), []).append(version.ref)
        for date in dates:
            if version.issued and _issued_in(version.issued, date.value, date.more[0]):
                found.setdefault((date.start, date.end), []).append(version.ref)
    current = {version.ref for version in view.datasets()}
    for i, token in enumerate(tokens):
        if i + 1 < len(tokens) and token.folded in _OLDER | _NEWER and tokens[i + 1].folded in _VERSION_WORDS:
            refs = list(_relative(versions, current, older=token.folded in _OLDER))
            found.setdefault((i, i + 1), []).extend(refs)
    named = {fold(name): one.dataset for one in versions for name in (one.title, *one.aliases)}
    for (i, j), refs in found.items():
        start, end, own = _around(tokens, i, j, named)
        narrowed = tuple(ref for ref in dict.fromkeys(refs) if own is None or ref.partition("@")[0] == own)
        if narrowed:
            yield Mention(start, end, "version", narrowed[0].partition("@")[2], more=narrowed)


def _issued_in(issued: str, first: str, last: str) -> bool:
    """Whether the day lies in the stretch; a stretch without a year is of any."""
    if first.startswith("--"):
        return first[2:] <= issued[5:] <= last[2:]
    # A whole year is too wide to be meant as a version.
    return first[:7] == last[:7] and first <= issued <= last


def _relative(versions: Sequence[DatasetVersion], current: set[str], *, older: bool) -> Iterator[str]:
    """The version before (or after) the current one of each dataset, by the day they were issued."""
    for dataset in sorted({version.dataset for version in versions}):
        ordered = sorted((v.issued or "", v.ref) for v in versions if v.dataset == dataset)
        now = next((i for i, (_, ref) in enumerate(ordered) if ref in current), None)
        if now is not None and older and now > 0:
            yield ordered[now - 1][1]
        elif now is not None and not older:
            yield ordered[-1][1] if now < len(ordered) - 1 else ordered[now][1]


def _around(tokens: Sequence[Token], i: int, j: int, named: dict[str, str]) -> tuple[int, int, str | None]:
    """Widen over "version", "snapshot" and the name of the dataset; and which dataset that names."""
    own = None
    changed = True
    while changed:
        changed = False
        if i > 0 and tokens[i - 1].folded in _VERSION_WORDS:
            i, changed = i - 1, True
        if j < len(tokens) and tokens[j].folded in _VERSION_WORDS:
            j, changed = j + 1, True
        for size in (4, 3, 2, 1):
            before = fold(" ".join(token.folded for token in tokens[max(0, i - size) : i]))
            after = fold(" ".join(token.folded for token in tokens[j : j + size]))
            if i >= size and before in named:
                i, own, changed = i - size, named[before], True
                break
            if j + size <= len(tokens) and after in named:
                j, own, changed = j + size, named[after], True
                break
    held = i >= 2 and tokens[i - 1].folded in ("in", "by") and tokens[i - 2].folded in _HELD
    return i - 2 * held, j, own


def dataset_mentions(tokens: Sequence[Token], view: GraphView) -> Iterator[Mention]:
    names = {fold(name): v.ref for v in view.datasets() for name in (v.title, v.publisher, *v.aliases)}
    for i, j in spans(len(tokens), 8):
        if all(tokens[p].text[0].isalnum() for p in (i, j - 1)):
            name = fold(" ".join(token.folded for token in tokens[i:j] if token.text[0].isalnum()))
            if name in names:
                yield Mention(i, j, "dataset", names[name])
