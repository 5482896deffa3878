"""How a decision is kept: a record whose hash is its id, and apart from it the words it quotes, which can be erased.

::

    document ──keep──▶ record   what took part, verdicts, times, a salted digest of each quoted part: stays for ever
                       text     the quoted parts and the salt: emptied by a purge
    record + text ──▶ the document;   record alone ──▶ the document without a word, whose id still verifies
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from kg.domain.canonical_json import canonical
from kg.domain.decision import Document
from kg.domain.fact import Instant

ERASED = "erased: what this decision quoted was purged"
AS_IT_IS: dict[str, tuple[str, ...]] = {
    "outcome": (), "confidence": (), "review": (), "versions": (), "scope": (), "usage": (), "as_of": (),
    "trace": ("asked_at", "steps", "calls", "supersedes"),
    "reader": ("by",),
    "writer": ("by", "left_out"),
}  # fmt: skip
"""What is no quote: the whole value, or these keys of it. Every other key, known here or not, is quoted."""
ITEMS: dict[str, tuple[str, ...]] = {
    "claims": ("id", "verdict", "evidence"),
    "evidence": ("id", "kind"),
    "calls": ("purpose", "prompt", "model", "tokens", "cost"),
}
"""Lists of which each item is quoted by itself, but for these keys of it."""
OF_SOURCES = ("dataset", "run", "recorded_at")
SHAPED = ("answer", "explanation")
"""Whose keys are the same in every document, and stay without their values."""
DIGESTS = "digests"
ACTOR = "/trace/actor"
"""Who asked: a name, with a salt of its own, so that it is erased by itself."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A decision as a ledger has it."""

    id: str
    record: Document
    text: Mapping[str, Any] | None = None
    """``salt``, ``quotes``, and ``person`` while who asked is not erased; ``None`` once erased."""
    purged: tuple[Mapping[str, str], ...] = ()
    """What it quoted, by which run it was purged, and when."""
    superseded_by: str | None = None
    hold: Mapping[str, str] | None = None
    """By whom, why and since when it may not be erased."""
    actor: str = ""
    """Who asked, as a ledger finds it by: what stands in the place of a name that was erased."""

    @property
    def document(self) -> Document:
        """As it was answered, with where it stands now; without a word of it where that was erased."""
        now = {"superseded_by": self.superseded_by, "hold": None if self.hold is None else dict(self.hold)}
        made = {key: value for key, value in self.record.items() if key != DIGESTS}
        if DIGESTS not in self.record:
            return made | {"ledger": now}
        if self.text is not None:
            quotes: Mapping[str, Any] = self.text["quotes"]
            made = {key: _whole(value, quotes[key]) if key in quotes else value for key, value in made.items()}
            return {"decision_id": self.id, **self._asked(made), "ledger": now}
        made = self._asked(made)
        made["answer"] = made.get("answer", {}) | {"text": ERASED, "reason": ERASED}
        erased = {"purged": [dict(one) for one in self.purged], DIGESTS: self.record[DIGESTS]}
        return {"decision_id": self.id, **made, "ledger": now, **erased}

    def _asked(self, made: Document) -> Document:
        """With who asked."""
        if ACTOR not in self.record[DIGESTS]:
            return made
        person = (self.text or {}).get("person")
        return made | {"trace": made["trace"] | {"actor": self.actor if person is None else person["actor"]}}

    @property
    def intact(self) -> bool:
        """Whether the record is the one its id was made of, and each quote the one its digest was made of.

        One of an earlier form, whose id was made of the whole document, has been what it is only if not purged.
        """
        if DIGESTS not in self.record:
            whole = {key: value for key, value in self.record.items() if key != "decision_id"}
            return self.id == id_of({"decision_id": None, **whole})
        if self.text is None:
            return self.id == id_of(self.record)
        salt, document = str(self.text["salt"]), self.document
        made = {key: value for key, value in document.items() if key not in ("decision_id", "ledger")}
        held, person = self.record[DIGESTS], self.text.get("person")
        if ACTOR not in held:
            again = _keep(made, salt, None).record
        elif person is None:
            again = _keep(made, salt, salt).record
            again[DIGESTS] |= {ACTOR: held[ACTOR]}
        else:
            again = _keep(made, salt, str(person["salt"])).record
        return self.id == id_of(self.record) and again == self.record


@dataclass(frozen=True, slots=True)
class Requested:
    """A request that may be sent again: the same key and body give the same decision until then."""

    caller: str
    key: str
    body: str
    """Hash of what was asked."""
    at: Instant
    until: Instant


