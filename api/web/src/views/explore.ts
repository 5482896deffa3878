/** Looking around: find things, see what is said of one, chains between two, what kinds there are. */

import { get, parts, Refused } from "../api";
import { el, fill } from "../dom";
import { offered } from "../me";
import { entityLink } from "../parts/answer";
import { completing } from "../parts/completing";
import { badge, button, labelledField } from "../parts/controls";
import { factNow } from "../parts/evidence";
import { entityHistory } from "../parts/history";
import { around, OWN, type Around } from "../parts/near";
import { empty, put, refused } from "../parts/notice";
import { schema, scopeInWords, scopeOf } from "../parts/scope";
import { pairs, table } from "../parts/table";
import { address, change, go, here, type Place, type View } from "../place";
import type { Card, Entity, Fact, Statement, Ways } from "../types";
import { number, plural, spoken, valid } from "../words";

const TABS = [
  ["", "Find"],
  ["paths", "Chains between two"],
  ["schema", "What there is"],
] as const;

export function show(place: Place, signal: AbortSignal): Promise<View> {
  const { query } = place;
  const tab = place.path[1] ?? "";
  const body = el("div", {});
  let drawn: Around | null = null;
  const entity = tab === "" ? query.get("entity") : null;
  const node = el(
    "div",
    { class: "page" },
    el("h1", {}, "Explore"),
    el("nav", { class: "tabs", "aria-label": "Explore" }, TABS.map(([path, name]) => el("a", { href: address(["explore", path].filter(Boolean)), "aria-current": path === tab ? "page" : null }, name))),
    body,
  );
  if (tab === "schema") void put(body, whatThereIs);
  else if (tab === "paths") fill(body, pathsForm(query));
  else if (entity) {
    void put(body, async () => {
      const limit = Math.min(200, Number(query.get("limit")) || 60);
      const scope = { dataset: query.getAll("dataset"), valid_as_of: query.get("valid"), known_as_of: query.get("known") };
      const history = entityHistory(entity, { dataset: scope.dataset }, query.has("history"), (open) => open !== here().query.has("history") && change({ history: open ? "1" : null }, true));
      let card: Card;
      try {
        card = await get<Card>(`/v1/entities/${parts(entity)}`, { ...scope, limit, predicate: query.getAll("predicate") }, signal);
      } catch (error) {
        // What is gone still has a history.
        if (!(error instanceof Refused) || error.status !== 404) throw error;
        return [search(query), asOf(query), refused(error), history];
      }
      const kept = { dataset: scope.dataset, valid: query.get("valid"), known: query.get("known") };
      drawn = around(card, scope, (id) => go(address(["explore"], { ...kept, entity: id })));
      document.title = `${card.entity.name} · Whence`;
      const only = query.getAll("predicate");
      const narrowed = only.length ? el("p", {}, "Only ", only.map((one) => [badge(spoken(one), ""), " "]), el("a", { href: address(["explore"], { ...kept, entity }) }, "all that is said of it")) : null;
      return [search(query), asOf(query), narrowed, cardOf(card, drawn.node, limit, history)];
    });
  } else fill(body, search(query), found(query, signal));
  return Promise.resolve({
    title: "Explore",
    node,
    // What the picture and the history say of themselves they show already.
    update: (now) => entity !== null && rest(now) === rest(query),
    close: () => drawn?.close(),
  });
}

const SHOWN: ReadonlySet<string> = new Set([...OWN, "history"]);
const rest = (query: URLSearchParams): string => [...query].filter(([name]) => !SHOWN.has(name)).sort().join();

/** The day and the known time at which things are looked at. */
function asOf(query: URLSearchParams): HTMLElement {
  const valid = el("input", { type: "date", value: query.get("valid") ?? "" });
  const known = el("input", { type: "text", placeholder: "now", maxlength: 40, value: query.get("known") ?? "" });
  const then = Boolean(query.get("valid") || query.get("known"));
  return el(
    "details",
    { class: "scope", open: then },
    el("summary", {}, el("span", { class: "quiet" }, "As "), scopeInWords({ ...scopeOf(query), ceiling: null }).replace(/^.*? · /, "")),
    el(
      "form",
      { class: "fields", onsubmit: (event: SubmitEvent) => (event.preventDefault(), change({ valid: valid.value, known: known.value.trim() })) },
      labelledField("True on", valid),
      labelledField("As known at", known, "a day or a time; empty for now"),
      el("button", { type: "submit" }, "Show"),
      then ? button("Now", () => change({ valid: null, known: null })) : null,
    ),
  );
}

