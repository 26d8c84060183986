// Contacts that may be one person.

import { ask, at } from "./api.js";
import { Banner, confirmed, ContactLink, Failure, LoadedPage, Title, useActing, useLoaded } from "./parts.js";
import { When } from "./words.js";
import { html, useSignal } from "./vendor/preact.js";

const named = (of) => of.email ?? of.name ?? of.contact;

export default function Conflicts() {
  const told = useLoaded(() => ask("conflicts"));
  return html`<${LoadedPage} of=${told}>${({ conflicts, more }) => html`
    <${Title}>Conflicts<//>
    <p class="lead">Contacts that an event has named together. They may be one person, and stay two until you say so.</p>
    ${conflicts.length === 0 ? html`<${Banner}><p><strong>None.</strong></p><//>`
      : html`<ul class="list cards">${conflicts.map((pair) => html`<${Conflict} pair=${pair} />`)}</ul>`}
    ${more && html`<p class="small soft">There are more: these are the newest.</p>`}`}<//>`;
}

function Conflict({ pair: { contacts: [one, other], at: when } }) {
  const { run, busy, problem } = useActing();
  const joining = useSignal(false);
  const merge = async (kept, gone) => {
    if (!await confirmed(`Have ${named(gone)} join ${named(kept)} for good? There is no way back.`, "Make them one")) return;
    await run(async () => {
      await ask(at("contacts", kept.contact, "merge"), { other: gone.contact });
      joining.value = true;
    });
  };
  return html`<li>
    <p><${ContactLink} of=${one} /> and <${ContactLink} of=${other} />, named together <${When} at=${when} />.</p>
    ${joining.value ? html`<p class="good" role="status">They will be one within seconds.</p>`
      : html`<div class="buttons">${[[one, other], [other, one]].map(([kept, gone]) => html`
        <button disabled=${busy.value} onClick=${() => merge(kept, gone)}>Make them one, as ${named(kept)}</button>`)}</div>`}
    ${problem.value && html`<${Failure} problem=${problem.value} />`}
  </li>`;
}
