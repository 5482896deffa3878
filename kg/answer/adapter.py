"""An adapter: what training learned, in one small file. Its value, and reading and writing that file."""

from __future__ import annotations

import hashlib
import importlib.resources
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kg.answer.learned import Learned
from kg.answer.reading.weights import DEFAULT
from kg.domain.canonical_json import canonical
from kg.domain.ontology import Ontology
from kg.errors import AdapterInvalid, AdapterUnfit

FORMAT = 1
HAND_SET = "none"
"""Names, in place of a file, the weights set by hand without a calibrator."""


@dataclass(frozen=True, slots=True)
class Calibrator:
    """How likely an answer is right, from signs of its reading: a logistic function."""

    bias: float
    signs: Mapping[str, float]
    """What each sign weighs."""

    def probability(self, signs: Mapping[str, float]) -> float:
        """Between 0 and 1."""
        total = self.bias + sum(weight * signs.get(name, 0.0) for name, weight in self.signs.items())
        return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, total))))


@dataclass(frozen=True)
class Adapter:
    """What training learned; it fits every ontology that has the predicates it learned words for."""

    change: Mapping[str, float] = field(default_factory=dict)
    """By feature of a reading, what is added to the weight set by hand."""
    learned: Learned | None = None
    """What words say of chains of steps; ``None`` where the weights fit any domain."""
    steps: Mapping[str, Any] = field(default_factory=dict)
    """The predicates that chains were learned over, each with what it joins."""
    calibrator: Calibrator | None = None
    tie: float | None = None
    """Readings closer than this are offered side by side; ``None`` where training did not say."""
    threshold: float = 0.0
    """Answers less likely right than this are not given."""
    manifest: Mapping[str, Any] = field(default_factory=dict)
    """What it was trained on, and its measured quality."""
    id: str | None = None
    """SHA-256 of the file's content without the id."""

    @property
    def weights(self) -> dict[str, float]:
        """What each feature of a reading weighs."""
        return DEFAULT | {name: DEFAULT.get(name, 0.0) + more for name, more in self.change.items()}

    def check(self, ontology: Ontology) -> None:
        """Raises AdapterUnfit where the ontology lacks what chains were learned over, or has it otherwise."""
        for name, joins in self.steps.items():
            if name not in ontology.predicates:
                raise AdapterUnfit(f"the adapter {self.id} was trained with a predicate {name!r}, {_WAY_OUT}")
            if joined(ontology, name) != joins:
                raise AdapterUnfit(f"the adapter {self.id} was trained when {name!r} joined other types, {_WAY_OUT}")


_WAY_OUT = (
    "but the ontology here differs: train one on this graph (whence adapters train), or ask with --adapter default"
)


def joined(ontology: Ontology, predicate: str) -> dict[str, Any]:
    """What a predicate joins, as an adapter keeps it."""
    spec = ontology.predicates[predicate]
    return {"subjects": list(spec.subjects), "objects": list(spec.objects), "value": spec.value}


def to_document(adapter: Adapter) -> dict[str, Any]:
    """The content of the file, its id included."""
    learned, calibrator = adapter.learned, adapter.calibrator
    body: dict[str, Any] = {
        "whence_adapter": FORMAT,
        "change": dict(adapter.change),
        "learned": None
        if learned is None
        else {"words": {gram: dict(found) for gram, found in learned.words.items()}, "shared": dict(learned.shared)},
        "steps": dict(adapter.steps),
        "calibrator": None if calibrator is None else {"bias": calibrator.bias, "signs": dict(calibrator.signs)},
        "tie": adapter.tie,
        "threshold": adapter.threshold,
        "manifest": dict(adapter.manifest),
    }
    return body | {"id": _address(body)}


def _address(body: Mapping[str, Any]) -> str:
    return f"sha256:{hashlib.sha256(canonical(dict(body))).hexdigest()}"


def save(adapter: Adapter, path: Path) -> str:
    """Write the file, canonical JSON; its id is returned. Raises AdapterInvalid."""
    document = to_document(adapter)
    try:
        path.write_bytes(canonical(document) + b"\n")
    except OSError as exc:
        raise AdapterInvalid(f"cannot write the adapter {str(path)!r}: {exc}") from exc
    return str(document["id"])


def load(path: Path) -> Adapter:
    """Read an adapter file. Raises AdapterInvalid naming it."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise AdapterInvalid(f"cannot read the adapter {str(path)!r}: {exc}; {_MAKE}") from exc
    return parse(text, str(path))


_MAKE = "make one with whence adapters train, or leave --adapter and WHENCE_ADAPTER out for the one that is shipped"


def parse(text: str, name: str) -> Adapter:
    """The adapter in a file's text. Raises AdapterInvalid naming the file."""
    try:
        body = json.loads(text)
        if not isinstance(body, dict) or body.get("whence_adapter") != FORMAT:
            raise AdapterInvalid(f"{name!r} is not an adapter of format {FORMAT}; {_MAKE}")
        said = body.pop("id", None)
        if said != _address(body):
            raise AdapterInvalid(f"the adapter {name!r} is damaged: its content is not what its id says; {_MAKE}")
        learned, calibrator = body["learned"], body["calibrator"]
        return Adapter(
            change={str(key): float(value) for key, value in body["change"].items()},
            learned=None if learned is None else Learned(learned["words"], learned["shared"]),
            steps=dict(body["steps"]),
            calibrator=None
            if calibrator is None
            else Calibrator(
                float(calibrator["bias"]), {str(key): float(value) for key, value in calibrator["signs"].items()}
            ),
            tie=None if body["tie"] is None else float(body["tie"]),
            threshold=float(body["threshold"]),
            manifest=dict(body["manifest"]),
            id=said,
        )
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as exc:
        raise AdapterInvalid(f"{name!r} is not an adapter file: {exc!r}; {_MAKE}") from exc


def shipped() -> Adapter:
    """The adapter that comes with Whence."""
    text = importlib.resources.files("kg").joinpath("adapters/default.json").read_text("utf-8")
    return parse(text, "the shipped adapter")


def chosen(setting: str | None) -> Adapter:
    """The adapter of a setting: a file, ``none``, or the shipped one. Raises AdapterInvalid."""
    if setting == HAND_SET:
        return Adapter()
    return shipped() if setting in (None, "", "default") else load(Path(str(setting)))
