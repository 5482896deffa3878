/** What is around an entity: a picture that grows where it is asked to, and the same as a list for the keyboard. */

import { get, parts } from "../api";
import { el, fill, say } from "../dom";
import type { Drawn, Line, Picture } from "../picture";
import { address, change, here } from "../place";
import type { Card, Entity, Statement } from "../types";
import { number, plural, spoken } from "../words";
import { choice, labelledField, slider } from "./controls";
import { loading, refused } from "./notice";

const FIRST = 24;
/** Neighbours drawn of one entity. */
const MOST = 80;
/** Facts of each thing that is grown by depth. */
const EACH = 8;
const AT_ONCE = 8;
const DEEPEST = 3;

export interface Around {
  node: HTMLElement;
  close(): void;
}

type Query = Parameters<typeof get>[1];

/** The picture's own state stands in the address: `relation`, `find`, `depth`, and what was `open`ed. */
export const OWN = ["relation", "find", "depth", "open"] as const;

export function around(card: Card, scope: NonNullable<Query>, told: (entity: string) => void): Around {
  const { query } = here();
  const nodes = new Map<string, Drawn>();
  const lines = new Map<string, Line>();
  const grown = new Set<string>();
  const body = el("div", {});
  const list = el("ul", { class: "plain drawn" });
  let depth = Math.min(DEEPEST, Math.max(1, Number(query.get("depth")) || 1));
  let opened = query.getAll("open");
  let drawn: Picture | null = null;
  let closed = false;
  /** Counts beginnings: what was read for an earlier one is not drawn. */
  let begun = 0;

  const add = (entity: Entity, main = false): void => {
    if (nodes.has(entity.id)) return;
    const key = entity.keys[0] ?? "";
    nodes.set(entity.id, { id: entity.id, kind: spoken(entity.type), name: entity.name, key: key === entity.name ? "" : key, main });
  };
  /** Takes in what a card says; gives how many facts are not drawn. */
  const grow = (one: Card): number => {
    grown.add(one.entity.id);
    add(one.entity);
    let left = 0;
    for (const fact of linked(one)) {
      if (!nodes.has(fact.other.id) && (nodes.size >= MOST || lines.size >= MOST * 2)) {
        left += 1;
        continue;
      }
      add(fact.other);
      const forward = fact.direction === "out";
      if (!lines.has(fact.fact)) lines.set(fact.fact, { id: fact.fact, from: one.entity.id, to: fact.other.id, name: spoken(fact.predicate), forward });
    }
    return left + one.left_out;
  };
  const light = (): void => {
    const text = finding.value.trim().toLowerCase();
    const ids = text ? [...nodes.values()].filter((one) => `${one.name} ${one.key ?? ""}`.toLowerCase().includes(text)).map((one) => one.id) : [];
    drawn?.light(text ? new Set(ids) : null);
    lit.textContent = text ? `${number(ids.length)} of ${number(nodes.size)} drawn` : "";
  };
  const read = (id: string, limit: number): Promise<Card> => get<Card>(`/v1/entities/${parts(id)}`, { ...scope, limit, predicate: relation.value });
  /** Each thing that is drawn, to be opened or grown without the picture. */
  const listed = (): void =>
    fill(
      list,
      [...nodes.values()].map((one) =>
        el(
          "li",
          { "data-drawn": one.id },
          el("a", { href: address(["explore"], { ...Object.fromEntries(here().query), entity: one.id, open: null, find: null }) }, one.name),
          el("span", { class: "quiet" }, ` ${[one.kind, one.key].filter(Boolean).join(" · ")} `),
          grown.has(one.id) ? null : el("button", { type: "button", class: "small", "aria-label": `Expand ${one.name}`, onclick: () => void open(one.id, true) }, "expand"),
        ),
      ),
    );
  const draw = async (left: number, more: boolean): Promise<void> => {
    const mine = begun;
    listed();
    fill(body, loading("Drawing"));
    const { picture } = await import("../picture");
    if (closed || mine !== begun) return;
    drawn?.close();
    drawn = picture(
      `${plural(nodes.size, "thing")} around ${card.entity.name}; the lists below have the same.`,
      [...nodes.values()],
      [...lines.values()],
      (id) => {
        if (nodes.has(id)) void open(id);
      },
      "what it is around",
    );
    const full = nodes.size >= MOST ? ` A picture has ${MOST} things at most.` : "";
    const rest = more ? " There are more than are drawn." : left > 0 ? ` ${plural(left, "further fact")} not drawn.` : "";
    fill(body, drawn.node, el("p", { class: "quiet" }, "Choose a thing to see what is around it, and again to open it.", rest, rest ? full : ""));
    light();
  };
  /** Reads these and takes them in, unless it was begun anew meanwhile. */
  const take = async (ids: string[], limit: number): Promise<[number, boolean] | null> => {
    const mine = begun;
    let left = 0;
    let more = false;
    for (let at = 0; at < ids.length && nodes.size < MOST; at += AT_ONCE) {
      const cards = await Promise.all(ids.slice(at, at + AT_ONCE).map((id) => read(id, limit)));
      if (mine !== begun || closed) return null;
      for (const one of cards) {
        left += grow(one);
        more ||= one.cut.length > 0;
      }
    }
    return [left, more];
  };
  const open = async (id: string, byKey = false): Promise<void> => {
    if (grown.has(id)) {
      told(id);
      return;
    }
    const before = nodes.size;
    try {
      const taken = await take([id], FIRST);
      if (taken === null) return;
      opened = [...opened, id];
      change({ open: opened }, true);
      await draw(...taken);
    } catch (error) {
      fill(body, refused(error));
      return;
    }
    if (!byKey) return;
    // The list was made anew: the focus goes on from where it was.
    list.querySelector<HTMLElement>(`[data-drawn="${CSS.escape(id)}"] a`)?.focus();
    say(`${plural(nodes.size - before, "thing")} more around ${nodes.get(id)?.name ?? id}`);
  };
  const begin = async (): Promise<void> => {
    begun += 1;
    const mine = begun;
    for (const held of [nodes, lines, grown]) held.clear();
    add(card.entity, true);
    try {
      let [left, more] = [0, card.cut.length > 0];
      if (relation.value) {
        fill(body, loading());
        const taken = await take([card.entity.id], MOST);
        if (taken === null) return;
        [left, more] = taken;
      } else left = grow({ ...card, facts: card.facts.slice(0, FIRST * 2) });
      for (let level = 1; level < depth && nodes.size < MOST; level += 1) {
        const taken = await take([...nodes.keys()].filter((id) => !grown.has(id)), EACH);
        if (taken === null) return;
        left += taken[0];
        more ||= taken[1];
      }
      const taken = await take(opened.filter((id) => nodes.has(id) && !grown.has(id)), FIRST);
      if (taken === null) return;
      await draw(left + taken[0], more || taken[1]);
    } catch (error) {
      if (mine === begun && !closed) fill(body, refused(error));
    }
  };
  const anew = (values: Parameters<typeof change>[0]): void => {
    opened = [];
    change({ ...values, open: null }, true);
    void begin();
  };

  const relations = [...new Set(linked(card).map((fact) => fact.predicate))].sort();
  const wanted = query.get("relation") ?? "";
  const relation = choice([["", "all"], ...[...new Set([...relations, wanted])].filter(Boolean).map((name) => [name, spoken(name)] as const)], wanted, (to) => anew({ relation: to }));
  const finding = el("input", { type: "search", maxlength: 100, size: 18, value: query.get("find") ?? "", oninput: light, onchange: () => change({ find: finding.value }, true) });
  const lit = el("span", { class: "quiet", role: "status" });
  void begin();
  return {
    node: el(
      "div",
      {},
      el(
        "div",
        { class: "fields" },
        labelledField("Relation", relation),
        slider("Depth", DEEPEST, depth, (to) => ((depth = to), anew({ depth: to > 1 ? to : null }))),
        labelledField("Find in the picture", finding),
        lit,
      ),
      body,
      el("details", { class: "block" }, el("summary", {}, "What is drawn, as a list"), list),
    ),
    close: () => {
      closed = true;
      drawn?.close();
    },
  };
}

const linked = (card: Card): (Statement & { other: Entity })[] =>
  card.facts.filter((fact): fact is Statement & { other: Entity } => fact.other !== null);
