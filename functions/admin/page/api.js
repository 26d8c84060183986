// The API beside the page, asked. Whatever does not go well is a Problem, whose message is for people.

import * as login from "./login.js";
import { settings } from "./settings.js";

export class Problem extends Error {
  /** `field` names what of the request is wrong, `problems` are several, each with its own place. */
  constructor(message, { status = null, field = null, problems = [] } = {}) {
    super(message);
    Object.assign(this, { status, field, problems });
  }
}

/** A path of the API, each part encoded. */
export const at = (...parts) => parts.map(encodeURIComponent).join("/");

/** The answer's JSON. `etag` names the form of a thing that the request is about; a body that is a text is sent as `type`. */
export async function ask(path, body, method = body === undefined ? "GET" : "POST", etag = null, type = "application/json") {
  const request = () => fetch(settings.base + path, {
    method,
    headers: {
      Accept: "application/json",
      ...(settings.login && { Authorization: login.token() }),
      ...(etag !== null && { "If-Match": etag }),
      ...(body !== undefined && { "Content-Type": type }),
    },
    body: body === undefined || typeof body === "string" ? body : JSON.stringify(body),
  }).catch(() => { throw new Problem("The system does not answer. Check your connection, and try again."); });
  let answer = await request();
  if (answer.status === 401 && settings.login && await login.renew()) answer = await request();
  if (answer.status === 401 && settings.login) {
    login.state.value = "over";
    throw new Problem("You have been signed out.", { status: 401 });
  }
  const told = await answer.json().catch(() => ({}));
  if (answer.ok) return told;
  throw new Problem(told.detail ?? told.message ?? `The system answered ${answer.status}.`,
    { status: answer.status, field: told.field, problems: told.problems ?? [] });
}

/** A list with all its pages: of the first, with what the others have under these names. */
export async function whole(path, ...names) {
  const told = await ask(path);
  while (told.cursor !== null) {
    const next = await ask(behind(path, told.cursor));
    for (const name of names) told[name].push(...next[name]);
    told.cursor = next.cursor;
  }
  return told;
}

/** What stands behind a cursor, as a path. */
export const behind = (path, cursor) => `${path}${path.includes("?") ? "&" : "?"}cursor=${encodeURIComponent(cursor)}`;
