/** Who is at the page, and what they may: what they may not is not offered. The API refuses it all the same. */

import { credential, get, Refused } from "./api";
import { ending } from "./issuer";

export interface Me {
  access: boolean;
  name: string;
  roles: string[];
  may: string[];
  datasets: string[] | null;
  ceiling: string;
  expires_at: string | null;
}

let asked: Promise<Me | null> | null = null;

/** Until it is asked again who is at the page, where the API could not say. */
const AGAIN_MS = 3000;

/** Null for nobody: access is on, and no key or one that opens nothing. Fails when the API cannot say. */
export function me(): Promise<Me | null> {
  asked ??= get<Me>("/v1/me").catch((error: unknown) => {
    if (error instanceof Refused && [401, 403].includes(error.status)) return null;
    asked = null;
    throw error;
  });
  return asked;
}

/** Calls with who is at the page, as soon as the API says it. */
export function knowing(then: (who: Me | null) => void): void {
  me().then(then, () => setTimeout(() => knowing(then), AGAIN_MS));
}

/** Calls when it is known that they may. */
export function ifMay(permission: string, then: () => void, otherwise: () => void = () => undefined): void {
  knowing((who) => (who?.may.includes(permission) ? then() : otherwise()));
}

/** Hides what they may not do. */
export function offered<E extends HTMLElement>(permission: string, what: E): E {
  ifMay(permission, () => undefined, () => (what.hidden = true));
  return what;
}

export async function signIn(token: string): Promise<Me> {
  credential.set(token);
  try {
    const who = await get<Me>("/v1/me");
    asked = Promise.resolve(who);
    return who;
  } catch (error) {
    credential.clear();
    throw error;
  }
}

/** Forgets who is here; of a token of the issuer, the issuer is asked to end its session too. */
export async function signOut(): Promise<void> {
  const key = credential.get()?.startsWith("whence_") ?? true;
  const away = key ? null : await ending().catch(() => null);
  credential.clear();
  location.assign(away ?? "/sign-in");
}
