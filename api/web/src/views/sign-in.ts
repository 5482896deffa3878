/** Signing in with a key, a token, or with the issuer itself, where access is on. */

import { el, fill } from "../dom";
import { arrive, issuer, leave, returned } from "../issuer";
import { me, signIn, signOut, type Me } from "../me";
import { button, labelledField } from "../parts/controls";
import { loading, refused } from "../parts/notice";
import { pairs } from "../parts/table";
import { address, type Place, type View } from "../place";
import { time } from "../words";

export async function show(place: Place): Promise<View> {
  const body = el("div", {});
  const title = el("h1", {}, "Sign in");
  const node = el("div", { class: "page ask-page" }, title, body);
  if (returned(place.query)) {
    // The code stays in no address that is gone back to.
    history.replaceState(null, "", address(["sign-in"]));
    fill(body, loading("Signing in"));
    void arrive(place.query)
      .then(async ({ token, then }) => {
        await signIn(token);
        enter(then);
      })
      .catch((error: unknown) => fill(body, refused(error), form(null)));
  } else {
    const who = await me();
    if (who !== null) title.textContent = "Who you are";
    fill(body, who === null ? form(place.query.get("then")) : told(who));
  }
  return { title: "Sign in", node };
}

/** Only a path of this page is gone to. */
function enter(then: string | null): void {
  const inside = then !== null && URL.canParse(then, location.origin) && new URL(then, location.origin).origin === location.origin;
  location.replace(inside ? then : "/");
}

function form(then: string | null): HTMLElement {
  const field = el("input", { type: "password", required: true, autocomplete: "current-password", size: 44, maxlength: 8000 });
  const problem = el("div", {});
  const send = async (): Promise<void> => {
    try {
      await signIn(field.value.trim());
      enter(then);
    } catch (error) {
      fill(problem, refused(error));
      field.select();
    }
  };
  const withIssuer = el("div", {});
  void issuer().then(
    (at) => {
      if (at === null) return;
      const go = button(`Sign in with ${new URL(at.issuer).host}`, () => void leave(at, then ?? "/").catch((error: unknown) => fill(problem, refused(error))), "primary");
      fill(withIssuer, el("p", {}, go), el("p", { class: "quiet" }, "Or with a key:"));
    },
    (error: unknown) => fill(withIssuer, refused(error)),
  );
  return el(
    "div",
    { class: "card" },
    withIssuer,
    el(
      "form",
      { onsubmit: (event: SubmitEvent) => (event.preventDefault(), void send()) },
      labelledField("Key or token", field, "A key (whence keys create), or a token (JWT) of your organisation’s issuer. It is kept in this tab only."),
      el("p", {}, el("button", { type: "submit", class: "primary" }, "Sign in")),
    ),
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
    who.access ? el("p", {}, button("Sign out", () => void signOut())) : null,
  );
}
