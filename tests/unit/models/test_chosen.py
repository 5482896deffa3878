"""Which model is used: of a models file, of variables, of a server that has one."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from api.demo_model import create_demo_model
from api.scripted import MODELS
from kg.bootstrap import Services, open_services
from kg.domain.completion import ModelSpec, Price
from kg.domain.lineage import Classification
from kg.domain.spending import Limits, Most
from kg.errors import ConfigError, ModelUnavailable
from kg.models.file import Entry, read_models, schema_text
from kg.models.server import key_of
from kg.settings import Settings
from tests.model_server import serving

ROOT = Path(__file__).parents[3]
ENTRY = {"name": "house", "model": "house-1", "base_url": "http://127.0.0.1:9/v1"}


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with serving(create_demo_model()) as address:
        yield address


def written(folder: Path, *entries: dict[str, Any], **more: Any) -> Path:
    path = folder / "models.yml"
    path.write_text(yaml.safe_dump({"models": list(entries), **more}), "utf-8")
    return path


def services(**variables: str) -> Services:
    return open_services(Settings.from_environment({"WHENCE_STORE": "sqlite::memory:", **variables}))


def used(**variables: str) -> ModelSpec | None:
    opened = services(**variables)
    try:
        return None if opened.model is None else opened.model.spec
    finally:
        opened.store.close()


# --- variables -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("variables", [{}, {"OPENAI_API_KEY": "k"}], ids=["nothing", "a key alone"])
def test_with_nothing_set_there_is_no_model(variables: dict[str, str]) -> None:
    assert used(**variables) is None


def test_a_key_and_a_name_are_a_model_of_openai() -> None:
    spec = used(OPENAI_API_KEY="k", WHENCE_MODEL="gpt-x")
    assert spec is not None
    assert (spec.name, spec.model, spec.base_url) == ("gpt-x", "gpt-x", "https://api.openai.com/v1")


def test_a_server_of_ones_own_needs_no_key() -> None:
    spec = used(OPENAI_BASE_URL="http://127.0.0.1:9/v1/", WHENCE_MODEL="qwen")
    assert spec is not None
    assert (spec.model, spec.base_url, spec.scripted) == ("qwen", "http://127.0.0.1:9/v1", False)


def test_a_server_that_has_one_model_needs_no_name(server: str) -> None:
    spec = used(OPENAI_BASE_URL=server)
    assert spec is not None
    assert (spec.model, spec.scripted) == ("scripted", True)


def test_of_a_server_with_several_models_one_has_to_be_named() -> None:
    with (
        serving(create_demo_model(list_all=True)) as address,
        pytest.raises(ConfigError, match=r"has 24 models: set WHENCE_MODEL to one of scripted, .* and 4 more"),
    ):
        used(OPENAI_BASE_URL=address)


def test_a_server_that_is_asked_for_its_models_and_is_not_there_is_unavailable() -> None:
    with pytest.raises(ModelUnavailable, match="cannot be reached at 'http://127"):
        used(OPENAI_BASE_URL="http://127.0.0.1:9/v1")


def test_a_start_loads_neither_the_client_nor_what_checks_replies() -> None:
    code = (
        "import api.cli, kg.bootstrap, kg.backends.openai.model, sys; print({'openai', 'jsonschema'} & {*sys.modules})"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_a_start_asks_no_server() -> None:
    opened = services(OPENAI_BASE_URL="http://127.0.0.1:9/v1")
    opened.store.close()


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"WHENCE_MODEL": "gpt-x"}, "has no server: set OPENAI_API_KEY"),
        ({"OPENAI_BASE_URL": "ftp://x", "WHENCE_MODEL": "m"}, "OPENAI_BASE_URL: expected http"),
        ({"OPENAI_BASE_URL": "http://x:y@h/v1", "WHENCE_MODEL": "m"}, "not in the address"),
        ({"OPENAI_API_KEY": "k\u00e4y", "WHENCE_MODEL": "m"}, "OPENAI_API_KEY: has characters that no key has"),
    ],
)
def test_a_wrong_variable_is_named(variables: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        used(**variables)


def test_the_environment_with_its_keys_is_in_no_text_of_the_settings() -> None:
    assert "planted" not in repr(Settings.from_environment({"OPENAI_API_KEY": "sk-planted"}))


# --- the file ------------------------------------------------------------------------------------------------------


def test_an_entry_has_what_its_model_may_do_see_and_cost(tmp_path: Path) -> None:
    more: dict[str, Any] = {
        "key_variable": "HOUSE_KEY",
        "api": "responses",
        "structured": "object",
        "ceiling": "public",
        "redact": ["email"],
        "context_tokens": 8000,
        "deadline_s": 5,
        "retries": 2,
        "price": {"input": 1.5, "output": 6, "cached": 0.5},
        "limits": {"request": {"tokens": 9000}, "caller": {"cost": 1}, "day": {"cost": 2.5, "tokens": 100}},
        "cache": 10,
    }
    assert read_models(written(tmp_path, ENTRY | more)) == (
        None,
        (
            ModelSpec(
                "house",
                "house-1",
                "http://127.0.0.1:9/v1",
                "HOUSE_KEY",
                "responses",
                "object",
                Classification.PUBLIC,
                ("email",),
                8000,
                5.0,
                2,
                Price(1.5, 6.0, 0.5),
                Limits(Most(9000), Most(cost=1.0), Most(100, 2.5)),
                10,
            ),
        ),
    )


def test_what_an_entry_leaves_out_is_as_without_a_file(tmp_path: Path) -> None:
    assert read_models(written(tmp_path, ENTRY))[1] == (ModelSpec("house", "house-1", "http://127.0.0.1:9/v1"),)


OTHER = ENTRY | {"name": "other"}


def test_the_only_model_of_a_file_is_used_and_of_several_the_named_one(tmp_path: Path) -> None:
    one = written(tmp_path, ENTRY)
    assert (spec := used(WHENCE_MODELS=str(one))) is not None
    assert spec.name == "house"
    two = written(tmp_path, ENTRY, OTHER)
    assert (spec := used(WHENCE_MODELS=str(two), WHENCE_MODEL="other")) is not None
    assert spec.name == "other"
    with pytest.raises(ConfigError, match="has 2 models: set WHENCE_MODEL, or use, to one of house, other"):
        used(WHENCE_MODELS=str(two))
    with pytest.raises(ConfigError, match=r"no model is called 'none'; .*models\.yml has house, other"):
        used(WHENCE_MODELS=str(two), WHENCE_MODEL="none")


def test_a_changed_file_needs_no_restart(tmp_path: Path) -> None:
    path = written(tmp_path, ENTRY, OTHER, use="house")
    opened = services(WHENCE_MODELS=str(path))
    first = opened.model
    assert first is not None
    assert opened.model is first
    written(tmp_path, ENTRY, OTHER, use="other")
    os.utime(path, ns=(1, 1))
    second = opened.model
    assert second is not None
    assert (first.spec.name, second.spec.name) == ("house", "other")
    opened.store.close()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"colour": 1}, r"models\.0\.colour: Extra inputs"),
        ({"base_url": "house"}, r"models\.0\.base_url: expected http"),
        ({"ceiling": "secret"}, r"models\.0\.ceiling: Input should be 'public'"),
        ({"price": {"input": -1}}, r"models\.0\.price\.input"),
        ({"limits": {"day": {"tokens": "many"}}}, r"models\.0\.limits\.day\.tokens"),
        ({"retries": 99}, r"models\.0\.retries"),
        ({"key_variable": "sk-planted-1"}, "expected the name of an environment variable, not the key itself"),
    ],
)
def test_a_wrong_entry_is_refused_at_the_start_with_its_place(
    tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    with pytest.raises(ConfigError, match=words) as told:
        services(WHENCE_MODELS=str(written(tmp_path, ENTRY | change)))
    assert "planted" not in str(told.value)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("models: []", "models: List should have at least 1 item"),
        ("models: [", "no YAML"),
        ("5", "the file: Input should be a valid dictionary"),
        (yaml.safe_dump({"models": [ENTRY, ENTRY]}), "two models are called 'house'"),
        (yaml.safe_dump({"models": [ENTRY], "use": "none"}), "use: no model is called 'none'; there are house"),
    ],
)
def test_a_wrong_file_is_refused(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "models.yml"
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigError, match=words):
        read_models(path)


def test_a_file_that_is_not_there_is_refused_at_the_start(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot read the models file"):
        services(WHENCE_MODELS=str(tmp_path / "none.yml"))


@pytest.mark.parametrize(
    "spec", [ModelSpec("a", "a"), ModelSpec("a", "a", "http://h/v1", "HOUSE_KEY")], ids=["OpenAI", "its own variable"]
)
def test_a_key_that_is_needed_and_not_set_is_named(spec: ModelSpec) -> None:
    with pytest.raises(ConfigError, match=f"needs a key: set {spec.key_variable}"):
        key_of(spec, {})


def test_the_schema_of_models_files_is_that_of_the_code() -> None:
    assert (ROOT / "docs" / "models-file.schema.json").read_text("utf-8") == schema_text(), (
        "write it anew: make openapi"
    )


def test_the_models_files_shown_are_read_and_fit_the_schema(tmp_path: Path) -> None:
    shown = re.findall(
        r"^```yaml\n(.*?)^```$", (ROOT / "docs" / "models.md").read_text("utf-8"), re.MULTILINE | re.DOTALL
    )
    assert shown
    for text in shown:
        (tmp_path / "models.yml").write_text(text, "utf-8")
        assert read_models(tmp_path / "models.yml")[1]
        jsonschema.validate(yaml.safe_load(text), json.loads(schema_text()))


def test_every_key_of_an_entry_is_documented_and_no_other() -> None:
    page = (ROOT / "docs" / "models.md").read_text("utf-8").partition("| key | default | is |")[2].partition("\n\n")[0]
    assert re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE) == list(Entry.model_fields)


def test_every_scripted_model_is_documented_and_no_other() -> None:
    page = (ROOT / "docs" / "models.md").read_text("utf-8")
    assert ["scripted", *re.findall(r"^\| `(scripted-\w+)` \|", page, re.MULTILINE)] == list(MODELS)
