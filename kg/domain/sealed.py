"""Records of which names and words can be erased: a salted digest of each is part of the record, and outlives it. Pure.

::

    record ──seal──▶ record + salt + sealed {field: digest}      its content, which the audit log has, is all of that
    erase a field ──▶ the salt goes too ──▶ the same content;     less the fields themselves and the salt
                                            nobody can try texts
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from kg.domain.audit import content_of

SALT, SEALED = "salt", "sealed"


def seal(record: Mapping[str, Any], fields: Iterable[str], salt: str) -> dict[str, Any]:
    """The record with the digests of those of these texts that it has."""
    sealed = {name: _digest(salt, name, record[name]) for name in fields if record[name]}
    return {**record, SALT: salt, SEALED: sealed}


def less_seals(record: Mapping[str, Any]) -> dict[str, Any]:
    """The record as it was before."""
    return {name: value for name, value in record.items() if name not in (SALT, SEALED)}


def content(record: Mapping[str, Any], fields: Collection[str]) -> str:
    """Digest of what stays of it, whatever is erased."""
    return content_of({name: value for name, value in record.items() if name not in fields and name != SALT})


def without(record: Mapping[str, Any], instead: Mapping[str, Any]) -> dict[str, Any]:
    """The record with these in the place of fields that are erased, which nobody can find by trying from then on."""
    left = {name: value for name, value in record.items() if name != SALT}
    return {**left, **instead}


def unchanged(record: Mapping[str, Any]) -> bool | None:
    """Whether its texts are those that were sealed; none where one was erased, or it is of before there were seals."""
    if SALT not in record:
        return None
    sealed: Mapping[str, str] = record[SEALED]
    return all(hmac.compare_digest(one, _digest(record[SALT], name, record[name])) for name, one in sealed.items())


def _digest(salt: str, name: str, value: Any) -> str:
    told = json.dumps([name, value], ensure_ascii=False).encode("utf-8", "surrogatepass")
    return hmac.digest(bytes.fromhex(salt), told, "sha256").hex()
