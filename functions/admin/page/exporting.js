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
export const exportPeople = (which, far) => exportTable("contacts/export", which, "people.csv", far);

/** Who has a score, or is in a band of it, with the reasons. */
export const exportScores = (score, which, far) => exportTable(at("insight", score, "export"), which, `${score}.csv`, far);

/** Who takes part in an experiment, with which arm. */
export const exportAssignments = (id, far) => exported((wanted) => {
  const path = at("experiments", id, "assignments");
  return ask(Object.keys(wanted).length > 0 ? `${path}?${new URLSearchParams(wanted)}` : path);
}, {}, `${id}.csv`, far);

const exportTable = (path, which, name, far) => exported((wanted) => ask(path, wanted), which, name, far);

async function exported(load, which, name, far) {
  const parts = [];
  let people = 0;
  for (let cursor; cursor !== null;) {
    const wanted = { ...which, ...(cursor !== undefined && { cursor }) };
    let part = await load(wanted);
    while (part.query) part = await load({ ...wanted, query: part.query }); // it takes a while
    parts.push(part.csv);
    far(people += part.rows);
    cursor = part.cursor;
  }
  save(name, `\ufeff${parts.join("")}`, "text/csv"); // Excel reads UTF-8 by this mark only
}

/** Gives a text as a file to whoever sits here. */
export function save(name, text, type) {
  const file = URL.createObjectURL(new Blob([text], { type }));
  Object.assign(document.createElement("a"), { href: file, download: name }).click();
  URL.revokeObjectURL(file);
}
