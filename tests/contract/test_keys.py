"""What every ring of keys promises (kg/ports/access.py), and that a View shows what is granted and no more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from kg.domain.access import Key, hash_of
from kg.domain.audit import Act, AuditEntry
from kg.domain.fact import Literal
from kg.domain.lineage import Classification
from kg.domain.scope import Scope
from kg.errors import Conflict, DatasetNotFound
from tests.builders import TOWN, Store, entity, fact, load, target

KEY = Key(
    "k1", "ann", ("reader", "analyst"), ("people",), Classification.INTERNAL, hash_of("x"),
    "2026-03-01T09:00:00.000000Z", "root", "2027-03-01T09:00:00.000000Z",
)  # fmt: skip


def test_keys_are_read_as_they_were_put_oldest_first(store: Store) -> None:
    other = replace(KEY, id="k0", datasets=None, rate=5, created_at="2026-03-02T09:00:00.000000Z")
    store.put_keys([KEY], Act("key.create", "k1", "root"))
    store.put_keys([other], Act("key.create", "k0", "root"))
    assert store.keys() == (KEY, other)
    assert (store.key("k0"), store.key("k2")) == (other, None)


def test_a_key_that_changes_and_one_that_follows_are_one_change(store: Store) -> None:
    store.put_keys([KEY], Act("key.create", "k1", "root"))
    old, new = replace(KEY, expires_at="2026-03-03"), replace(KEY, id="k2", follows="k1", created_at="2026-03-02")
    store.put_keys([old, new], Act("key.rotate", "k1", "root", "to k2"))
    assert store.keys() == (old, new)
    told = [AuditEntry.of(row.document) for row in store.audit_rows(0, 5)]
    assert [(one.kind, one.subject, one.detail) for one in told] == [
        ("key.create", "k1", ""),
        ("key.rotate", "k1", "to k2"),
    ]


def test_a_key_that_was_changed_meanwhile_stays_as_it_is(store: Store) -> None:
    store.put_keys([KEY], Act("key.create", "k1", "root"))
    gone = replace(KEY, revoked_at="2026-03-02")
    store.put_keys([gone], Act("key.revoke", "k1", "root"), KEY)
    with pytest.raises(Conflict, match="at the same time"):
        store.put_keys([replace(KEY, expires_at="2026-03-03")], Act("key.rotate", "k1", "ann"), KEY)
    assert store.keys() == (gone,)
    assert len(store.audit_rows(0, 5)) == 2


def test_what_is_not_granted_is_as_if_it_did_not_exist(store: Store) -> None:
    load(store, target("people"), [*TOWN, fact("ann", "note", Literal("Quiet"))])
    load(store, target("firms"), [*entity("firm:f1", "Firm"), *entity("ann"), fact("ann", "owns", "firm:f1")])
    view = store.view(Scope(granted=("people", "not-there")))
    assert [one.ref for one in view.datasets()] == [one.ref for one in view.versions()] == ["people@1"]
    assert view.entities(["firm:f1"]) == {}
    assert {one.predicate for one in view.follow(["person:ann"], [], "out", 9).facts} == {"knows", "note"}
    assert view.profile().facts.get("owns") is None
    assert set(view.sources()) == {"people@1/a.csv"}
    alone = store.view(Scope(datasets=("people",)))
    assert view.scan(["Person", "Firm"], 9) == alone.scan(["Person", "Firm"], 9)


@pytest.mark.parametrize("named", ["firms", "firms@1", "nothing"])
def test_naming_what_is_not_granted_is_naming_what_is_not_there(store: Store, named: str) -> None:
    load(store, target("people"), TOWN)
    load(store, target("firms"), entity("firm:f1", "Firm"))
    with pytest.raises(DatasetNotFound, match=f"no dataset '{named}'"):
        store.view(Scope(datasets=("people", named), granted=("people",)))


def test_who_is_granted_nothing_sees_nothing(store: Store) -> None:
    load(store, target("people"), TOWN)
    view = store.view(Scope(granted=()))
    assert (view.datasets(), view.versions(), view.sources()) == ((), (), {})
    assert view.scan(["Person"], 5).ids == ()
    assert view.walk("", 5).ids == ()
    assert view.named(["ann"], 5) == {}
