// Who has changed what, and when.

import { useAddress } from "./address.js";
import { Choice } from "./listing.js";
import { Card, Pages, Table, Title } from "./parts.js";
import { When } from "./words.js";
import { html } from "./vendor/preact.js";

const KINDS = { "/segments": "Segments", "/journeys": "Journeys", "/templates": "Emails", "/campaigns": "Campaigns", "/forms": "Forms", "/contacts": "People", "/settings": "The shop’s settings", "/keys": "Keys" };

export default function Changes({ query = "" }) {
  const [asked, choose] = useAddress("#/changes", query);
  const path = asked.action ? `audit?${new URLSearchParams({ action: asked.action })}` : "audit";
  return html`<${Title}>Changes<//>
    <p class="lead">Who has changed what, and when, the newest first.</p>
    <div class="fields"><${Choice} title="Of what" value=${asked.action ?? ""} all="Everything" choices=${KINDS} choose=${(value) => choose("action", value)} /></div>
    <${Card}><${Pages} key=${path} path=${path} address=${[asked, choose]} name="changes" nothing="Nothing so far.">${(changes) => html`
      <${Table} stacked label="Changes" rows=${changes} columns=${[
        { title: "When", cell: (each) => html`<${When} at=${each.at} />` },
        { title: "Who", cell: (each) => each.by },
        { title: "What", cell: (each) => html`<code>${each.action}</code>` },
        { title: "Of", cell: (each) => Object.values(each.of).join(", ") },
      ]} />`}<//><//>`;
}
