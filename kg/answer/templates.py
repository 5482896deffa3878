"""Templates of prompts: a Jinja that can print, choose and repeat what it is given, and nothing else.

No template reaches an attribute of Python, calls anything, multiplies or counts by itself, so what it can cost is
bounded by its own size and what it is given. It is tried when it is saved, so that a slip is found by who made it.
"""

from __future__ import annotations

import functools
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import jinja2
from jinja2 import meta, nodes
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from kg.answer.prompt_table import Given, given, plan_language
from kg.domain.prompt import PromptVersion, Template
from kg.errors import PromptInvalid

MAX_TEXT = 100_000
"""Characters of a template; the longest that is shipped has 8,000."""
MAX_RENDERED = 2_000_000
"""Characters of what is sent; no model takes as much."""
MAX_LOOPS = 2
"""Loops inside each other: a list, and a list in each of its members."""
FILTERS = ("default", "first", "inert", "join", "last", "length", "lower", "tojson", "trim", "truncate", "upper")
TESTS = ("defined", "undefined", "none", "string", "number", "mapping", "sequence", "boolean", "true", "false",
         "eq", "equalto", "==", "ne", "!=", "in", "even", "odd")  # fmt: skip
LOOP = ("index", "index0", "first", "last", "length")
"""What may be read of ``loop``."""
_ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.For, nodes.If, nodes.CondExpr,
    nodes.Filter, nodes.Test, nodes.Getattr, nodes.Getitem, nodes.Compare, nodes.Operand, nodes.And,
    nodes.Or, nodes.Not, nodes.Concat, nodes.Add, nodes.Sub, nodes.Neg, nodes.Tuple, nodes.List, nodes.Dict,
    nodes.Pair, nodes.Keyword,
)  # fmt: skip
_SINGLE = re.compile(r"(?<!\{)\{(\w+)\}(?!\})")
"""``{name}``: how Python's own templates are written, in which nothing would be put here."""
_CAUGHT = (jinja2.TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError, RecursionError)
"""What a template may run into that was made by hand."""


def _to_json(value: Any) -> str:
    """JSON that stands between tags without ending them, with what cannot be seen written as an escape."""
    return _inert(json.dumps(value, ensure_ascii=False))


def _inert(text: str) -> str:
    """Text, or JSON text, that ends no tag and hides nothing."""
    return "".join(c if c not in "<>" and (c.isprintable() or c == "\n") else _escaped(c) for c in text)


def _escaped(character: str) -> str:
    halves = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{halves[i : i + 4]}" for i in range(0, len(halves), 4))


OWN_FILTERS = {"tojson": _to_json, "inert": _inert}


class _Sandbox(ImmutableSandboxedEnvironment):
    """Reads members of what is given; objects of Python have none."""

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, Mapping):
            return obj[attribute] if attribute in obj else self.undefined(obj=obj, name=attribute)
        if isinstance(obj, LoopContext) and attribute in LOOP:
            return getattr(obj, attribute)
        return self.undefined(obj=obj, name=attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, Mapping | list | tuple | str):
            try:
                return obj[argument]
            except (LookupError, TypeError):
                return self.undefined(obj=obj, name=argument)
        return self.undefined(obj=obj, name=argument)


def _sandbox() -> _Sandbox:
    made = _Sandbox(undefined=jinja2.StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True)
    made.globals.clear()
    made.filters = {name: made.filters[name] for name in FILTERS if name in made.filters} | OWN_FILTERS
    made.tests = {name: made.tests[name] for name in TESTS}
    return made


_SANDBOX = _sandbox()


def render(version: PromptVersion, variables: Mapping[str, Any]) -> tuple[str, str]:
    """The system and the user text, as they are sent. Raises PromptInvalid naming the prompt, line and variable."""
    known = given(version.name)
    values = dict.fromkeys(known.optional) | dict(variables)
    if values.get("entities") is not None:
        values["plan_language"] = values.get("plan_language") or plan_language()
    if missing := [name for name in known.names if name not in values]:
        raise PromptInvalid(f"{version.ref}: {missing[0]!r} is not given; it needs {', '.join(known.names)}")
    system, user = (
        _render(text, values, f"{version.ref}: {part}")
        for part, text in (("system", version.template.system), ("user", version.template.user))
    )
    return system, user


def check(name: str, template: Template) -> None:
    """Whether the texts do with what the prompt is given. Raises PromptInvalid naming part, line and variable."""
    known = given(name)
    for part, text in (("system", template.system), ("user", template.user)):
        where = f"{name}: {part}"
        _check_text(text, where)
        _check_tree(_parsed(text, where), known, where)
        for values in known.examples:
            _render(text, values, where)
    if not template.user.strip():
        raise PromptInvalid(f"{name}: user is empty: it is what the model is asked")


