/** The frame of the page: its top, and one view at a time. */

import { recorded } from "./asking";
import { el } from "./dom";
import { knowing, offered } from "./me";
import { loading, refused } from "./parts/notice";
import { shade } from "./parts/shade";
import { address, follow, here, type Place, type View } from "./place";

type Show = (place: Place, signal: AbortSignal) => Promise<View>;

const VIEWS: Record<string, { name: string; load: () => Promise<{ show: Show }>; needs?: string; listed?: false }> = {
  "": { name: "Ask", load: () => import("./views/ask") },
  decisions: { name: "Decisions", load: () => import("./views/decisions") },
  explore: { name: "Explore", load: () => import("./views/explore") },
  reviews: { name: "Reviews", load: () => import("./views/reviews"), needs: "review" },
  lineage: { name: "Lineage", load: () => import("./views/lineage") },
  loads: { name: "Loads", load: () => import("./views/loads") },
  prompts: { name: "Prompts and tables", load: () => import("./views/prompts") },
  tables: { name: "Decision tables", load: () => import("./views/tables"), listed: false },
  audit: { name: "Audit", load: () => import("./views/audit"), needs: "audit" },
  "sign-in": { name: "Sign in", load: () => import("./views/sign-in"), listed: false },
};

const main = document.getElementById("main") as HTMLElement;
const links = Object.entries(VIEWS)
  .filter(([, view]) => view.listed !== false)
  .map(([path, view]) => [path, el("a", { href: `/${path}` }, view.name)] as const);

let shown: { view: View; path: string } | null = null;
let going = new AbortController();

async function show(place: Place, anew = false): Promise<void> {
  const path = place.path.join("/");
  if (!anew && shown?.path === path && shown.view.update && shown.view.update(place.query) !== false) return;
  going.abort();
  going = new AbortController();
  const { signal } = going;
  const first = place.path[0] ?? "";
  for (const [name, link] of links) {
    if (name === (first === "tables" ? "prompts" : first)) {
      link.setAttribute("aria-current", "page");
      // On a narrow screen the row of views scrolls.
      link.parentElement?.scrollTo({ left: link.offsetLeft - 120 });
    }
    else link.removeAttribute("aria-current");
  }
  shown?.view.close?.();
  const left = shown !== null;
  if (first !== "sign-in") who.setAttribute("href", address(["sign-in"], { then: location.pathname + location.search }));
  shown = null;
  // What comes at once needs no word of waiting.
  const waiting = setTimeout(() => main.replaceChildren(loading()), left ? 150 : 0);
  try {
    const view = await ((await VIEWS[first]?.load()) ?? (await import("./views/nowhere"))).show(place, signal);
    if (signal.aborted) {
      view.close?.();
      return;
    }
    shown = { view, path };
    document.title = view.title ? `${view.title} · Whence` : "Whence";
    main.replaceChildren(view.node);
    performance.mark("answer");
    if (left) {
      scrollTo(0, 0);
      // A title says where one is; the whole view would be read out.
      const title = main.querySelector("h1");
      title?.setAttribute("tabindex", "-1");
      (title ?? main).focus({ preventScroll: true });
    }
  } catch (error) {
    if (signal.aborted) return;
    document.title = "Whence";
    const list = place.path.length > 1 ? VIEWS[first] : undefined;
    main.replaceChildren(
      el("div", { class: "page" }, refused(error, () => void show(here())), list ? el("p", {}, el("a", { href: `/${first}` }, `To all of “${list.name}”`)) : null),
    );
  } finally {
    clearTimeout(waiting);
  }
}

for (const [path, link] of links) {
  const { needs } = VIEWS[path] ?? {};
  if (needs !== undefined) offered(needs, link);
}
const who = el("a", { class: "who", href: "/sign-in", hidden: true });
knowing((found) => {
  who.hidden = found !== null && !found.access;
  who.textContent = found === null ? "Sign in" : found.name;
});

document.getElementById("top")?.append(
  el("a", { class: "brand", href: "/" }, "Whence"),
  el("nav", { "aria-label": "Views" }, links.map(([, link]) => link)),
  who,
  shade(),
);
const [first, decision] = here().path;
if (first === "decisions" && decision !== undefined) {
  // Who opens a decision waits for it and for its picture: both are on their way before the view is.
  recorded(decision).catch(() => undefined);
  void import("./picture");
}
follow((place, anew) => void show(place, anew));
void show(here());
