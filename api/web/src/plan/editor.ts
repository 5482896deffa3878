/** A plan as steps that can be changed and run again. */

import { get, parts } from "../api";
import { el, fill } from "../dom";
import { completing } from "../parts/completing";
import { button, choice, labelledField } from "../parts/controls";
import type { Card, Entity, Json, Plan, Schema } from "../types";
import { spoken } from "../words";
import { ADDED, chain, NOT_SETS, OPERATORS, type Kind } from "./operators";

interface Bench {
  schema: Schema;
  names: Map<string, string>;
  /** Draws all steps anew, after one came or went. */
  redraw: () => void;
}

const NAMES: Record<string, string> = {
  plan: "of",
  of: "out of",
  by: "by",
  without: "without",
  within: "nothing but",
  only: "only these",
  targets: "to reach",
  start: "from",
  end: "to",
  plans: "",
  options: "",
  type: "kept type",
  predicate: "relation",
  value: "value",
  upper: "up to",
  number: "how many",
  top: "how many",
  max_hops: "longest chain",
  repeat: "any number of steps",
  withdrawn: "withdrawn ones",
  counted: "only numbers",
  unordered: "each two once",
};

/** The editor, and a way to read the plan as it stands. */
export function planEditor(plan: Plan, schema: Schema, names: Map<string, string>): { node: HTMLElement; read: () => Plan } {
  let current = structuredClone(plan);
  const node = el("div", { class: "plan" });
  const bench: Bench = { schema, names, redraw: () => draw() };
  const draw = (): void => fill(node, steps(current, (changed) => ((current = changed), draw()), bench, true));
  draw();
  return { node, read: () => current };
}

function steps(plan: Plan, set: (plan: Plan) => void, bench: Bench, outermost = false): HTMLElement {
  const all = chain(plan);
  /** Puts a plan in the place of the step, inside what came after it. */
  const replace = (at: number, by: Plan): void => {
    const after = all[at + 1];
    if (after === undefined) set(by);
    else {
      after.source = by;
      set(plan);
    }
  };
  return el(
    "ol",
    { class: "steps" },
    all.map((one, at) => {
      const operator = OPERATORS[one.op];
      const source = all[at - 1];
      return el(
        "li",
        { class: "step" },
        el(
          "div",
          { class: "step-head" },
          el("strong", {}, operator?.says ?? one.op),
          Object.entries(operator?.fields ?? {}).map(([name, kind]) =>
            name === "source" || kind === "set" || kind === "sets" ? null : control(one, name, kind, bench),
          ),
          source && all.length > 1
            ? el("button", { type: "button", class: "small remove", "aria-label": `Remove the step “${operator?.says ?? one.op}”`, onclick: () => replace(at, source) }, "×")
            : null,
        ),
        Object.entries(operator?.fields ?? {}).map(([name, kind]) => (name === "source" ? null : inner(one, name, kind, bench))),
      );
    }),
    NOT_SETS.has(plan.op) ? null : el("li", { class: "step add" }, adding(plan, set, bench, outermost)),
  );
}

/** The plans inside a step. */
function inner(step: Plan, name: string, kind: Kind, bench: Bench): HTMLElement | null {
  const held = step[name];
  const says = NAMES[name] ?? spoken(name);
  const title = says ? el("span", { class: "inner-title" }, says) : null;
  if (kind === "set" && held && typeof held === "object" && !Array.isArray(held)) {
    return el("div", { class: "inner" }, title, steps(held as Plan, (changed) => ((step[name] = changed), bench.redraw()), bench));
  }
  if (kind === "sets" && Array.isArray(held) && held.length) {
    return el(
      "div",
      { class: "inner" },
      title,
      held.map((one, at) => steps(one as Plan, (changed) => ((held[at] = changed), bench.redraw()), bench)),
    );
  }
  return null;
}

function adding(plan: Plan, set: (plan: Plan) => void, bench: Bench, outermost: boolean): HTMLElement {
  const predicate = bench.schema.predicates.find((one) => one.value === null)?.name ?? "";
  const literal = bench.schema.predicates.find((one) => one.value !== null)?.name ?? "";
  const offered = ADDED.filter(([op]) => outermost || !NOT_SETS.has(op));
  const select = choice([["", "Add a step …"], ...offered.map(([op, text]) => [op, text] as const)], "", (op) => {
    const made = ADDED.find(([name]) => name === op)?.[2](predicate, literal);
    if (made) set({ op, source: plan, ...made } as Plan);
  });
  select.setAttribute("aria-label", "Add a step");
  return select;
}

