/** Why: the picture of the explanation, the same as a table, and its exports. */

import { el, fill } from "../dom";
import { layered } from "../layers";
import type { Picture } from "../picture";
import { change } from "../place";
import type { Decision } from "../types";
import { number, plural, spoken } from "../words";
import { button, copy, saving, slider, switcher } from "./controls";
import { loading } from "./notice";
import { table } from "./table";

/** Nodes up to which plain values are drawn without being asked for. */
const FEW = 40;
/** Nodes in a picture; beyond it nobody reads one, and the table has them all. */
const MOST = 300;

export interface Why {
  node: HTMLElement;
  update(query: URLSearchParams, lit: ReadonlySet<string> | null): void;
  /** Marks the facts that the answer needs. */
  needed(facts: ReadonlySet<string>): void;
  close(): void;
}

export function whyPart(decision: Decision, query: URLSearchParams, choose: (evidence: string[]) => void): Why {
  // Records of older releases have no `cut`.
  const { nodes, relationships, left_out, cut = [], cypher } = decision.explanation;
  const holder = el("div", { class: "why-body" });
  let drawn: Picture | null = null;
  let closed = false;
  let wanted: ReadonlySet<string> | null = null;
  let necessary: ReadonlySet<string> = new Set();
  let form = "";
  const graph = layered(decision);
  const farthest = Math.max(0, ...[...graph.away.values()]);
  const values = graph.nodes.filter((one) => one.value).length;
  const shows = { depth: farthest, values: nodes.length <= FEW };
  /** Keeps what is near enough, and plain values where they are wanted. */
  const narrow = (): void => {
    const kept = graph.nodes.filter((one) => (shows.values || !one.value) && (graph.away.get(one.id) ?? farthest) <= shows.depth);
    drawn?.only(kept.length === graph.nodes.length ? null : new Set(kept.map((one) => one.id)));
  };
  const cites = (id: string): string[] => {
    const around = relationships.filter((one) => one.id === id || one.start === id || one.end === id).map((one) => one.id);
    return decision.evidence.filter((one) => one.facts.some((fact) => around.includes(fact))).map((one) => one.id);
  };

  const draw = async (): Promise<void> => {
    fill(holder, loading("Drawing"));
    const { picture } = await import("../picture");
    if (closed || form !== "picture") return;
    const shown = graph.nodes.slice(0, MOST);
    const ids = new Set(shown.map((one) => one.id));
    drawn = picture(summary(decision), shown, graph.lines.filter((one) => ids.has(one.from) && ids.has(one.to)), (id) => choose(cites(id)));
    fill(
      holder,
      drawn.node,
      nodes.length > MOST ? el("p", { class: "quiet" }, `The first ${MOST} of ${plural(nodes.length, "node")} are drawn; the table has them all.`) : null,
    );
    if (!shows.values || shows.depth < farthest) narrow();
    drawn.light(wanted);
    drawn.strong(necessary);
  };
  const asTable = (): HTMLElement => {
    const names = new Map(nodes.map((one) => [one.id, one.name]));
    return table(
      "Relationships of the explanation",
      [
        { name: "From", cell: (one) => names.get(one.start) ?? one.start },
        { name: "Relation", cell: (one) => spoken(one.type) },
        { name: "To", cell: (one) => names.get(one.end) ?? one.end },
        { name: "Evidence", cell: (one) => decision.evidence.filter((item) => item.facts.includes(one.id)).slice(0, 4).map((item) => el("button", { type: "button", class: "cite", "data-evidence": item.id, onclick: () => change({ evidence: item.id }) }, item.id)) },
      ],
      relationships,
    );
  };
  const view = (query: URLSearchParams): void => {
    const next = query.get("view") === "table" ? "table" : "picture";
    if (next === form) return;
    form = next;
    // There is a picture to save only where one is drawn.
    png.hidden = form === "table";
    drawn?.close();
    drawn = null;
    if (form === "table") fill(holder, asTable());
    else void draw();
  };

  const png = button("PNG", () => drawn?.save(`${decision.decision_id}.png`));
  const absent = decision.evidence.filter((one) => one.kind === "absence");
  const picturable = relationships.length > 0;
  const node = el(
    "section",
    { class: "why", "aria-labelledby": "why-title" },
    el(
      "div",
      { class: "section-head" },
      el("h2", { id: "why-title" }, "Why"),
      picturable ? switcher("Form", [["picture", "Picture"], ["table", "Table"]], query.get("view") === "table" ? "table" : "picture", (to) => change({ view: to === "table" ? to : null })) : null,
      picturable && farthest > 1
        ? slider("Depth", farthest, farthest, (depth) => ((shows.depth = depth), narrow()))
        : null,
      picturable && values > 0 && nodes.length > FEW ? el("label", { class: "check" }, el("input", { type: "checkbox", onchange: (event: Event) => ((shows.values = (event.target as HTMLInputElement).checked), narrow()) }), plural(values, "plain value")) : null,
    ),
    picturable ? holder : el("p", { class: "quiet" }, nodes.length ? "No relationship was needed for this answer." : "Nothing of the graph stands behind this answer."),
    absent.map((one) => el("div", { class: "absent" }, el("strong", {}, "Searched, not found. "), one.text, " ", el("button", { type: "button", class: "cite", "data-evidence": one.id, onclick: () => change({ evidence: one.id }) }, one.id))),
    left_out > 0 ? el("p", { class: "quiet" }, `${number(left_out)} more pieces of evidence are not in the picture.`) : null,
    cut.map((one) => el("p", { class: "quiet" }, `Cut: ${one}.`)),
    picturable
      ? el(
          "div",
          { class: "exports" },
          cypher ? button("Copy Cypher for Neo4j Browser", () => void copy(cypher, "Copied. Paste it into Neo4j Browser."), "small") : null,
          saving("SVG", explanation(decision), { format: "svg" }, `${decision.decision_id}.svg`),
          png,
          saving("JSON", explanation(decision), { format: "json" }, `${decision.decision_id}.json`),
          saving("Turtle", explanation(decision), { format: "turtle" }, `${decision.decision_id}.ttl`),
          saving("GraphML", explanation(decision), { format: "graphml" }, `${decision.decision_id}.graphml`),
        )
      : null,
  );
  return {
    node,
    update(query, lit) {
      wanted = lit;
      if (picturable) view(query);
      drawn?.light(lit);
    },
    needed(facts) {
      necessary = facts;
      drawn?.strong(facts);
    },
    close() {
      closed = true;
      drawn?.close();
    },
  };
}

const explanation = (decision: Decision): string => `/v1/decisions/${encodeURIComponent(decision.decision_id)}/explanation`;

function summary(decision: Decision): string {
  const { nodes, relationships } = decision.explanation;
  return `Picture of ${plural(nodes.length, "thing")} and ${plural(relationships.length, "fact")} behind the answer; the table has the same.`;
}