function search(query: URLSearchParams): HTMLElement {
  const field = el("input", { type: "search", value: query.get("q") ?? "", maxlength: 200 });
  const form = el("form", { class: "fields", onsubmit: (event: SubmitEvent) => (event.preventDefault(), go(address(["explore"], { q: field.value, type: query.get("type") }))) });
  const named = completing(field, false, (entity: Entity) => go(address(["explore"], { entity: entity.id })));
  named.prepend(el("label", { for: (field.id = "find"), class: "unseen" }, "Name, key or its beginning"));
  field.placeholder = "Name, key or its beginning";
  form.append(named, el("button", { type: "submit", class: "primary" }, "Find"));
  return form;
}

function found(query: URLSearchParams, signal: AbortSignal): HTMLElement {
  const body = el("div", {});
  const type = query.get("type");
  if (!query.get("q") && !type) {
    fill(body, empty("Search for a thing by its name or key", el("p", {}, "Or see ", el("a", { href: "/explore/schema" }, "what there is"), ".")));
    return body;
  }
  void put(body, async () => {
    const list = await get<{ entities: Entity[]; cut: boolean }>("/v1/entities", { q: query.get("q"), type, limit: 100 }, signal);
    if (list.entities.length === 0) return empty("Nothing is called that", el("p", {}, "Names are found by their words and their beginning, keys as they are written."));
    return [
      type ? el("p", {}, badge(spoken(type), ""), " ", el("a", { href: address(["explore"], { q: query.get("q") }) }, "all types")) : null,
      table("Things found", [{ name: "Name", cell: entityLink }, { name: "Type", cell: (one) => spoken(one.type) }, { name: "Also called", cell: (one) => (one.aliases ?? []).join(", ") }], list.entities),
      list.cut ? el("p", { class: "quiet" }, "There are more than 100; narrow the search.") : null,
    ].filter((one) => one !== null);
  });
  return body;
}

function cardOf(card: Card, near: HTMLElement, limit: number, history: HTMLElement): HTMLElement {
  const { entity } = card;
  const kinds = new Map<string, Statement[]>();
  for (const one of card.facts) {
    const kind = one.direction === "out" ? spoken(one.predicate) : `${spoken(one.predicate)} (towards it)`;
    kinds.set(kind, [...(kinds.get(kind) ?? []), one]);
  }
  return el(
    "div",
    {},
    el(
      "section",
      { class: "card" },
      el("p", {}, badge(spoken(entity.type), ""), entity.status ? [" ", badge(entity.status, "warn")] : null),
      el("h2", { class: "asked" }, entity.name),
      pairs([
        ["Keys", entity.keys.map((key) => [el("code", {}, key), " "])],
        entity.aliases?.length ? ["Also called", entity.aliases.join(", ")] : null,
        ["Id", el("code", {}, entity.id)],
      ]),
      el(
        "p",
        { class: "exports" },
        offered("ask", el("span", {}, el("a", { href: address([], { q: entity.name }) }, "Ask about it"), " · ")),
        el("a", { href: address(["explore", "paths"], { from: entity.id }) }, "Chains to another"),
        " · ",
        el("a", { href: address(["lineage"], { ref: entity.id, toward: "up" }) }, "Where it comes from"),
        " · ",
        el("a", { href: address(["lineage"], { ref: entity.id, toward: "down" }) }, "Decisions on it"),
      ),
    ),
    el("section", { class: "facts-of" }, el("h2", {}, "Around it"), near),
    [...kinds].map(([kind, facts]) =>
      el("section", { class: "kind-of" }, el("h3", {}, kind, " ", el("span", { class: "quiet" }, number(facts.length))), el("ul", {}, facts.map(statement))),
    ),
    card.cut.length ? el("p", { class: "quiet" }, "There are more of: ", card.cut.map((kind, at) => [at ? ", " : "", el("a", { href: address(["explore"], { entity: entity.id, predicate: kind.replace(/ \(towards it\)$/, ""), limit: 200 }) }, spoken(kind))]), ".") : null,
    card.left_out > 0 || card.cut.length
      ? el("p", {}, card.left_out > 0 ? `${plural(card.left_out, "fact")} read and not listed. ` : "", limit < 200 ? button("List more", () => change({ limit: 200 })) : "200 are listed at most; ask a question to see the rest.")
      : null,
    history,
  );
}

