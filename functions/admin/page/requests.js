// What storefronts ask for by law.

import { ask, at, whole } from "./api.js";
import { exportContact } from "./exporting.js";
import { Banner, Failure, LoadedPage, Title, useActing, useLoaded } from "./parts.js";
import { When } from "./words.js";
import { html } from "./vendor/preact.js";

export default function Requests() {
  const told = useLoaded(() => whole("requests", "requests"));
  return html`<${LoadedPage} of=${told}>${({ requests }) => html`
    <${Title}>Requests<//>
    <p class="lead">What a storefront has asked for by law. Each is to be answered within 30 days.</p>
    ${requests.length === 0 ? html`<${Banner}><p><strong>None.</strong></p><//>`
      : html`<ul class="list cards">${[...requests].sort((a, b) => (a.dismissed !== null) - (b.dismissed !== null)).map((of) => html`<${Request} of=${of} again=${told.again} />`)}</ul>`}`}<//>`;
}

function Request({ of, again }) {
  const { run, busy, problem } = useActing();
  const dismiss = () => run(async () => {
    await ask(at("requests", of.request, "dismiss"), {});
    await again();
  });
  return html`<li>
    <p>${of.todo}</p>
    <p class="small soft">From ${of.source}, <${When} at=${of.at} />${of.storefront_id && `, there number ${of.storefront_id}`}${
      of.dismissed !== null && html`, done <${When} at=${of.dismissed} />`}.</p>
    ${of.contacts.map((id) => html`<p><a href="#/contacts/${id}">${id}</a> <button disabled=${busy.value} onClick=${() => run(() => exportContact(id))}>Export</button></p>`)}
    ${of.dismissed === null && html`<button disabled=${busy.value} onClick=${dismiss}>Dismiss</button>`}
    ${problem.value && html`<${Failure} problem=${problem.value} />`}
  </li>`;
}
