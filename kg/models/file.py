"""The models file: which models there are, and what each may do, see and cost.

``python -m kg.models.file FILE`` writes its JSON Schema, for editors.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from kg.domain.completion import ModelSpec, Price
from kg.domain.lineage import Classification
from kg.domain.spending import Limits, Most
from kg.errors import ConfigError
from kg.models.server import SCRIPTED, address

MAX_BYTES = 1_000_000


def _variable(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name):
        # The name is not repeated: somebody may have put the key itself here.
        raise ValueError("expected the name of an environment variable, not the key itself")
    return name


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


Cost = Annotated[float, Field(ge=0)]
Count = Annotated[int, Field(ge=0, strict=True)]
Name = Annotated[str, Field(min_length=1, max_length=200)]


class PriceSpec(_Part):
    """Per million tokens."""

    input: Cost = 0.0
    output: Cost = 0.0
    cached: Cost | None = None


class MostSpec(_Part):
    """A budget; what is left out is without end."""

    tokens: Count | None = None
    cost: Cost | None = None


class LimitsSpec(_Part):
    """Budgets of one request, of each caller in a day, of a day."""

    request: MostSpec = MostSpec()
    caller: MostSpec = MostSpec()
    day: MostSpec = MostSpec()


class Entry(_Part):
    """One model."""

    name: Name
    model: Name
    base_url: Annotated[str, AfterValidator(address)] | None = None
    key_variable: Annotated[str, AfterValidator(_variable)] = "OPENAI_API_KEY"
    api: Literal["chat", "responses"] = "chat"
    structured: Literal["schema", "object", "none"] = "schema"
    ceiling: Literal["public", "internal", "confidential", "restricted"] = "internal"
    redact: list[Name] = []
    context_tokens: Annotated[int, Field(ge=1_000, strict=True)] = 16_000
    deadline_s: Annotated[float, Field(gt=0, le=3_600)] = 60.0
    retries: Annotated[int, Field(ge=0, le=10, strict=True)] = 1
    price: PriceSpec = PriceSpec()
    limits: LimitsSpec = LimitsSpec()
    cache: Annotated[int, Field(ge=0, le=100_000, strict=True)] = 0
    thinking_tokens: Annotated[int, Field(ge=0, le=1_000_000, strict=True)] = 0

    def spec(self) -> ModelSpec:
        budgets = {name: Most(**getattr(self.limits, name).model_dump()) for name in LimitsSpec.model_fields}
        return ModelSpec(
            self.name,
            self.model,
            self.base_url or "",
            self.key_variable,
            self.api,
            self.structured,
            Classification[self.ceiling.upper()],
            tuple(self.redact),
            self.context_tokens,
            self.deadline_s,
            self.retries,
            Price(**self.price.model_dump()),
            Limits(**budgets),
            self.cache,
            self.model.startswith(SCRIPTED),
            self.thinking_tokens,
        )


class ModelsFile(_Part):
    """All of a models file."""

    use: Name | None = None
    models: Annotated[list[Entry], Field(min_length=1)]

    @model_validator(mode="after")
    def _names(self) -> ModelsFile:
        names = [entry.name for entry in self.models]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two models are called {twice[0]!r}")
        if self.use is not None and self.use not in names:
            raise ValueError(f"use: no model is called {self.use!r}; there are {', '.join(names)}")
        return self


def read_models(path: Path) -> tuple[str | None, tuple[ModelSpec, ...]]:
    """The name of the model to use, if the file says it, and all models. Raises ConfigError naming file and field."""
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ConfigError(f"{path}: longer than {MAX_BYTES:,} bytes: no models file")
        document = yaml.safe_load(path.read_text("utf-8"))
    except OSError as exc:
        raise ConfigError(f"cannot read the models file {str(path)!r}: {exc.strerror}") from exc
    except (UnicodeDecodeError, yaml.YAMLError, ValueError, RecursionError) as exc:
        raise ConfigError(f"{path}: no YAML: {' '.join(str(exc).split())}") from exc
    try:
        held = ModelsFile.model_validate(document)
    except ValidationError as exc:
        # Without what was given, which may be a key in the wrong place; nor is the library's error kept beside it.
        said = _first(exc)
    else:
        return held.use, tuple(entry.spec() for entry in held.models)
    raise ConfigError(f"{path}: {said}")


def _first(exc: ValidationError) -> str:
    first = exc.errors(include_url=False, include_input=False)[0]
    field = ".".join(str(part) for part in first["loc"]) or "the file"
    said = first["ctx"]["error"] if first["type"] == "value_error" else first["msg"]
    more = f" (and {exc.error_count() - 1} more)" if exc.error_count() > 1 else ""
    return f"{field}: {said}{more}"


def schema_text() -> str:
    """Its JSON Schema."""
    body = ModelsFile.model_json_schema() | {"title": "Whence models file"}
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **body}
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(schema_text(), "utf-8")
