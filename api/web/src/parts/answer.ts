/** An answer by its type: the answer first, in the form that fits it. */

import { el, type Child } from "../dom";
import { offered } from "../me";
import { address } from "../place";
import type { Answer, Entity, Json, Plan, Row } from "../types";
import { brief, number, shown, spoken } from "../words";
import { button } from "./controls";
import { table, type Column } from "./table";

export function entityLink(entity: Entity): HTMLElement {
  const key = entity.keys[0];
  return el(
    "a",
    { class: "entity", href: address(["explore"], { entity: entity.id }), title: spoken(entity.type) },
    entity.name,
    key && key !== entity.name ? el("span", { class: "key" }, key) : null,
    entity.status ? el("span", { class: "badge warn" }, entity.status) : null,
  );
}

/** What was found; the members are listed below it. */
export function answerText(answer: Answer): HTMLElement {
  const big = headline(answer);
  // What was looked for stands under "How I read this".
  // A long list is cut; that sources disagree is not.
  const [whole = "", disagree] = brief(answer.text).split(/ (?=Sources disagree\. )/);
  // Readings to choose among stand below it.
  const text = answer.choices.length ? whole.replace(/: \(1\) .*$/s, ".") : whole;
  const listed = ["list", "ranking", "partition", "pairs", "comparison"].includes(answer.type ?? "") && answer.rows.length > 3;
  return el("div", { class: "answer-text" }, big ? el("p", { class: "figure" }, big) : null, el("p", { class: listed ? "sentence brief" : "sentence" }, text), disagree ? el("p", { class: "warn-line" }, disagree) : null);
}

function headline(answer: Answer): Child {
  const { type, value, of } = answer;
  if (type === "count" && typeof value === "number") return of === null ? number(value) : [number(value), el("span", { class: "of" }, ` of ${number(of)}`)];
  if (type === "yes_no" && typeof value === "boolean") return value ? "Yes" : "No";
  if (type === "decision" && (typeof value === "string" || typeof value === "number")) return String(value);
  if (type === "value" && (typeof value === "string" || typeof value === "number")) return String(value);
  return null;
}

/** Members, numbers or groups of the answer; readings to choose among where one can be run. */
export function answerRows(answer: Answer, cite: (claim: string) => Child, run: ((plan: Plan, words: string) => void) | null, names = new Map<string, string>()): Child[] {
  const entities = new Map(answer.entities.map((one) => [one.id, one]));
  return [
    answer.type === "comparison" && answer.value && typeof answer.value === "object" && !Array.isArray(answer.value)
      ? bars(Object.entries(answer.value))
      : null,
    answer.rows.length ? rows(answer, entities, cite, names) : null,
    answer.type === "path" && answer.entities.length
      ? el("ol", { class: "chain" }, answer.entities.map((one) => el("li", {}, entityLink(one))))
      : null,
    answer.choices.length
      ? el(
          "ol",
          { class: "choices" },
          answer.choices.map((one) =>
            el(
              "li",
              {},
              el("p", { class: "reading" }, one.interpretation),
              el("p", { class: "quiet" }, brief(one.answer.text)),
              run && offered("ask", button("I mean this", () => run(one.plan, one.interpretation), "primary")),
            ),
          ),
        )
      : null,
  ];
}

function rows(answer: Answer, entities: Map<string, Entity>, cite: (claim: string) => Child, names: Map<string, string>): HTMLElement {
  const name = (id: string | null): Child => {
    const found = id === null ? undefined : entities.get(id);
    if (found) return entityLink(found);
    return id === null ? null : el("a", { href: address(["explore"], { entity: id }) }, names.get(id) ?? id);
  };
  const has = (key: keyof Row): boolean => answer.rows.some((one) => one[key] !== undefined && one[key] !== null);
  const ranked = answer.type === "ranking";
  const columns: Column<Row>[] = [
    ...(ranked ? [{ name: "#", cell: (row: Row) => answer.rows.indexOf(row) + 1, kind: "number" as const }] : []),
    ...(has("entity") ? [{ name: "", cell: (row: Row) => name(row.entity), kind: "wide" as const }] : []),
    // A group is mostly called as what makes it.
    ...(has("other") && answer.rows.some((row) => row.group !== names.get(row.other ?? "")) ? [{ name: "With", cell: (row: Row) => name(row.other ?? null) }] : []),
    ...(has("group") ? [{ name: "Group", cell: (row: Row) => row.group }] : []),
    ...(has("value")
      ? [{ name: "Value", cell: (row: Row) => [cell(row.value), row.of === undefined ? null : ` of ${number(row.of)}`], kind: typeof answer.rows[0]?.value === "number" ? ("number" as const) : undefined }]
      : []),
    ...(has("rule") ? decided(answer.rows) : []),
    { name: "Evidence", cell: (row: Row) => (row.claim ? cite(row.claim) : null) },
  ].map((one) => one as Column<Row>);
  return table("Members of the answer", columns, answer.rows);
}

/** Why a decision table says so, and what would make it say something else. */
function decided(all: Row[]): Column<Row>[] {
  const flips = all.some((row) => row.flips?.length);
  return [
    { name: "Because", cell: (row) => Object.entries(row.inputs ?? {}).map(([name, value]) => el("div", {}, el("span", { class: "quiet" }, spoken(name)), ` ${shown(value)}`)) },
    { name: "Row that fired", cell: (row) => ruleLink(row.rule ?? "") },
    ...(flips
      ? [{ name: "Would be otherwise", cell: (row: Row) => (row.flips ?? []).map((flip) => el("div", {}, el("span", { class: "quiet" }, spoken(flip.input)), ` ${shown(flip.value)} → ${flip.outcomes.join(" or ")}`)) }]
      : []),
  ];
}

/** Leads to the row of a table that is kept by version; one that came with a dataset is seen in the evidence. */
function ruleLink(rule: string): Child {
  const [, name, version, row] = /^(\S+)@(\d+) row (\S+)$/.exec(rule) ?? [];
  return name && version && row ? el("a", { href: tableRow(name, version, row) }, rule) : rule;
}

export const tableRow = (name: string, version: string, row: string): string =>
  address(["tables", name], { before: version, after: version, row });

const cell = (value: Json): string => (value === null ? "" : shown(value));

function bars(values: [string, Json][]): HTMLElement {
  const sized = values.map(([name, value]) => {
    const [count, of] = Array.isArray(value) ? (value as number[]) : [value as number, undefined];
    return { name, count: count ?? 0, of };
  });
  const most = Math.max(...sized.map((one) => one.of ?? one.count), 1);
  return el(
    "ul",
    { class: "bars" },
    sized.map((one) => {
      const meter = el("meter", { min: 0, max: most, value: one.count, "aria-hidden": true });
      return el("li", {}, el("span", {}, one.name), meter, el("strong", {}, number(one.count), one.of === undefined ? "" : ` of ${number(one.of)}`));
    }),
  );
}
