/** Light or dark: as the machine has it, or as chosen here. */

import { el } from "../dom";

const KEY = "whence-shade";
const dark = matchMedia("(prefers-color-scheme: dark)");
const paper = matchMedia("print");

/** Called when the colours of the page change. */
export const onShade = new Set<() => void>();

function apply(): void {
  const chosen = localStorage.getItem(KEY);
  document.documentElement.dataset.shade = paper.matches ? "light" : (chosen ?? (dark.matches ? "dark" : "light"));
  for (const then of onShade) then();
}

apply();
dark.addEventListener("change", apply);
paper.addEventListener("change", apply);

export function shade(): HTMLElement {
  const name = (): string => (document.documentElement.dataset.shade === "dark" ? "Light" : "Dark");
  const button = el("button", { type: "button", class: "quiet-button", onclick: () => (localStorage.setItem(KEY, name().toLowerCase()), apply()) }, name());
  onShade.add(() => (button.textContent = name()));
  return button;
}
