/** What is around an entity, as a picture that grows where it is asked to. */

import { get, parts } from "../api";
import { el, fill } from "../dom";
import type { Drawn, Line, Picture } from "../picture";
import type { Card, Entity, Statement } from "../types";
import { plural, spoken } from "../words";
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

  const add = (entity: Entity, main = false): void => {
    if (nodes.has(entity.id)) return;
    const key = entity.keys[0] ?? "";
    nodes.set(entity.id, { id: entity.id, kind: spoken(entity.type), name: entity.name, key: key === entity.name ? "" : key, main });
  };
  const grow = (one: Card): number => {
    grown.add(one.entity.id);
    add(one.entity);
    const linked = one.facts.filter((fact): fact is Statement & { other: Entity } => fact.other !== null);
    let left = 0;
    for (const fact of linked) {
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
  const draw = async (left: number): Promise<void> => {
    fill(body, loading("Drawing"));
    const { picture } = await import("../picture");
    if (closed) return;
    drawn?.close();
    drawn = picture(`${plural(nodes.size, "thing")} around ${card.entity.name}; the lists below have the same.`, [...nodes.values()], [...lines.values()], (id) => {
      if (nodes.has(id)) void open(id);
    });
    fill(
      body,
      drawn.node,
      el("p", { class: "quiet" }, "Choose a thing to see what is around it, and again to open it.", left > 0 ? ` ${plural(left, "further fact")} not drawn${nodes.size >= MOST ? `: a picture has ${MOST} things at most` : ""}.` : ""),
    );
  };
  const open = async (id: string): Promise<void> => {
    if (grown.has(id)) {
      told(id);
      return;
    }
    try {
      await draw(grow(await get<Card>(`/v1/entities/${parts(id)}`, { limit: FIRST })));
    } catch (error) {
      fill(body, refused(error));
    }
  };
  add(card.entity, true);
  void draw(grow({ ...card, facts: card.facts.slice(0, FIRST * 2) }));
  return {
    node: body,
    close: () => {
      closed = true;
      drawn?.close();
    },
  };
}
