/** Completion of entity names while typing: a combobox as WAI-ARIA describes it. */

import { get } from "../api";
import { el, fresh, settled } from "../dom";
import type { Entity } from "../types";
import { spoken } from "../words";

interface Part {
  start: number;
  end: number;
  text: string;
}
type Field = HTMLInputElement | HTMLTextAreaElement;

const LEAST = 3;

/** The last one and last two words before the caret. */
function wordsBefore(field: Field): Part[] {
  const end = field.selectionStart ?? field.value.length;
  const before = field.value.slice(0, end);
  const found = [/(\S+\s+\S+)$/, /(\S+)$/].flatMap((pattern) => {
    const text = pattern.exec(before)?.[1];
    return text !== undefined && text.length >= LEAST ? [{ start: end - text.length, end, text }] : [];
  });
  return found;
}

const whole = (field: Field): Part[] =>
  field.value.trim() ? [{ start: 0, end: field.value.length, text: field.value.trim() }] : [];

/**
 * Lets a field complete names of entities. In a question (`within`) the words before the caret are completed and the
 * name is put in their place; else the whole text is, and `picked` is told the entity.
 */
export function completing(field: Field, within: boolean, picked?: (entity: Entity) => void, types: () => string[] = () => []): HTMLElement {
  const list = el("ul", { class: "options", role: "listbox", id: fresh("options"), "aria-label": "Names in the graph", hidden: true });
  field.setAttribute("role", "combobox");
  field.setAttribute("aria-autocomplete", "list");
  field.setAttribute("aria-expanded", "false");
  field.setAttribute("aria-controls", list.id);
  field.setAttribute("autocomplete", "off");
  let offered: { entity: Entity; part: Part }[] = [];
  let at = -1;
  let asked = 0;

  const close = (): void => {
    asked += 1;
    offered = [];
    list.hidden = true;
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
  };
  const mark = (to: number): void => {
    at = to;
    [...list.children].forEach((one, index) => one.setAttribute("aria-selected", String(index === to)));
    const active = list.children[to];
    if (active) field.setAttribute("aria-activedescendant", active.id);
    else field.removeAttribute("aria-activedescendant");
    active?.scrollIntoView({ block: "nearest" });
  };
  const take = (index: number): void => {
    const one = offered[index];
    if (!one) return;
    const { start, end } = one.part;
    field.setRangeText(within ? one.entity.name : one.entity.id, start, end, "end");
    close();
    field.focus();
    picked?.(one.entity);
  };
  const look = settled(140, async () => {
    asked += 1;
    const mine = asked;
    const spans = within ? wordsBefore(field) : whole(field);
    const found = await Promise.all(
      spans.map((part) =>
        get<{ entities: Entity[] }>("/v1/entities", { q: part.text, limit: 6, type: types() }).then(
          (list) => list.entities.map((entity) => ({ entity, part })),
          () => [],
        ),
      ),
    );
    if (mine !== asked || document.activeElement !== field) return;
    const seen = new Set<string>();
    offered = found.flat().filter(({ entity, part }) => {
      const had = seen.has(entity.id) || (within && entity.name === part.text);
      seen.add(entity.id);
      return !had;
    }).slice(0, 7);
    list.replaceChildren(
      ...offered.map(({ entity }, index) =>
        el(
          "li",
          // A press would take the focus from the field.
          { role: "option", id: fresh("option"), onmousedown: (event: MouseEvent) => (event.preventDefault(), take(index)) },
          el("span", {}, entity.name),
          el("span", { class: "quiet" }, [spoken(entity.type), entity.keys[0]].filter((text) => text && text !== entity.name).join(" · ")),
        ),
      ),
    );
    list.hidden = offered.length === 0;
    field.setAttribute("aria-expanded", String(offered.length > 0));
    mark(-1);
  });

  field.addEventListener("input", look);
  field.addEventListener("blur", close);
  field.addEventListener("keydown", (event) => {
    const key = (event as KeyboardEvent).key;
    if (list.hidden) return;
    if (key === "ArrowDown") mark((at + 1) % offered.length);
    else if (key === "ArrowUp") mark(at <= 0 ? offered.length - 1 : at - 1);
    else if ((key === "Enter" || key === "Tab") && at >= 0) take(at);
    else if (key === "Escape") close();
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  return el("div", { class: "completing" }, field, list);
}
