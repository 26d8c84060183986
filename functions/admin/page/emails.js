// All emails that the shop can send: shipped, its own, and drafts.

import { whole } from "./api.js";
import { byName, Listing } from "./listing.js";
import { Card, Loaded, Table, Tag, Title, useLoaded } from "./parts.js";
import { subject, words } from "./words.js";
import { html } from "./vendor/preact.js";

const KINDS = { marketing: "offers and news", lifecycle: "answers to what a contact does", transactional: "what a contact asked for" };
const STATES = { own: "yours", shipped: "as shipped", draft: "with a draft" };
const state = (each) => each.has_draft ? "draft" : each.version > 0 ? "own" : "shipped";
const SORTS = { name: ["Name", byName], used: ["Sent by most", (one, other) => other.journeys.length - one.journeys.length || byName(one, other)] };

export default function Emails({ query }) {
  const told = useLoaded(() => whole("templates", "templates"));
  return html`
    <div class="head"><${Title}>Emails<//><a class="button strong" href="#/new-email">New email</a></div>
    <p class="lead">What your journeys and campaigns send. Change the words of one, look at it as somebody would get it, publish it: from then on it is what goes out.</p>
    <${Card}><${Loaded} of=${told}>${({ templates }) => html`<${Listing} path="#/emails" query=${query} rows=${templates} sorts=${SORTS} text=${(each) => `${each.name} ${each.subject} ${each.id} ${each.journeys.join(" ")}`}
      filters=${[{ name: "kind", title: "Kind", of: (each) => each.class, choices: KINDS }, { name: "state", title: "State", of: state, choices: STATES }]}>${(found) => html`<${Table} label="Emails" stacked rows=${found} columns=${[
      { title: "Email", cell: (each) => html`<a href="#/emails/${each.id}">${each.name}</a><span class="under">${subject(each.subject)}</span>` },
      { title: "Sent by", cell: (each) => each.journeys.length === 0 ? html`<span class="soft">nothing</span>`
        : each.journeys.map((id, n) => html`${n > 0 && ", "}<a href="#/journeys/${id}">${words(id)}</a>`) },
      { title: "Kind", cell: (each) => each.class },
      { title: "State", cell: (each) => html`${each.version > 0 ? html`<${Tag} kind="good">yours, version ${each.version}<//>` : each.version === 0 ? html`<${Tag}>as shipped<//>` : null} ${each.has_draft && html`<${Tag} kind="note">draft<//>`}` },
    ]} />`}<//>`}<//><//>`;
}
