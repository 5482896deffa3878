"""The dataset file: who publishes the data, what to read, how it maps, what to expect. See docs/dataset-files.md."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import yaml
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from kg.domain.lineage import Classification, DatasetVersion, Refresh
from kg.errors import MappingInvalid, SourceUnreadable
from loaders.formats import formats
from loaders.yaml_text import parse_yaml

UNSHARED = ("current",)
"""What a file that extends another does not take over."""
NAMED = ("keys", "types", "predicates", "concepts", "tables")
"""Parts of an ontology that hold things by name: those of both files are there, and the file's own come first."""
Scalar = str | int | float | bool | None


def _one_or_many(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


def _text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value


def _format(name: str) -> str:
    if name not in formats():
        raise ValueError(f"no reader for {name!r}; there are {', '.join(formats())}")
    return name


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TableValue(_Part):
    """A value translated by a table; what the table maps to null is absent."""

    from_: str = Field(alias="from")
    table: str


One = TypeVar("One")
Many = Annotated[list[One], BeforeValidator(_one_or_many, json_schema_input_type=One | list[One])]
"""A list that may be written as its one member."""
ValueSpec = Many[str | TableValue]
"""Paths or table values; the first that gives something wins."""
When = dict[str, Many[Scalar]]


class Reference(_Part):
    """An entity named by type and key."""

    type: str | TableValue
    key: ValueSpec


class Valid(_Part):
    """First and last day on which a fact holds."""

    from_: ValueSpec | None = Field(None, alias="from")
    to: ValueSpec | None = None


class FactSpec(_Part):
    """One kind of fact a record gives."""

    predicate: str | TableValue
    subject: Reference | None = None
    object: Reference | None = None
    value: ValueSpec | None = None
    valid: Valid | None = None
    when: When = {}


class EntitySpec(_Part):
    """The entity a record declares."""

    type: str | TableValue
    key: ValueSpec
    name: ValueSpec | None = None
    aliases: Many[str] = []
    keys: dict[str, ValueSpec] = {}
    status: ValueSpec | None = None


class MapEntry(_Part):
    """What to make of the records that ``when`` picks."""

    when: When = {}
    entity: EntitySpec | None = None
    facts: list[FactSpec] = []


class Skip(_Part):
    """Records that are not wanted."""

    when: When
    reason: str


class Lookup(_Part):
    """Records of the same file, found by a field; of several, the first of those with the commonest ``most``."""

    by: str
    when: When = {}
    most: str | None = None


class Options(_Part):
    """How to read the format."""

    delimiter: Annotated[str, Field(pattern=r'^[^"\r\n\x00]$')] | None = None
    encoding: str = "utf-8"
    records: Many[Annotated[str, Field(pattern="^(/|$)")]] = []
    enclosing: bool = False
    fields: list[str] = []
    sheets: Many[str] = []
    catalogs: Many[str] = []
    shapes: Many[str] = []
    prefixes: dict[str, str] = {}
    base: str | None = None
    language: str = "en"
    statements: bool = False
    url: str | None = None
    queries: dict[str, str] = {}
    keys: dict[str, Many[str]] = {}


class Expect(_Part):
    """What a load must meet before it becomes visible."""

    rejected: Annotated[float, Field(ge=0, le=1)] = 0.0
    entities: dict[str, tuple[int, int]] = {}
    facts: dict[str, tuple[int, int]] = {}
    filled: dict[str, Annotated[float, Field(ge=0, le=1)]] = {}
    unique: list[str] = []
    fresh: dict[str, Annotated[int, Field(ge=0)]] = {}


class DatasetFile(_Part):
    """One dataset file, checked."""

    dataset: str = Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,99}$")
    version: str = Field(pattern=r"^[^@/\s]{1,60}$")
    title: str
    publisher: str
    licence: str
    classification: Literal["public", "internal", "confidential", "restricted"]
    issued: Annotated[str | None, BeforeValidator(_text)] = None
    refresh: Refresh | None = None
    aliases: list[str] = []
    ontology: str
    after: list[str] = []
    current: str | None = None
    feed: Literal["full", "delta"] = "full"
    record: str | None = None
    deleted: When = {}
    sequence: int | None = None
    files: list[str] = Field(min_length=1)
    format: Annotated[str, AfterValidator(_format)]
    options: Options = Options()
    paths: dict[str, str] = {}
    lookups: dict[str, Lookup] = {}
    tables: dict[str, dict[Scalar, str | None]] = {}
    map: list[MapEntry] = Field(min_length=1)
    skip: list[Skip] = []
    ignore: list[str] = []
    expect: Expect = Expect()

    @model_validator(mode="after")
    def _check_feed(self) -> DatasetFile:
        if self.deleted and self.record is None:
            raise ValueError("`deleted` needs `record`: the path that tells records apart")
        if self.feed == "delta" and (self.record is None or self.position is None):
            raise ValueError("`feed: delta` needs `record`, and `issued` or `sequence`")
        return self

    @property
    def position(self) -> str | None:
        """What places this file among those of its feed."""
        return str(self.sequence) if self.sequence is not None else self.issued

    def version_value(self) -> DatasetVersion:
        return DatasetVersion(
            dataset=self.dataset,
            version=self.version,
            title=self.title,
            publisher=self.publisher,
            licence=self.licence,
            classification=Classification[self.classification.upper()],
            ontology=self.ontology,
            issued=self.issued,
            aliases=tuple(self.aliases),
            record=self.record,
            sequence=self.sequence,
            refresh=self.refresh,
        )


