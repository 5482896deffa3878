import { el } from "../dom";
import { empty } from "../parts/notice";
import type { View } from "../place";

export function show(): Promise<View> {
  const node = el("div", { class: "page" }, empty("There is no such view", el("p", {}, el("a", { href: "/" }, "Ask a question"))));
  return Promise.resolve({ title: "Not found", node });
}