function control(step: Plan, name: string, kind: Kind, bench: Bench): HTMLElement | null {
  const held = step[name];
  const says = NAMES[name] ?? spoken(name);
  const put = (value: Json | undefined): void => {
    if (value === undefined || value === "" || value === false) delete step[name];
    else step[name] = value;
  };
  const named = <T extends HTMLElement>(field: T): T => (field.setAttribute("aria-label", says), field);
  if (Array.isArray(kind)) {
    return named(choice(kind as readonly (readonly [string, string])[], String(held ?? kind[0]?.[0]), (value) => (put(value), bench.redraw())));
  }
  switch (kind) {
    case "type": {
      if (step.op === "entities" && Array.isArray(step.ids) && step.ids.length) return null;
      const types = bench.schema.types.map((one) => [one.name, spoken(one.name)] as const);
      return named(choice([["", step.op === "entities" ? "…" : "any type"], ...types], String(held ?? ""), put));
    }
    case "predicate":
    case "literal": {
      if (held === undefined && kind === "literal") return null;
      if (held === undefined && step.op === "paths") return null;
      const known = bench.schema.predicates.filter((one) => (one.value !== null) === (kind === "literal"));
      const options = known.map((one) => [one.name, spoken(one.name)] as const);
      const has = options.some(([key]) => key === held);
      return named(choice(has ? options : [[String(held), String(held)], ...options], String(held), put));
    }
    case "ids":
      return step.type ? null : ids(step, bench);
    case "flag": {
      if (name === "withdrawn" && !step.type) return null;
      const box = el("input", { type: "checkbox", checked: held === true, onchange: () => put(box.checked) });
      return el("label", { class: "check" }, box, says);
    }
    case "number": {
      if (name === "number" && step.op === "having" && !["at_least", "at_most", "exactly"].includes(String(step.quantifier))) return null;
      const field = el("input", { type: "number", min: 0, value: typeof held === "number" ? held : 1 });
      field.addEventListener("change", () => {
        if (Number.isNaN(field.valueAsNumber)) field.value = String(step[name] ?? 1);
        else put(field.valueAsNumber);
      });
      return named(field);
    }
    case "text": {
      if (name === "upper" && !["between", "overlaps"].includes(String(step.comparator))) return null;
      const field = el("input", { type: "text", value: typeof held === "string" ? held : "" });
      field.addEventListener("change", () => put(field.value));
      return named(field);
    }
    case "point": {
      const point = held && typeof held === "object" && !Array.isArray(held) ? held : {};
      const field = el("input", { type: "date", value: typeof point.as_of === "string" ? point.as_of : "" });
      field.addEventListener("change", () => {
        const { as_of: _, ...rest } = point;
        put(field.value ? { ...rest, as_of: field.value } : rest);
      });
      const datasets = Array.isArray(point.datasets) ? point.datasets.join(", ") : "";
      return el("span", { class: "check" }, datasets, named(field));
    }
    default:
      return Array.isArray(held) ? el("span", {}, held.map(String).join(", ")) : null;
  }
}

/** The entities a plan starts from: each can be taken out, and others found by name. */
function ids(step: Plan, bench: Bench): HTMLElement {
  const held = Array.isArray(step.ids) ? step.ids.map(String) : [];
  const put = (changed: string[]): void => {
    step.ids = changed;
    bench.redraw();
  };
  const field = el("input", { type: "text", placeholder: "another …", "aria-label": "Find an entity by name", size: 14 });
  const found = completing(field, false, (entity: Entity) => {
    bench.names.set(entity.id, entity.name);
    put([...held, entity.id]);
  });
  return el(
    "span",
    { class: "chips" },
    held.map((id) => {
      const label = el("span", {}, bench.names.get(id) ?? id);
      if (!bench.names.has(id)) {
        bench.names.set(id, id);
        get<Card>(`/v1/entities/${parts(id)}`, { limit: 1 }).then(
          (card) => (bench.names.set(id, card.entity.name), (label.textContent = card.entity.name)),
          () => undefined,
        );
      }
      return el(
        "span",
        { class: "chip", title: id },
        label,
        el("button", { type: "button", "aria-label": `Take out ${bench.names.get(id) ?? id}`, onclick: () => put(held.filter((one) => one !== id)) }, "×"),
      );
    }),
    found,
  );
}

/** The plan as JSON, for what the steps do not show. */
export function planText(plan: Plan): { node: HTMLElement; read: () => Plan } {
  const field = el("textarea", { rows: 14, spellcheck: "false", class: "code" });
  field.value = JSON.stringify(plan, null, 2);
  return { node: labelledField("Plan as JSON", field), read: () => JSON.parse(field.value) as Plan };
}

export const runs = (label: string, run: () => void): HTMLElement => button(label, run, "primary");
