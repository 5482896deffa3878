"""Which model is used: of a models file, or of the variables that every client of OpenAI's interface reads."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from pathlib import Path

from kg.domain.completion import ModelSpec
from kg.errors import ConfigError, ModelNotFound
from kg.models.server import BASE_URL, KEY, SCRIPTED, address
from kg.ports.model import Model
from kg.ports.spending import SpendingLedger

MOST_TOLD = 20
Make = Callable[[ModelSpec], Model]
Served = Callable[[ModelSpec], tuple[str, ...]]
"""Names of the models that the server of this entry has."""


class Models:
    """The models there are. The one to use is looked up whenever it is asked for, so a changed file needs no restart.

    Without a file, ``OPENAI_BASE_URL`` or ``OPENAI_API_KEY`` with a name make one entry; a server that has one model
    needs no name. With nothing of that there is no model.
    """

    def __init__(  # noqa: PLR0913, PLR0917 (what makes models, and three settings)
        self,
        make: Make,
        served: Served,
        spending: SpendingLedger,
        file: str | None,
        name: str | None,
        environment: Mapping[str, str],
    ) -> None:
        self._make, self._served = make, served
        self.spending = spending
        self._file = None if file is None else Path(file)
        self._name = name
        self._environment = environment
        self._made: dict[ModelSpec, Model] = {}
        self._found: ModelSpec | None = None
        self._read: tuple[tuple[int, int], tuple[str | None, tuple[ModelSpec, ...]]] | None = None
        self._lock = threading.RLock()

    def specs(self) -> tuple[ModelSpec, ...]:
        """All models. Raises ConfigError."""
        if self._file is not None:
            return self._of_file(self._file)[1]
        found = self.chosen()
        return () if found is None else (found,)

    def chosen(self, name: str | None = None) -> ModelSpec | None:
        """The one of this name, or the one to use; none, if none is set.

        Raises ConfigError, ModelNotFound for a ``name`` that is not set, and ModelError of a server that is asked.
        """
        if self._file is None:
            found = None if name == "" else self._of_environment(name or self._name, named=name is not None)
            if found is None and name is not None:
                raise ModelNotFound(f"no model {name!r} is set: see docs/models.md")
            return found
        use, specs = self._of_file(self._file)
        wanted = name if name is not None else self._name or use
        names = ", ".join(spec.name for spec in specs)
        if wanted is None and len(specs) > 1:
            raise ConfigError(f"{self._file} has {len(specs)} models: set WHENCE_MODEL, or use, to one of {names}")
        for spec in specs:
            if wanted in (None, spec.name):
                return spec
        missing = ConfigError if name is None else ModelNotFound
        raise missing(f"no model is called {wanted!r}; {self._file} has {names}")

    def model(self, name: str | None = None) -> Model | None:
        """As ``chosen``, to be asked; the same one as before, as long as its entry is the same."""
        spec = self.chosen(name)
        if spec is None:
            return None
        with self._lock:
            if spec not in self._made:
                self._made[spec] = self._make(spec)
            return self._made[spec]

    def check_file(self) -> None:
        """Raises ConfigError where there is a file and it is wrong, or has not the model to use."""
        if self._file is not None:
            self.chosen()

    def _of_file(self, file: Path) -> tuple[str | None, tuple[ModelSpec, ...]]:
        # The checks of the file are loaded with it, so that a start without one stays quick.
        from kg.models.file import read_models

        try:
            state = file.stat()
        except OSError:
            return read_models(file)
        stamp = state.st_mtime_ns, state.st_size
        with self._lock:
            if self._read is None or self._read[0] != stamp:
                self._read = stamp, read_models(file)
            return self._read[1]

    def _of_environment(self, name: str | None, *, named: bool) -> ModelSpec | None:
        url, key = self._environment.get(BASE_URL, "").strip(), self._environment.get(KEY, "").strip()
        if url:
            try:
                url = address(url)
            except ValueError as exc:
                raise ConfigError(f"{BASE_URL}: {exc}") from exc
        if name:
            if not url and not key:
                if named:
                    return None
                raise ConfigError(
                    f"the model {name!r} has no server: set {KEY} for OpenAI, {BASE_URL} for another server, "
                    "or WHENCE_MODELS to a models file"
                )
            return _entry(name, url)
        if not url:
            return None
        with self._lock:
            if self._found is None:
                self._found = self._only_one(url)
            return self._found

    def _only_one(self, url: str) -> ModelSpec:
        served = self._served(_entry("served", url))
        if len(served) != 1:
            names = ", ".join(served[:MOST_TOLD]) + (f" and {len(served) - MOST_TOLD} more" * (len(served) > MOST_TOLD))
            has = f"has {len(served)} models: set WHENCE_MODEL to one of {names}" if served else "has no models"
            raise ConfigError(f"{BASE_URL}: {url!r} {has}")
        return _entry(served[0], url)


def _entry(name: str, url: str) -> ModelSpec:
    return ModelSpec(name, name, url, scripted=name.startswith(SCRIPTED))
