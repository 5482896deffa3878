/** What is around an entity, as a picture that grows where it is asked to, and can be kept to one relation. */

import { get, parts } from "../api";
import { el, fill } from "../dom";
import type { Drawn, Line, Picture } from "../picture";
import type { Card, Entity, Statement } from "../types";
import { number, plural, spoken } from "../words";
import { choice, labelledField } from "./controls";
import { loading, refused } from "./notice";

const FIRST = 24;
/** Neighbours drawn of one entity. */
const MOST = 80;

export interface Around {
  node: HTMLElement;
  close(): void;
}

export function around(card: Card, told: (entity: string) => void): Around {
  const nodes = new Map<string, Drawn>();
  const lines = new Map<string, Line>();
  const grown = new Set<string>();
  const body = el("div", {});
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
  const draw = async (left: number, more: boolean): Promise<void> => {
    const mine = begun;
    fill(body, loading("Drawing"));
    const { picture } = await import("../picture");
    if (closed || mine !== begun) return;
    drawn?.close();
    drawn = picture(`${plural(nodes.size, "thing")} around ${card.entity.name}; the lists below have the same.`, [...nodes.values()], [...lines.values()], (id) => {
      if (nodes.has(id)) void open(id);
    });
    const full = nodes.size >= MOST ? ` A picture has ${MOST} things at most.` : "";
    const rest = more ? " There are more than are drawn." : left > 0 ? ` ${plural(left, "further fact")} not drawn.` : "";
    fill(body, drawn.node, el("p", { class: "quiet" }, "Choose a thing to see what is around it, and again to open it.", rest, rest ? full : ""));
    light();
  };
  const read = async (id: string, query: Parameters<typeof get>[1]): Promise<void> => {
    const mine = begun;
    try {
      const found = await get<Card>(`/v1/entities/${parts(id)}`, query);
      if (mine !== begun) return;
      await draw(grow(found), found.cut.length > 0);
    } catch (error) {
      if (mine === begun) fill(body, refused(error));
    }
  };
  const open = async (id: string): Promise<void> => {
    if (grown.has(id)) told(id);
    else await read(id, { limit: FIRST, predicate: relation.value });
  };
  const begin = (): void => {
    begun += 1;
    for (const held of [nodes, lines, grown]) held.clear();
    add(card.entity, true);
    if (relation.value) void read(card.entity.id, { limit: MOST, predicate: relation.value });
    else void draw(grow({ ...card, facts: card.facts.slice(0, FIRST * 2) }), card.cut.length > 0);
  };

  const relations = [...new Set(linked(card).map((fact) => fact.predicate))].sort();
  const relation = choice([["", "all"], ...relations.map((name) => [name, spoken(name)] as const)], "", begin);
  const finding = el("input", { type: "search", maxlength: 100, size: 18, oninput: light });
  const lit = el("span", { class: "quiet", role: "status" });
  begin();
  return {
    node: el("div", {}, el("div", { class: "fields" }, labelledField("Relation", relation), labelledField("Find in the picture", finding), lit), body),
    close: () => {
      closed = true;
      drawn?.close();
    },
  };
}

const linked = (card: Card): (Statement & { other: Entity })[] =>
  card.facts.filter((fact): fact is Statement & { other: Entity } => fact.other !== null);