/** A fact; unfolds to all that says it. */
function statement(one: Statement): HTMLElement {
  const detail = el("div", {});
  const fold = el("details", {}, el("summary", {}, one.other ? one.other.name : (one.value ?? ""), valid(one.valid_from, one.valid_to) ? el("span", { class: "quiet" }, ` ${valid(one.valid_from, one.valid_to)}`) : null), one.other ? el("p", {}, entityLink(one.other)) : null, detail);
  fold.addEventListener("toggle", () => {
    if (fold.open && !detail.childElementCount) void put(detail, async () => factNow(await get<Fact>(`/v1/facts/${one.fact}`)));
  });
  return el("li", {}, fold);
}

function pathsForm(query: URLSearchParams): HTMLElement {
  const from = el("input", { type: "text", value: query.get("from") ?? "", maxlength: 200 });
  const to = el("input", { type: "text", value: query.get("to") ?? "", maxlength: 200 });
  const hops = el("input", { type: "number", min: 1, max: 6, value: query.get("hops") ?? 4 });
  const result = el("div", {});
  const named = (label: string, field: HTMLInputElement): HTMLElement => {
    const wrapped = completing(field, false);
    const made = labelledField(label, field);
    made.append(wrapped);
    return made;
  };
  const form = el(
    "form",
    { class: "fields", onsubmit: (event: SubmitEvent) => (event.preventDefault(), go(address(["explore", "paths"], { from: from.value, to: to.value, hops: hops.value }))) },
    named("From", from),
    named("To", to),
    labelledField("Facts in a chain at most", hops),
    el("button", { type: "submit", class: "primary" }, "Find chains"),
  );
  if (from.value && to.value) {
    void put(result, async () => {
      const ways = await get<Ways>("/v1/paths", { from: from.value, to: to.value, max_hops: hops.value });
      return [
        el("p", { class: "lead" }, ways.paths.length ? `${plural(ways.paths.length, "shortest chain")} from ${ways.start.name} to ${ways.end.name}.` : ways.text.split("\n")[0]),
        ...ways.paths.map((way) =>
          el("section", { class: "card" }, el("p", { class: "chain" }, way.entities.map((one, at) => [at ? " → " : "", entityLink(one)])), el("ol", {}, way.facts.map((one) => el("li", {}, one.text)))),
        ),
        ...ways.cut.map((one) => el("p", { class: "quiet" }, `Cut: ${one}.`)),
      ];
    });
  }
  return el("div", {}, form, result);
}

async function whatThereIs(): Promise<HTMLElement[]> {
  const held = await schema();
  const types = held.types.filter((one) => one.count > 0).sort((a, b) => b.count - a.count);
  if (types.length === 0) return [empty("Nothing is loaded yet", el("p", {}, "Load data on the ", el("a", { href: "/loads" }, "Loads"), " view, or with ", el("code", {}, "whence load"), "."))];
  const most = Math.max(1, ...types.map((one) => one.count));
  const said = held.predicates.filter((one) => one.count > 0 || one.derived).sort((a, b) => b.count - a.count);
  const amount = (count: number, of: number): HTMLElement => el("span", { class: "amount" }, el("meter", { min: 0, max: of, value: count, "aria-hidden": true }), number(count));
  return [
    el("h2", {}, "Things"),
    table("Types", [{ name: "Type", cell: (one) => el("a", { href: address(["explore"], { type: one.name }) }, spoken(one.name)) }, { name: "How many", cell: (one) => amount(one.count, most) }, { name: "Also called", cell: (one) => one.nouns.slice(0, 5).join(", ") }], types),
    el("h2", { class: "small-title" }, "Relations and values"),
    table(
      "Relations",
      [
        { name: "From", cell: (one) => one.subjects.map(spoken).join(", ") },
        { name: "Relation", cell: (one) => [spoken(one.name), one.derived ? el("span", { class: "quiet" }, " (read off others)") : null] },
        { name: "To", cell: (one) => (one.value === null ? one.objects.map(spoken).join(", ") : el("span", { class: "quiet" }, one.value)) },
        { name: "How many", cell: (one) => number(one.count), kind: "number" },
        { name: "People say", cell: (one) => one.phrases.slice(0, 3).join(", ") },
      ],
      said,
    ),
  ];
}
