/** Signing in with a key, or a token of the issuer, where access is on. */

import { el, fill } from "../dom";
import { me, signIn, signOut, type Me } from "../me";
import { button, labelledField } from "../parts/controls";
import { refused } from "../parts/notice";
import { pairs } from "../parts/table";
import type { Place, View } from "../place";
import { time } from "../words";

export async function show(place: Place): Promise<View> {
  const body = el("div", {});
  const node = el("div", { class: "page ask-page" }, el("h1", {}, "Sign in"), body);
  const who = await me();
  fill(body, who === null ? form(place.query.get("then")) : told(who));
  return { title: "Sign in", node };
}

function form(then: string | null): HTMLElement {
  const field = el("input", { type: "password", required: true, autocomplete: "current-password", size: 44, maxlength: 8000 });
  const problem = el("div", {});
  const enter = async (): Promise<void> => {
    try {
      await signIn(field.value.trim());
      // Only a path of this page is gone to.
      location.assign(then?.startsWith("/") && !then.startsWith("//") ? then : "/");
    } catch (error) {
      fill(problem, refused(error));
      field.select();
    }
  };
  return el(
    "form",
    { class: "card", onsubmit: (event: SubmitEvent) => (event.preventDefault(), void enter()) },
    labelledField("Key or token", field, "A key from `whence keys create`, or a token (JWT) of your organisation’s issuer. It is kept in this tab only."),
    el("p", {}, el("button", { type: "submit", class: "primary" }, "Sign in")),
    problem,
  );
}

function told(who: Me): HTMLElement {
  return el(
    "section",
    { class: "card" },
    el("p", {}, who.access ? `You are signed in as ${who.name}.` : "Access is off: whoever reaches this server may do everything."),
    pairs([
      ["Roles", who.roles.join(", ")],
      ["You may", who.may.join(", ")],
      ["Datasets", who.datasets === null ? "all" : who.datasets.join(", ") || "none"],
      ["Up to", who.ceiling],
      who.expires_at ? ["Ends", time(who.expires_at)] : null,
    ]),
    who.access ? el("p", {}, button("Sign out", signOut)) : null,
  );
}
