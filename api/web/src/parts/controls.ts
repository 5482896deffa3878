/** Small controls that several views have. */

import { blob } from "../api";
import { el, fresh, say, type Child } from "../dom";

export function button(label: Child, onclick: () => void, kind = ""): HTMLButtonElement {
  return el("button", { type: "button", class: kind || null, onclick }, label);
}

export function labelledField(label: string, field: HTMLElement, hint?: string): HTMLElement {
  const id = field.id || fresh("field");
  field.id = id;
  const hinted = hint === undefined ? null : el("span", { class: "hint", id: `${id}-hint` }, hint);
  if (hinted !== null) field.setAttribute("aria-describedby", hinted.id);
  return el("div", { class: "field" }, el("label", { for: id }, label), field, hinted);
}

export function choice(options: readonly (readonly [string, string])[], value: string, onchange?: (value: string) => void): HTMLSelectElement {
  const made = el(
    "select",
    {},
    options.map(([key, text]) => el("option", { value: key, selected: key === value }, text)),
  );
  if (onchange) made.addEventListener("change", () => onchange(made.value));
  return made;
}

/** Buttons of which one is on. */
export function switcher<T extends string>(label: string, options: readonly (readonly [T, string])[], value: T, onchange: (value: T) => void): HTMLElement {
  const made = options.map(([key, text]) =>
    el("button", { type: "button", "aria-pressed": String(key === value), onclick: () => (mark(key), onchange(key)) }, text),
  );
  const mark = (key: T): void =>
    made.forEach((one, at) => one.setAttribute("aria-pressed", String(options[at]?.[0] === key)));
  return el("div", { class: "switcher", role: "group", "aria-label": label }, made);
}

/** A number from a range; told when it is let go. */
export function slider(label: string, most: number, value: number, onchange: (value: number) => void): HTMLElement {
  const id = fresh("slider");
  const told = el("output", { for: id }, String(value));
  const input = el("input", { type: "range", id, min: 1, max: most, value });
  input.addEventListener("input", () => (told.textContent = input.value));
  input.addEventListener("change", () => onchange(Number(input.value)));
  return el("div", { class: "slider" }, el("label", { for: id }, label), input, told);
}

export async function copy(text: string, said: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    say(said, true);
  } catch {
    say("Copying is not allowed here: select the text and copy it.", true);
  }
}

export function keep(content: Blob, name: string): void {
  const url = URL.createObjectURL(content);
  el("a", { href: url, download: name }).click();
  // The download has begun by then.
  setTimeout(() => URL.revokeObjectURL(url), 1_000);
}

/** Fetches a file of the API, as who is at the page, and saves it. */
export function saving(label: string, path: string, query: Record<string, string>, name: string): HTMLButtonElement {
  return button(label, () => {
    void blob(path, query).then(
      (content) => keep(content, name),
      (error: Error) => say(error.message, true),
    );
  });
}

export function badge(text: string, kind: string): HTMLElement {
  return el("span", { class: `badge ${kind}` }, text);
}
