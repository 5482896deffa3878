/** What stands where there is nothing else: work going on, nothing found, a refusal. */

import { credential, Refused } from "../api";
import { el, say, type Child } from "../dom";
import { address } from "../place";

export function loading(what = "Loading"): HTMLElement {
  return el("p", { class: "loading" }, el("span", { class: "dots", "aria-hidden": true }), what, "…");
}

export function empty(title: string, ...more: Child[]): HTMLElement {
  return el("div", { class: "notice" }, el("p", { class: "notice-title" }, title), ...more);
}

const TITLES: Record<number, string> = {
  0: "Whence cannot be reached",
  401: "Sign in to see this",
  403: "Your role does not allow this",
  404: "There is no such thing here",
  429: "Too many requests",
  503: "The store does not answer",
};

/** A refusal in words, with the way out. */
export function refused(error: unknown, again?: () => void): HTMLElement {
  if (!(error instanceof Refused)) {
    console.error(error);
    return el("div", { class: "notice problem", role: "alert" }, el("p", { class: "notice-title" }, "This view has a defect"), el("p", {}, "What it was to show could not be shown. The HTTP API gives the same."));
  }
  const { status, problem } = error;
  const outside = status === 401 && location.pathname !== "/sign-in";
  return el(
    "div",
    { class: "notice problem", role: "alert" },
    el("p", { class: "notice-title" }, TITLES[status] ?? "That did not work"),
    // What the API says to programs is no help to who has not tried to sign in yet.
    el("p", {}, outside && credential.get() === null ? "This server answers only whom it knows." : problem.detail),
    problem.choices?.length
      ? el("ul", {}, problem.choices.map((one) => el("li", {}, `${one.name} (${one.type}): `, el("code", {}, one.id))))
      : null,
    el(
      "p",
      { class: "quiet" },
      el("code", {}, problem.code),
      outside ? [" · ", el("a", { href: address(["sign-in"], { then: location.pathname + location.search }) }, "Sign in")] : null,
    ),
    again && (problem.retryable || status === 0)
      ? el("button", { type: "button", onclick: () => again() }, "Try again")
      : null,
  );
}

const latest = new WeakMap<Element, object>();

/** Shows that work goes on, then what came of it; of several for one target the last that was begun. */
export async function put(target: Element, made: () => Promise<Child>, what?: string): Promise<void> {
  const mine = {};
  latest.set(target, mine);
  const current = (): boolean => latest.get(target) === mine;
  target.replaceChildren(loading(what));
  if (what !== undefined) say(`${what} …`);
  target.setAttribute("aria-busy", "true");
  try {
    const found = await made();
    if (!current()) return;
    target.replaceChildren();
    target.append(...([found].flat() as (Node | string)[]).filter((one) => one !== null));
  } catch (error) {
    if (!current() || (error instanceof DOMException && error.name === "AbortError")) return;
    target.replaceChildren(refused(error, () => void put(target, made, what)));
  } finally {
    if (current()) target.removeAttribute("aria-busy");
  }
}
