// Who has changed what, and when.

import { Card, Pages, Table, Title } from "./parts.js";
import { When } from "./words.js";
import { html, useSignal } from "./vendor/preact.js";

const KINDS = [["", "Everything"], ["/segments", "Segments"], ["/journeys", "Journeys"], ["/templates", "Emails"], ["/campaigns", "Campaigns"], ["/forms", "Forms"], ["/contacts", "People"], ["/settings", "The shop’s settings"], ["/keys", "Keys"]];

export default function Changes() {
  const action = useSignal("");
  const path = action.value ? `audit?${new URLSearchParams({ action: action.value })}` : "audit";
  return html`<${Title}>Changes<//>
    <p class="lead">Who has changed what, and when, the newest first.</p>
    <div class="fields"><label>Of what<select value=${action.value} onChange=${(event) => { action.value = event.target.value; }}>
      ${KINDS.map(([value, name]) => html`<option value=${value}>${name}</option>`)}</select></label></div>
    <${Card}><${Pages} key=${path} path=${path} name="changes" nothing="Nothing so far.">${(changes) => html`
      <${Table} stacked label="Changes" rows=${changes} columns=${[
        { title: "When", cell: (each) => html`<${When} at=${each.at} />` },
        { title: "Who", cell: (each) => each.by },
        { title: "What", cell: (each) => html`<code>${each.action}</code>` },
        { title: "Of", cell: (each) => Object.values(each.of).join(", ") },
      ]} />`}<//><//>`;
}
