// An experiment with a segment: the other criteria, as rows and as JSON; and whom its beginning, or its end, brings in and takes out.

import { ask, at } from "./api.js";
import { Failure, Loaded, useLoaded } from "./parts.js";
import { About, listed } from "./segment-beside.js";
import { languageOf } from "./segment-language.js";
import { Rows } from "./segment-rows.js";
import { count } from "./words.js";
import { html } from "./vendor/preact.js";

/** While what is written as JSON cannot be read yet, it is kept as the text that it is. */
export function Criteria({ of: { segment, criteria }, set }) {
  const language = useLoaded(async () => languageOf(await ask("vocabulary")), []);
  const written = typeof criteria === "string" ? criteria : JSON.stringify(criteria, null, 2);
  const write = (text) => {
    try {
      set({ criteria: JSON.parse(text) });
    } catch {
      set({ criteria: text });
    }
  };
  return html`<p>Half of all contacts are decided by <a href="#/segments/${segment}">the segment as it is</a> (a), the other half by these criteria (b). Whom either has in takes part.</p>
    ${typeof criteria === "string" ? html`<p class="bad">This is not valid JSON yet.</p>` : html`<${Loaded} of=${language}>${(known) => html`
      <div class="rows"><${Rows} language=${known} when=${criteria} problems=${[]} hints=${[]} change=${(when) => set({ criteria: when ?? { kind: "all", of: [] } })} /></div>`}<//>`}
    <details open=${typeof criteria === "string"}><summary>As JSON</summary><label class="wide">Criteria <textarea rows="8" spellcheck="false" value=${written} onInput=${(event) => write(event.target.value)}></textarea></label></details>`;
}

/** `winner`: of one that runs; `as`: when it changes, it is asked again; `journeys`: a signal. */
export function Effects({ id, winner, as, journeys }) {
  const told = useLoaded(() => ask(at("experiments", id, "estimate"), winner ? { winner } : {}), [id, winner, as]);
  if (told.problem) return html`<${Failure} problem=${told.problem} />`;
  return html`<${Loaded} of=${told}>${({ entering, enter, leaving, leave, mails_started: started, exact }) => html`
    <p><strong class="good"><${About} of=${entering} /> ${entering.number === 1 ? "person enters" : "people enter"}</strong>${enter.length > 0 && html`: ${listed(enter, entering.number)}`}.
      <strong class=${leaving.number > 0 ? "bad" : "soft"}> <${About} of=${leaving} /> ${leaving.number === 1 ? "leaves" : "leave"}</strong>${leave.length > 0 && html`: ${listed(leave, leaving.number)}`}.${!exact && html` <span class="soft">Some contacts were looked at, so the numbers are about right.</span>`}</p>
    <label class="check choice"><input type="checkbox" checked=${journeys.value} onChange=${(event) => { journeys.value = event.target.checked; }} />
      <span>Also start journeys for the people who enter<span class="under">${started > 0 ? `${count(started)} emails would start.` : "No email would start."}</span></span></label>`}<//>`;
}
