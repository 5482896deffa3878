/** Signing in with an OpenID Connect issuer: authorization code with PKCE, as a public client. */

import { get, Refused } from "./api";
import { search } from "./place";

interface Issuer {
  issuer: string;
  client_id: string;
  scope: string;
  authorization_endpoint: string;
  token_endpoint: string;
  end_session_endpoint: string | null;
  sends: "access_token" | "id_token";
}

/** What is kept in the tab between going to the issuer and coming back. */
interface Begun {
  state: string;
  nonce: string;
  verifier: string;
  then: string;
}

const KEPT = "whence-sign-in";
const redirect = (): string => `${location.origin}/sign-in`;

/** Where to sign in; null where only keys do. */
export const issuer = (): Promise<Issuer | null> => get<{ issuer: Issuer | null }>("/v1/sign-in").then((told) => told.issuer);

const base64url = (bytes: Uint8Array): string =>
  btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const random = (): string => base64url(crypto.getRandomValues(new Uint8Array(32)));

const failed = (detail: string): Refused => new Refused(400, { code: "sign_in_failed", detail });

/** Leaves for the issuer. */
export async function leave(at: Issuer, then: string): Promise<void> {
  if (!window.isSecureContext) throw failed("Signing in with the issuer needs https, or this machine’s own address.");
  const begun: Begun = { state: random(), nonce: random(), verifier: random(), then };
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(begun.verifier));
  sessionStorage.setItem(KEPT, JSON.stringify(begun));
  const asked = search({
    response_type: "code",
    client_id: at.client_id,
    redirect_uri: redirect(),
    scope: at.scope,
    state: begun.state,
    nonce: begun.nonce,
    code_challenge: base64url(new Uint8Array(digest)),
    code_challenge_method: "S256",
  });
  const address = new URL(at.authorization_endpoint);
  address.search = `${address.search || "?"}${address.search ? "&" : ""}${asked.slice(1)}`;
  location.assign(address);
}

/** Where the issuer ends its own session and sends the visitor back from; null where it has no such place. */
export async function ending(): Promise<URL | null> {
  const at = await issuer();
  if (!at?.end_session_endpoint) return null;
  const address = new URL(at.end_session_endpoint);
  address.searchParams.set("client_id", at.client_id);
  address.searchParams.set("post_logout_redirect_uri", redirect());
  return address;
}

/** Whether an issuer sent the visitor here. */
export const returned = (query: URLSearchParams): boolean => query.has("state") && (query.has("code") || query.has("error"));

/** The token for this server, and where the visitor wanted to go. */
export async function arrive(query: URLSearchParams): Promise<{ token: string; then: string }> {
  const kept = sessionStorage.getItem(KEPT);
  sessionStorage.removeItem(KEPT);
  const begun = kept === null ? null : (JSON.parse(kept) as Begun);
  if (begun === null || query.get("state") !== begun.state) throw failed("This tab did not begin this sign-in. Begin it here.");
  const at = await issuer();
  if (at === null || (query.get("iss") ?? at.issuer) !== at.issuer) throw failed("Another issuer answered than the one that was asked.");
  const error = query.get("error");
  if (error !== null) throw failed(`The issuer did not let you in: ${query.get("error_description") ?? error}`);
  const tokens = await exchanged(at, query.get("code") ?? "", begun.verifier);
  const told = claims(tokens.id_token);
  const audience = [told.aud].flat();
  if (told.nonce !== begun.nonce || told.iss !== at.issuer || !audience.includes(at.client_id)) {
    throw failed("The issuer’s token is not for this sign-in.");
  }
  const token = tokens[at.sends];
  if (typeof token !== "string") throw failed("The issuer gave no token for this server.");
  return { token, then: begun.then };
}

async function exchanged(at: Issuer, code: string, verifier: string): Promise<Record<string, unknown>> {
  let reply: Response;
  try {
    reply = await fetch(at.token_endpoint, {
      method: "POST",
      credentials: "omit",
      redirect: "error",
      body: new URLSearchParams({ grant_type: "authorization_code", code, redirect_uri: redirect(), client_id: at.client_id, code_verifier: verifier }),
    });
  } catch {
    throw failed("The issuer cannot be reached from this page. It has to allow this address (CORS).");
  }
  const told = (await reply.json().catch(() => ({}))) as Record<string, unknown>;
  if (!reply.ok) throw failed(`The issuer gave no token: ${String(told.error_description ?? told.error ?? reply.status)}`);
  return told;
}

/** What an ID token says. It came over a connection to its issuer, so its signature is not looked at (OpenID Connect Core 3.1.3.7); the server looks at that of what it is sent. */
function claims(token: unknown): { iss?: string; aud?: string | string[]; nonce?: string } {
  try {
    const bytes = Uint8Array.from(atob(String(token).split(".")[1]!.replace(/-/g, "+").replace(/_/g, "/")), (one) => one.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes)) as ReturnType<typeof claims>;
  } catch {
    return {};
  }
}