def read_yaml(path: Path) -> dict[str, Any]:
    """Read one YAML mapping. Raises SourceUnreadable or MappingInvalid naming file and line."""
    try:
        text = path.read_text("utf-8")
    except OSError as exc:
        raise SourceUnreadable(f"cannot read {str(path)!r}: {exc.strerror or exc}") from exc
    except UnicodeDecodeError as exc:
        raise MappingInvalid(f"{path}: not UTF-8 at byte {exc.start}{_way_out(path)}") from exc
    try:
        document = parse_yaml(text)
    except yaml.YAMLError as exc:
        mark = getattr(exc, "problem_mark", None)
        place = f"{path}:{mark.line + 1}" if mark else str(path)
        reason = " ".join(str(getattr(exc, "problem", None) or exc).split())
        raise MappingInvalid(f"{place}: not YAML: {reason}{_way_out(path)}") from exc
    if not isinstance(document, dict):
        raise MappingInvalid(f"{path}: expected a mapping with `dataset:` or `ontology:` at the top{_way_out(path)}")
    return document


def _way_out(path: Path) -> str:
    """What to do with a data file that is taken for its dataset file."""
    if path.suffix.lower() in (".yml", ".yaml"):
        return ""
    return f"; of a data file `whence init {path}` drafts the dataset file that loads it"


def read_dataset(path: Path, document: dict[str, Any]) -> DatasetFile:
    """Check a dataset file. Raises MappingInvalid naming file, line and field."""
    try:
        return DatasetFile.model_validate(document)
    except ValidationError as exc:
        first = exc.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        line = _line_of(path, first["loc"])
        said = first["ctx"]["error"] if first["type"] == "value_error" else first["msg"]
        more = f" (and {exc.error_count() - 1} more)" if exc.error_count() > 1 else ""
        raise MappingInvalid(f"{path}:{line}: {field}: {said}{more}") from exc


def _line_of(path: Path, location: tuple[int | str, ...]) -> int:
    """Line of the deepest part of the location that the file has."""
    node = yaml.compose(path.read_text("utf-8"), Loader=yaml.SafeLoader)
    line = 1
    for part in location:
        if isinstance(node, yaml.MappingNode):
            found = next(((k, v) for k, v in node.value if k.value == str(part)), None)
            if found is None:
                continue
            line, node = found[0].start_mark.line + 1, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
    return line


def read_document(path: Path) -> dict[str, Any]:
    """A dataset or ontology file; one that ``extends`` another takes from it what it does not say itself."""
    document = read_yaml(path)
    above = document.pop("extends", None)
    if above is None:
        return document
    if not isinstance(above, str) or (other_path := path.parent / above).resolve() == path.resolve():
        raise MappingInvalid(f"{path}: extends: expected the path of another file, from the folder of this one")
    if "extends" in (other := read_yaml(other_path)):
        raise MappingInvalid(f"{path}: extends: {above!r} extends a file itself")
    both = {key: value for key, value in other.items() if key not in UNSHARED} | document
    if is_ontology(both):
        both |= {
            name: _put_together(other[name], document[name]) for name in NAMED if name in other and name in document
        }
    return both


def _put_together(below: Any, own: Any) -> Any:
    """A part of both ontologies; one that is no mapping is left to the check of the ontology."""
    return below | own if isinstance(below, dict) and isinstance(own, dict) else own


def is_ontology(document: dict[str, Any]) -> bool:
    return "dataset" not in document and "ontology" in document


def find_ontology(name: str, beside: Path) -> dict[str, Any] | None:
    """The ontology document of this name among the YAML files in a folder."""
    for path in sorted(path for path in beside.glob("*.y*ml") if path.is_file()):
        try:
            document = read_document(path)
        except MappingInvalid:
            # Files of others lie in the folder too; only the ontology itself has to be right.
            lines = path.read_text("utf-8", errors="replace").splitlines()
            if any(line.startswith(f"ontology: {name}") for line in lines) and not any(
                line.startswith("dataset:") for line in lines
            ):
                raise
            continue
        if is_ontology(document) and document["ontology"] == name:
            return document
    return None
