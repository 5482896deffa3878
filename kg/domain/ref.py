"""What a retirement or a purge is of: a dataset, one version of it, or one source."""

from __future__ import annotations

from dataclasses import dataclass

from kg.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Ref:
    """``NAME`` (all its versions), ``NAME@VERSION``, or the id of a source, ``NAME@VERSION/PATH``."""

    dataset: str
    version: str = ""
    """Empty for all versions."""
    source: str = ""
    """Id of the source; empty for all of them."""

    @property
    def text(self) -> str:
        return self.source or (f"{self.dataset}@{self.version}" if self.version else self.dataset)


def ref_of(text: str) -> Ref:
    """Raises InvalidInput."""
    dataset, at, rest = text.partition("@")
    version, slash, path = rest.partition("/")
    if not dataset or "/" in dataset or (at and not version) or (slash and not path):
        raise InvalidInput(f"{text[:100]!r} is no dataset (NAME), version (NAME@VERSION) or source (NAME@VERSION/FILE)")
    return Ref(dataset, version, text if path else "")


def retired_message(ref: Ref, lost: int, still_said: int, *, without_current: bool) -> str:
    """What a retirement did, in a sentence."""
    said = [f"{lost:,} facts are no longer seen"]
    if still_said:
        said.append(f"{still_said:,} are still said by other sources")
    if without_current:
        said.append(
            f"{ref.dataset} has no current version now: one that is left is read as {ref.dataset}@VERSION, "
            "and is current again once it is loaded with `current` naming it"
        )
    return "; ".join(said)