def _check_text(text: str, where: str) -> None:
    if len(text) > MAX_TEXT:
        raise PromptInvalid(f"{where} has {len(text):,} characters; at most {MAX_TEXT:,} are taken")
    for number, line in enumerate(text.split("\n"), 1):
        if not line.replace("\t", "").isprintable() and any(c < " " or "\ud800" <= c <= "\udfff" for c in line):
            raise PromptInvalid(f"{where}, line {number}: a control character or half a character")
        if found := _SINGLE.search(line):
            raise PromptInvalid(f"{where}, line {number}: {found[0]} puts nothing in; write {{{{ {found[1]} }}}}")


def _parsed(text: str, where: str) -> nodes.Template:
    try:
        return _SANDBOX.parse(text)
    except jinja2.TemplateSyntaxError as exc:
        raise PromptInvalid(f"{where}, line {exc.lineno}: {exc.message}") from exc
    except (RecursionError, ValueError) as exc:
        raise PromptInvalid(f"{where} is nested too deeply, or has too long a number") from exc


def _check_tree(tree: nodes.Template, known: Given, where: str) -> None:
    try:
        for node, loops in _walk(tree, 0):
            if problem := _problem(node, loops):
                raise PromptInvalid(f"{where}, line {node.lineno}: {problem}")
        # Works out what is constant in it, which can fail as a rendering can.
        foreign = meta.find_undeclared_variables(tree) - set(known.names)
    except RecursionError as exc:
        raise PromptInvalid(f"{where} is nested too deeply") from exc
    except _CAUGHT as exc:
        raise PromptInvalid(f"{where}: {exc}") from exc
    if foreign:
        line, name = min((node.lineno, node.name) for node in tree.find_all(nodes.Name) if node.name in foreign)
        raise PromptInvalid(
            f"{where}, line {line}: there is no variable {name!r}; it is given {', '.join(known.names)}"
        )


def _walk(node: nodes.Node, loops: int) -> Iterator[tuple[nodes.Node, int]]:
    """Every node with the number of loops it stands in, itself among them."""
    loops += isinstance(node, nodes.For)
    yield node, loops
    for child in node.iter_child_nodes():
        yield from _walk(child, loops)


def _problem(node: nodes.Node, loops: int) -> str | None:  # noqa: PLR0911 (one rule each)
    if not isinstance(node, _ALLOWED):
        return f"a template may print, choose and repeat; {type(node).__name__.lower()} is not taken"
    if isinstance(node, nodes.For) and (loops > MAX_LOOPS or node.recursive):
        return f"at most {MAX_LOOPS} loops may stand in each other, and none may call itself"
    if isinstance(node, nodes.Name) and node.name == "self":
        return "there is no variable 'self'"
    if isinstance(node, nodes.Filter) and node.name not in FILTERS:
        return f"no filter {node.name!r}; there are {', '.join(FILTERS)}"
    if isinstance(node, nodes.Test) and node.name not in TESTS:
        return f"no test {node.name!r}; there are {', '.join(TESTS)}"
    name = node.attr if isinstance(node, nodes.Getattr) else _constant(node)
    if isinstance(name, str) and name.startswith("_"):
        return f"{name!r} begins with an underscore, and cannot be read"
    return None


def _constant(node: nodes.Node) -> Any:
    return node.arg.value if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const) else None


@functools.lru_cache(maxsize=128)
def _compiled(text: str) -> jinja2.Template:
    return _SANDBOX.from_string(text)


def _render(text: str, values: Mapping[str, Any], where: str) -> str:
    try:
        pieces, length = [], 0
        for piece in _compiled(text).generate(values):
            pieces.append(piece)
            length += len(piece)
            if length > MAX_RENDERED:
                raise PromptInvalid(f"{where} comes to more than {MAX_RENDERED:,} characters")
    except _CAUGHT as exc:
        line = _line(exc)
        raise PromptInvalid(f"{where}{f', line {line}' if line else ''}: {exc}") from exc
    return "".join(pieces).strip()


def _line(exc: BaseException) -> int | None:
    """The line of the template in which it went wrong: Jinja puts it into the traceback."""
    line, frame = None, exc.__traceback__
    while frame is not None:
        if frame.tb_frame.f_code.co_filename == "<template>":
            line = frame.tb_lineno
        frame = frame.tb_next
    return line
