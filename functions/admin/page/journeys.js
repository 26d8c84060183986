// All journeys: which are on, who is on their way, and what the last 30 days brought.

import { whole } from "./api.js";
import { StateTag } from "./journey-frame.js";
import { Card, Empty, LoadedPage, Table, Tag, Title, useLoaded } from "./parts.js";
import { count, plural } from "./words.js";
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

export default function Journeys() {
  const told = useLoaded(() => whole("journeys", "journeys"));
  return html`<${LoadedPage} of=${told}>${({ journeys, since }) => html`
    <div class="head"><${Title}>Journeys<//><a class="button" href="#/new-journey">New journey</a></div>
    <p class="lead">Series of emails that start by themselves, each contact at their own time. A draft writes to nobody until you switch it on.</p>
    ${journeys.length === 0 && html`<${Card}><${Empty}>No journey yet.<//><//>`}
    ${GROUPS.map(([state, title]) => {
      const those = journeys.filter((each) => each.state === state);
      return those.length > 0 && html`<${Card} title=${title}><${Table} stacked label=${title} columns=${columns(since)} rows=${those} /><//>`;
    })}`}<//>`;
}
