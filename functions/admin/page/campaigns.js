// All campaigns: what is being written, what goes out now, what went out.

import { StateTag } from "./campaign-frame.js";
import { useAddress } from "./address.js";
import { Choice } from "./listing.js";
import { Card, Pages, Table, Title } from "./parts.js";
import { count, When } from "./words.js";
import { html } from "./vendor/preact.js";

const STATES = { draft: "drafts", scheduled: "scheduled", sending: "being sent", paused: "paused", done: "sent", cancelled: "cancelled" };

export default function Campaigns({ query = "" }) {
  const [asked, choose] = useAddress("#/campaigns", query);
  const path = asked.state ? `campaigns?${new URLSearchParams({ state: asked.state })}` : "campaigns";
  return html`
    <div class="head"><${Title}>Campaigns<//><a class="button strong" href="#/new-campaign">New campaign</a></div>
    <p class="lead">One email to a whole segment. You see whom it will go to before you send it, and afterwards who got it and who did not, and why.</p>
    <div class="fields"><${Choice} title="State" value=${asked.state ?? ""} all="All" choices=${STATES} choose=${(value) => choose("state", value)} /></div>
    <${Card}><${Pages} key=${path} path=${path} address=${[asked, choose]} name="campaigns" nothing=${asked.state ? "None is in this state." : html`None so far. <a href="#/new-campaign">Write the first one.</a>`}>${(found) => html`
      <${Table} label="Campaigns" stacked rows=${found} columns=${[
        { title: "Campaign", cell: (each) => html`<a href="#/campaigns/${each.id}">${each.name}</a>${each.why && html`<span class="under">${each.why}</span>`}` },
        { title: "State", cell: (each) => html`<${StateTag} state=${each.state} />` },
        { title: "Changed", cell: (each) => html`<${When} at=${each.since} />` },
        { title: "Sent", number: true, cell: (each) => each.sums ? count(each.sums.sent) : "–" },
        { title: "Audience", number: true, cell: (each) => each.audience === null ? "–" : count(each.audience) },
      ]} />`}<//><//>`;
}
