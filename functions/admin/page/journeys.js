// All journeys: which are on, who is on their way, and what the last 30 days brought.

import { whole } from "./api.js";
import { StateTag } from "./journey-frame.js";
import { byName, Listing } from "./listing.js";
import { Card, LoadedPage, Table, Tag, Title, useLoaded } from "./parts.js";
import { count, plural, words } from "./words.js";
import { html } from "./vendor/preact.js";

const behind = (id, what, number, since) => number === 0 ? "0" : html`<a href="#/journeys/${id}/people?what=${what}&from=${since}">${count(number)}</a>`;
const columns = (since) => [
  { title: "Journey", cell: (each) => html`<a href="#/journeys/${each.id}">${each.name}</a> <${StateTag} of=${each} />${each.attention > 0 && html` <${Tag} kind="note">${plural(each.attention, "email")} held<//>`}
    <span class="under">${each.sentence}</span>` },
  { title: "Waiting now", number: true, cell: (each) => each.waiting > 0
    ? html`<a href="#/journeys/${each.id}/people?what=waiting">${count(each.waiting)}</a>` : "0" },
  { title: "Sent, 30 days", number: true, cell: (each) => behind(each.id, "sent", each.sent, since) },
  { title: "Goals, 30 days", number: true, cell: (each) => behind(each.id, "goal", each.goals, since) },
];
const GROUPS = [["live", "Live"], ["paused", "Paused"], ["draft", "Drafts"]];

const SORTS = {
  name: ["Name", byName],
  waiting: ["Most waiting", (one, other) => other.waiting - one.waiting || byName(one, other)],
  sent: ["Most sent", (one, other) => other.sent - one.sent || byName(one, other)],
  goals: ["Most goals", (one, other) => other.goals - one.goals || byName(one, other)],
};

export default function Journeys({ query }) {
  const told = useLoaded(() => whole("journeys", "journeys"));
  return html`<${LoadedPage} of=${told}>${({ journeys, since }) => html`
    <div class="head"><${Title}>Journeys<//><a class="button" href="#/new-journey">New journey</a></div>
    <p class="lead">Series of emails that start by themselves, each contact at their own time. A draft writes to nobody until you switch it on.</p>
    <${Listing} path="#/journeys" query=${query} rows=${journeys} sorts=${SORTS} text=${(each) => `${each.name} ${each.sentence} ${each.id}`} nothing="No journey yet."
      filters=${[{ name: "state", title: "State", of: (each) => each.state, choices: Object.fromEntries(GROUPS) }, { name: "group", title: "Group", of: (each) => each.group, choices: Object.fromEntries([...new Set(journeys.map((each) => each.group))].map((each) => [each, words(each)])) }]}>${(found) =>
      GROUPS.map(([state, title]) => {
        const those = found.filter((each) => each.state === state);
        return those.length > 0 && html`<${Card} title=${title}><${Table} stacked label=${title} columns=${columns(since)} rows=${those} /><//>`;
      })}<//>`}<//>`;
}
