// A contact's export, as a file.

import { ask, at, behind } from "./api.js";

/** Gives all that is known of a contact to whoever sits here: what comes in several answers, as one file. */
export async function exportContact(id) {
  const path = at("contacts", id, "export");
  const whole = await ask(path);
  for (let rest = whole; rest.cursor !== null;) {
    rest = await ask(behind(path, rest.cursor));
    whole.timeline.push(...rest.timeline);
  }
  delete whole.cursor;
  const file = URL.createObjectURL(new Blob([JSON.stringify(whole, null, 2)], { type: "application/json" }));
  Object.assign(document.createElement("a"), { href: file, download: `${id}.json` }).click();
  URL.revokeObjectURL(file);
}
