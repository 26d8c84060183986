// The builder's other views of a segment: its JSON, which can be written in, and its SQL.

import { ask } from "./api.js";
import { Lines } from "./lines.js";
import { useLoaded } from "./parts.js";
import { lineOf, linesOf } from "./segment-language.js";
import { html } from "./vendor/preact.js";

/** The text, with what is wrong beside its lines. */
export function Written({ text, problems, hints, onInput }) {
  const { lines, broken } = linesOf(text);
  const noted = broken ? [{ line: broken, text: "This is not valid JSON from here on" }]
    : [...problems.filter((each) => each.at), ...hints].map((each) => ({ line: lineOf(lines, each.at), text: each.text }));
  return html`<label for="definition">As JSON; <code>docs/segments.md</code> explains all of it</label>
    <${Lines} text=${text} problems=${noted} onInput=${onInput} />`;
}

/** Read only: what a dry run and the nightly refresh would ask of the lake. */
export function InSql({ definition, id }) {
  const told = useLoaded(() => ask("segments/sql", { ...definition, ...(id && { id }) }), []);
  if (told.problem) return html`<p class="note">There is SQL once the definition is right.</p>`;
  return told.value ? html`<p class="soft small">The same condition for all contacts at once, as Athena is asked. It is made from the rows and cannot be edited.</p><pre tabindex="0" class="sql">${told.value.sql}</pre>` : html`<p class="soft" aria-busy="true">Loading …</p>`;
}
