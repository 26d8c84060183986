// What email needs from outside, and the records and commands that add what is missing.

import { ask } from "./api.js";
import { Banner, Card, LoadedPage, Table, Tag, Title, useLoaded } from "./parts.js";
import { html } from "./vendor/preact.js";

const KINDS = { ok: "good", look: "note", missing: "bad", wrong: "bad" };
const NAMES = { ok: "done", look: "look", missing: "missing", wrong: "wrong" };

export default function SetUp() {
  const told = useLoaded(() => ask("doctor"));
  return html`<${LoadedPage} of=${told}>${({ ready, findings }) => html`
    <${Title}>Set-up<//>
    <p class="lead">What email needs from outside of Beckon: the domain’s DNS, Amazon SES, the secrets, the storefront.</p>
    <${Banner} wrong=${!ready}><p>${ready ? html`<strong>Nothing is missing.</strong>` : html`<strong>Not ready yet.</strong> Add what is missing below, then look again.`}</p>
      <button onClick=${told.again}>Look again</button><//>
    <${Card}><ul class="list">${findings.map((each) => html`<${Finding} of=${each} />`)}</ul><//>`}<//>`;
}

function Finding({ of }) {
  return html`<li>
    <div class="head"><h2>${of.check}</h2><${Tag} kind=${KINDS[of.state]}>${NAMES[of.state]}<//></div>
    <p>${of.text}</p>
    ${of.records.length > 0 && html`<${Table} label=${`Records to add for ${of.check}`} rows=${of.records} columns=${[
      { title: "Name", cell: (each) => html`<code>${each.name}</code>` },
      { title: "Type", cell: (each) => each.type },
      { title: "Value", cell: (each) => html`<code>${each.value}</code>` },
    ]} />`}
    ${of.command && html`<pre tabindex="0">${of.command}</pre>`}
  </li>`;
}
