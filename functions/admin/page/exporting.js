// What is taken away, as files: all of a contact, and people as a table.

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
  save(`${id}.json`, JSON.stringify(whole, null, 2), "application/json");
}

/** The people of a search or a segment, or all of them, as a table; `far` is told how many there are so far. */
export async function exportPeople(which, far) {
  const parts = [];
  let people = 0;
  for (let cursor; cursor !== null;) {
    const part = await ask("contacts/export", { ...which, ...(cursor !== undefined && { cursor }) });
    parts.push(part.csv);
    far(people += part.rows);
    cursor = part.cursor;
  }
  save("people.csv", `\ufeff${parts.join("")}`, "text/csv"); // Excel reads UTF-8 by this mark only
}

/** Gives a text as a file to whoever sits here. */
export function save(name, text, type) {
  const file = URL.createObjectURL(new Blob([text], { type }));
  Object.assign(document.createElement("a"), { href: file, download: name }).click();
  URL.revokeObjectURL(file);
}
