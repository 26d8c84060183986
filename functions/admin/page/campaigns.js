// All campaigns: what is being written, what goes out now, what went out.

import { StateTag } from "./campaign-frame.js";
import { Card, Pages, Table, Title } from "./parts.js";
import { count, When } from "./words.js";
import { html } from "./vendor/preact.js";

export default function Campaigns() {
  return html`
    <div class="head"><${Title}>Campaigns<//><a class="button strong" href="#/new-campaign">New campaign</a></div>
    <p class="lead">One email to a whole segment. You see whom it will go to before you send it, and afterwards who got it and who did not, and why.</p>
    <${Card}><${Pages} path="campaigns" name="campaigns" nothing=${html`None so far. <a href="#/new-campaign">Write the first one.</a>`}>${(found) => html`
      <${Table} label="Campaigns" stacked rows=${found} columns=${[
        { title: "Campaign", cell: (each) => html`<a href="#/campaigns/${each.id}">${each.name}</a>${each.why && html`<span class="under">${each.why}</span>`}` },
        { title: "State", cell: (each) => html`<${StateTag} state=${each.state} />` },
        { title: "Changed", cell: (each) => html`<${When} at=${each.since} />` },
        { title: "Sent", number: true, cell: (each) => each.sums ? count(each.sums.sent) : "–" },
        { title: "Audience", number: true, cell: (each) => each.audience === null ? "–" : count(each.audience) },
      ]} />`}<//><//>`;
}
