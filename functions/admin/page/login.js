// Signing in: on Cognito's own page, with a code for a token (PKCE). Locally there is no login.

import { settings } from "./settings.js";
import { signal } from "./vendor/preact.js";

const encode = (bytes) => btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const random = () => encode(crypto.getRandomValues(new Uint8Array(32)));
const home = location.origin + settings.base;

/** "in", "out", or "over" where the hour of a token is over while a page is open: that page stays. */
export const state = signal(!settings.login || sessionStorage.getItem("token") !== null ? "in" : "out");
export const token = () => sessionStorage.getItem("token");

export async function signIn() {
  const [verifier, mark] = [random(), random()];
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  sessionStorage.setItem("signing-in", JSON.stringify({ verifier, mark, hash: location.hash }));
  const query = new URLSearchParams({
    response_type: "code",
    client_id: settings.login.clientId,
    redirect_uri: home,
    scope: "openid",
    state: mark,
    code_challenge: encode(new Uint8Array(digest)),
    code_challenge_method: "S256",
  });
  location.assign(`${settings.login.userPoolDomain}/oauth2/authorize?${query}`);
}

/** Where Cognito has sent them back with a code, takes the token for it, and goes on to where they wanted to be. */
export async function finishSigningIn() {
  const query = new URLSearchParams(location.search);
  const begun = JSON.parse(sessionStorage.getItem("signing-in") ?? "null");
  if (!settings.login || !query.has("code")) return;
  sessionStorage.removeItem("signing-in");
  history.replaceState(null, "", settings.base + (begun?.hash ?? ""));
  if (begun === null || begun.mark !== query.get("state")) return;
  await take({ grant_type: "authorization_code", code: query.get("code"), redirect_uri: home, code_verifier: begun.verifier });
}

let renewing = null;

/** A new token for one whose hour is over, without anybody's doing: whether there is one. Those who ask at once wait for one answer. */
export function renew() {
  const kept = sessionStorage.getItem("refresh");
  renewing ??= (kept === null ? Promise.resolve(false) : take({ grant_type: "refresh_token", refresh_token: kept }))
    .finally(() => { renewing = null; });
  return renewing;
}

export function signOut() {
  sessionStorage.clear();
  const query = new URLSearchParams({ client_id: settings.login.clientId, logout_uri: home });
  location.assign(`${settings.login.userPoolDomain}/logout?${query}`);
}

async function take(given) {
  const body = new URLSearchParams({ client_id: settings.login.clientId, ...given });
  const answer = await fetch(`${settings.login.userPoolDomain}/oauth2/token`, { method: "POST", body }).catch(() => null);
  if (!answer?.ok) return false;
  const told = await answer.json();
  sessionStorage.setItem("token", told.id_token);
  if (told.refresh_token) sessionStorage.setItem("refresh", told.refresh_token);
  state.value = "in";
  return true;
}
