/** What an answer may be made from: datasets, classification, the day, the known time. */

import { get } from "../api";
import { el } from "../dom";
import type { Schema, Scope } from "../types";
import { day, time } from "../words";
import { labelledField } from "./controls";

let loaded: Promise<Schema> | null = null;
/** Types, predicates, datasets and examples; read once. */
export function schema(): Promise<Schema> {
  loaded ??= get<Schema>("/v1/schema").catch((error: unknown) => {
    loaded = null;
    throw error;
  });
  return loaded;
}

export const forgetSchema = (): void => void (loaded = null);

export function scopeOf(query: URLSearchParams): Scope {
  return {
    datasets: query.getAll("dataset"),
    ceiling: query.get("ceiling"),
    valid_as_of: query.get("valid"),
    known_as_of: query.get("known"),
  };
}

export function scopeInWords(scope: Scope): string {
  return [
    scope.datasets.length ? scope.datasets.join(", ") : "all current data",
    scope.valid_as_of ? `true on ${day(scope.valid_as_of)}` : "true today",
    scope.known_as_of ? `as known on ${time(scope.known_as_of)}` : null,
    scope.ceiling ? `up to ${scope.ceiling}` : null,
  ]
    .filter(Boolean)
    .join(" · ");
}

/** Fields for a scope, folded away while nothing is narrowed; `read` gives what they say. */
export function scopePicker(scope: Scope): { node: HTMLElement; read: () => Scope } {
  const valid = el("input", { type: "date", value: scope.valid_as_of ?? "" });
  const known = el("input", { type: "text", value: scope.known_as_of ?? "", placeholder: "now", maxlength: 40 });
  const ceiling = el(
    "select",
    {},
    ["", "public", "internal", "confidential", "restricted"].map((one) =>
      el("option", { value: one, selected: one === (scope.ceiling ?? "") }, one || "as high as I may"),
    ),
  );
  const list = el("fieldset", { class: "datasets" }, el("legend", {}, "Datasets (none means all that are current)"));
  const words = el("span", {});
  let chosen = new Set(scope.datasets);
  const read = (): Scope => ({
    datasets: [...chosen],
    ceiling: ceiling.value || null,
    valid_as_of: valid.value || null,
    known_as_of: known.value.trim() || null,
  });
  const tell = (): void => void (words.textContent = scopeInWords(read()));
  const offer = (refs: { ref: string; title: string; current: boolean }[]): void =>
    list.append(
      ...refs.map((one) => {
        const box = el("input", { type: "checkbox", checked: chosen.has(one.ref), onchange: () => (box.checked ? chosen.add(one.ref) : chosen.delete(one.ref), tell()) });
        return el("label", { class: "check" }, box, el("span", {}, one.title || one.ref, " ", el("span", { class: "quiet" }, one.ref, one.current ? "" : " · not current")));
      }),
    );
  const node = el(
    "details",
    { class: "scope", open: scope.datasets.length > 0 || scope.valid_as_of !== null || scope.known_as_of !== null },
    el("summary", {}, el("span", { class: "quiet" }, "From "), words),
    el("div", { class: "fields" }, labelledField("True on", valid), labelledField("As known at", known, "a day or a time; empty for now"), labelledField("Classification", ceiling)),
    list,
  );
  node.addEventListener("change", tell);
  tell();
  let asked = false;
  const open = (): void => {
    if (asked || !node.open) return;
    asked = true;
    schema().then(
      (found) => {
        const refs = new Set(found.datasets.map((one) => one.ref));
        offer(found.datasets);
        offer([...chosen].filter((ref) => !refs.has(ref)).map((ref) => ({ ref, title: ref, current: true })));
      },
      () => offer([...chosen].map((ref) => ({ ref, title: ref, current: true }))),
    );
  };
  node.addEventListener("toggle", open);
  open();
  return { node, read };
}
