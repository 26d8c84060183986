// All emails that the shop can send: shipped, its own, and drafts.

import { whole } from "./api.js";
import { Card, Loaded, Table, Tag, Title, useLoaded } from "./parts.js";
import { subject, words } from "./words.js";
import { html } from "./vendor/preact.js";

export default function Emails() {
  const told = useLoaded(() => whole("templates", "templates"));
  return html`
    <div class="head"><${Title}>Emails<//><a class="button strong" href="#/new-email">New email</a></div>
    <p class="lead">What your journeys and campaigns send. Change the words of one, look at it as somebody would get it, publish it: from then on it is what goes out.</p>
    <${Card}><${Loaded} of=${told}>${({ templates }) => html`<${Table} label="Emails" stacked rows=${templates} columns=${[
      { title: "Email", cell: (each) => html`<a href="#/emails/${each.id}">${each.name}</a><span class="under">${subject(each.subject)}</span>` },
      { title: "Sent by", cell: (each) => each.journeys.length === 0 ? html`<span class="soft">nothing</span>`
        : each.journeys.map((id, n) => html`${n > 0 && ", "}<a href="#/journeys/${id}">${words(id)}</a>`) },
      { title: "Kind", cell: (each) => each.class },
      { title: "State", cell: (each) => html`${each.version > 0 ? html`<${Tag} kind="good">yours, version ${each.version}<//>` : each.version === 0 ? html`<${Tag}>as shipped<//>` : null} ${each.has_draft && html`<${Tag} kind="note">draft<//>`}` },
    ]} />`}<//><//>`;
}