@dataclass(frozen=True, slots=True)
class Recording:
    """What a decision is tied to when it is recorded."""

    supersedes: str | None = None
    """The decision that this one takes the place of."""
    requested: Requested | None = None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which decisions of a ledger."""

    outcome: str | None = None
    actor: str | None = None
    since: Instant | None = None
    until: Instant | None = None
    """Asked before this."""
    current: bool = False
    """Only those that none supersedes."""


ALL = Wanted()


@dataclass(frozen=True, slots=True)
class HoldMove:
    """That a decision is put under legal hold, or no longer is."""

    decision: str
    held: bool
    actor: str
    reason: str
    at: Instant

    def document(self) -> dict[str, Any]:
        return {"held": self.held, "actor": self.actor, "reason": self.reason, "at": self.at}


def id_of(record: Mapping[str, Any]) -> str:
    return f"d-{hashlib.sha256(canonical(record)).hexdigest()[:24]}"


def keep(document: Document) -> Kept:
    """Part the document into record and quotes; new salts make digests that nobody can guess the quotes by."""
    return _keep(document, secrets.token_hex(16), secrets.token_hex(16))


def _keep(document: Document, salt: str, persons_salt: str | None) -> Kept:
    """Without a salt for who asked, they stand in the record, as they did in an earlier form of it."""
    record: Document = {}
    quotes: dict[str, Any] = {}
    for key, value in document.items():
        if key == "decision_id":
            continue
        record[key], quoted = _parted(key, value)
        if quoted is not None:
            quotes[key] = quoted
    actor = (quotes.get("trace") or {}).pop("actor", None)
    if "trace" in quotes and not quotes["trace"]:
        del quotes["trace"]
    record[DIGESTS] = {at: _digest(salt, at, value) for at, value in _quoted(quotes)}
    text: dict[str, Any] = {"salt": salt, "quotes": quotes}
    if actor and persons_salt is not None:
        record[DIGESTS][ACTOR] = _digest(persons_salt, ACTOR, actor)
        text["person"] = {"salt": persons_salt, "actor": actor}
    elif "actor" in document.get("trace", {}):
        record["trace"]["actor"] = actor
    return Kept(id_of(record), record, text, actor=actor or "")


def _digest(salt: str, at: str, value: Any) -> str:
    return hmac.digest(bytes.fromhex(salt), at.encode() + b"\0" + canonical(value), "sha256").hex()


def _quoted(quotes: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Each quoted part with its JSON pointer."""
    for key, value in quotes.items():
        if key in ITEMS:
            yield from ((f"/{key}/{number}", item) for number, item in enumerate(value))
        else:
            yield f"/{key}", value


def _parted(key: str, value: Any) -> tuple[Any, Any]:
    """What of it is no quote, in its shape; and what is, ``None`` where nothing is."""
    if key in ITEMS and isinstance(value, list):
        pairs = [_parted_item(item, ITEMS[key]) for item in value]
        return [one for one, _ in pairs], [two for _, two in pairs]
    if key not in AS_IT_IS:
        if isinstance(value, dict):
            return ({name: _empty(inner) for name, inner in value.items()} if key in SHAPED else None), value
        return _empty(value), value
    if not AS_IT_IS[key] or not isinstance(value, dict):
        return value, None
    left, quoted = _parted_item(value, AS_IT_IS[key])
    return left, quoted or None


def _parted_item(item: Mapping[str, Any], stay: tuple[str, ...]) -> tuple[dict[str, Any], dict[str, Any]]:
    left = {key: value if key in stay else _empty(value) for key, value in item.items()}
    quoted = {key: value for key, value in item.items() if key not in stay}
    if isinstance(item.get("sources"), list):
        pairs = [_parted_item(one, OF_SOURCES) for one in item["sources"]]
        left["sources"], quoted["sources"] = [one for one, _ in pairs], [two for _, two in pairs]
    return left, quoted


def _empty(value: Any) -> Any:
    """Of the same kind, and nothing in it."""
    if isinstance(value, (str, list, dict)):
        return type(value)()
    return None


def _whole(left: Any, quoted: Any) -> Any:
    """The quoted parts in their places again."""
    if isinstance(left, dict) and isinstance(quoted, dict):
        found = {key: _whole(value, quoted[key]) if key in quoted else value for key, value in left.items()}
        return found | {key: value for key, value in quoted.items() if key not in left}
    if isinstance(left, list) and isinstance(quoted, list) and len(left) == len(quoted):
        return [_whole(one, two) for one, two in zip(left, quoted, strict=True)]
    return quoted


def emptied(kept: Kept, mark: Mapping[str, str]) -> Kept:
    """What a purge leaves of it, with what was purged, by which run, when."""
    record = kept.record if DIGESTS in kept.record or kept.purged else keep(kept.record).record
    return replace(kept, record=record, text=None, purged=(*kept.purged, mark))


def readable(kept: Kept) -> dict[str, Any]:
    """What of a record a ledger finds it by."""
    trace = kept.record.get("trace", {})
    actor = kept.actor or trace.get("actor") or ""
    return {
        "asked_at": trace.get("asked_at") or "",
        "outcome": kept.record.get("outcome", ""),
        "actor": actor,
        "supersedes": trace.get("supersedes"),
    }


def loaded(  # noqa: PLR0913, PLR0917 (a row of a ledger)
    decision_id: str,
    record: str,
    text: str | None,
    purged: str | None,
    superseded_by: str | None,
    hold: str | None,
    actor: str | None = None,
) -> Kept:
    """From a row of a ledger, in which documents are JSON."""
    moved = None if hold is None else json.loads(hold)
    held = None if moved is None or not moved.pop("held") else moved
    return Kept(
        decision_id,
        json.loads(record),
        None if text is None else json.loads(text),
        tuple(json.loads(purged)) if purged else (),
        superseded_by,
        held,
        actor or "",
    )
