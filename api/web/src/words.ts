/** Values in words. */

import type { Json } from "./types";

const days = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium" });
const times = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "short" });
const numbers = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 3 });
const ago = new Intl.RelativeTimeFormat("en-GB", { numeric: "auto" });

export const number = (value: number): string => numbers.format(value);

export function day(text: string): string {
  const at = new Date(`${text.slice(0, 10)}T12:00:00`);
  return Number.isNaN(at.getTime()) ? text : days.format(at);
}

export function time(text: string): string {
  const at = new Date(text);
  return Number.isNaN(at.getTime()) ? text : times.format(at);
}

const UNITS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
] as const;

/** "3 minutes ago"; the day itself beyond a month. */
export function since(text: string): string {
  const seconds = (Date.now() - new Date(text).getTime()) / 1000;
  if (Number.isNaN(seconds)) return text;
  if (seconds > 30 * 86_400) return day(text);
  for (const [unit, size] of UNITS) if (seconds >= size) return ago.format(-Math.floor(seconds / size), unit);
  return "just now";
}

export function plural(count: number, one: string, many = `${one}s`): string {
  return `${number(count)} ${count === 1 ? one : many}`;
}

/** A name of a predicate or type as words: `issued_under`, `SupplierSite`. */
export function spoken(name: string): string {
  return name.replace(/_/g, " ").replace(/([a-z])([A-Z])/g, "$1 $2").toLowerCase();
}

/** A sentence without the restatement of what was looked for. */
export const brief = (text: string): string => text.replace(/ I looked for .*$/s, "");

/** `line 8#Supplies` as "line 8, field Supplies". */
export function place(locator: string | null): string {
  if (locator === null || locator === "") return "";
  const cut = locator.indexOf("#");
  if (cut < 0) return locator;
  const record = locator.slice(0, cut);
  const field = locator.slice(cut + 1);
  const span = /^char=(\d+),(\d+)$/.exec(field);
  const what = span ? `characters ${span[1]} to ${span[2]}` : `${field.includes(",") ? "fields" : "field"} ${field.replace(/,/g, ", ")}`;
  return record ? `${record}, ${what}` : what;
}

export function valid(from: string | null, to: string | null): string {
  if (from && to) return `${day(from)} to ${day(to)}`;
  if (from) return `since ${day(from)}`;
  return to ? `until ${day(to)}` : "";
}

export const OUTCOMES: Record<string, string> = {
  answered: "Answered",
  abstained: "Not answered",
  ambiguous: "Which do you mean?",
  false_premise: "The question takes for granted what does not hold",
  pending_review: "Waiting for review",
};

export const KINDS: Record<string, string> = {
  fact: "Fact",
  path: "Chain of facts",
  passage: "Passage",
  absence: "Searched, not found",
  policy: "Row of a decision table",
  conflict: "Sources disagree",
};

export function shown(value: Json): string {
  if (value === null) return "none";
  if (typeof value === "boolean") return value ? "Yes" : "No";
  if (typeof value === "number") return number(value);
  if (Array.isArray(value)) return value.map(shown).join(", ");
  if (typeof value === "object") return Object.entries(value).map(([name, one]) => `${name}: ${shown(one)}`).join("; ");
  return value;
}

const STATES: Record<string, string> = { changes_requested: "changes asked for", excepted: "excepted for a time", lapsed: "approval lapsed" };
/** The state of a review. */
export const stateWords = (state: string): string => STATES[state] ?? state.replace(/_/g, " ");
