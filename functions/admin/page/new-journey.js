// A journey that is not there yet.

import { Editor } from "./journey-editor.js";
import { Title } from "./parts.js";
import { html } from "./vendor/preact.js";

const BEGINNING = `id: after_three_orders
name: After three orders
sentence: Thanks whoever has ordered three times, a day later, and again after a month of quiet.
trigger:
  kind: segment
  segment: repeat_buyers
entry:
  again: once
exits:
  - on: {kind: event, events: [Order Completed]}
    goal: true
steps:
  - {id: a_day_later, kind: wait, for: 1d}
  - {id: thank_you, kind: send}
  - {id: a_month, kind: wait, for: 30d}
  - {id: we_miss_you, kind: send}
`;

export default function NewJourney() {
  return html`<${Title}>New journey<//>
    <p class="lead">Say when it starts, what it does, step by step, and what ends it. Nobody is written to until you publish it and switch it on.</p>
    <${Editor} id=${null} yaml=${BEGINNING} told=${null} />`;
}
