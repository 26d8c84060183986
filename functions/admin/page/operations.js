// What an operator looks after, now and then: what email needs from outside, and what waits for a person.

import { ask } from "./api.js";
import { Drift, StuckRuns, WrongMembers } from "./nights.js";
import { Card, Section, Table, Tag, Title, useLoaded } from "./parts.js";
import { asked, OfLastNight } from "./reports.js";
import { count, plural } from "./words.js";
import { html } from "./vendor/preact.js";

const PLACES = [
  { link: "#/set-up", name: "Set-up", says: "What email needs: DNS records, SES, secrets, the storefront’s webhooks.", load: () => ask("doctor"),
    found: ({ findings }) => plural(findings.filter((each) => each.state === "missing" || each.state === "wrong").length, "thing"), unit: "to add" },
  { link: "#/dead-letters", name: "Dead letters", says: "What could not be processed. Fix the cause, then replay it.", load: () => ask("dead-letters"),
    found: ({ queues }) => plural(queues.reduce((sum, each) => sum + each.depth, 0), "message"), unit: "" },
  { link: "#/conflicts", name: "Conflicts", says: "Contacts that may be one person.", load: () => ask("conflicts"),
    found: ({ conflicts, more }) => `${more ? "More than " : ""}${plural(conflicts.length, "pair")}`, unit: "" },
  { link: "#/requests", name: "Requests", says: "What customers and storefronts ask for by law.", load: () => ask("requests?limit=1"),
    found: ({ waiting }) => plural(waiting, "request"), unit: "open" },
];

export default function Operations() {
  return html`<${Title}>Operations<//>
    <p class="lead">What keeps the shop’s email running, and what waits for a person.</p>
    ${PLACES.map((place) => html`<${Place} key=${place.link} ...${place} />`)}
    <${Section} title="Stuck runs" load=${() => ask("stuck-runs")}>${(told) => html`<${StuckRuns} told=${told} />`}<//>
    <${Section} title="Drift" load=${() => ask("drift")}>${(told) => html`<${Drift} told=${told} />`}<//>
    <${Section} title="Lists of members" load=${() => ask("wrong-members")}>${(told) => html`<${WrongMembers} told=${told} />`}<//>
    <${Card}><div class="head"><h2><a href="#/changes">Changes</a></h2></div><p class="soft">Who has changed what, and when.</p><//>
    <${Card}><div class="head"><h2><a href="#/keys">Keys and roles</a></h2></div><p class="soft">Who may come in, and what scripts may do.</p><//>
    <${Card} title="Cost so far this month"><${OfLastNight} load=${(query) => asked(`reports/costs${query}`)}>${(told) => html`<${Costs} told=${told} />`}<//><//>`;
}

const COUNTED = { emails: "All emails that SES took, confirmations and tests among them", events: "Events taken in and followed up", transitions: "Steps of journeys that run on Step Functions, at most" };
const dollars = (amount) => amount > 0 && amount < 0.01 ? "Under $0.01" : `$${amount.toFixed(2)}`;

function Costs({ told }) {
  return html`<p><strong>${told.total >= 0.01 ? "About " : ""}${dollars(told.total)}</strong> at AWS’s list prices, by what is counted here.</p>
    <${Table} label="Cost so far" rows=${told.costs} columns=${[
      { title: "What", cell: (each) => COUNTED[each.what] },
      { title: "Number", number: true, cell: (each) => count(each.number) },
      { title: "Cost", number: true, cell: (each) => dollars(each.dollars) },
    ]} />
    <p class="small soft">Not in it: ${told.left_out.join("; ")}. What is charged is on AWS’s bill.</p>`;
}

function Place({ link, name, says, load, found, unit }) {
  const told = useLoaded(load);
  const said = told.value === undefined ? null : found(told.value);
  return html`<${Card}>
    <div class="head"><h2><a href=${link}>${name}</a></h2>
      ${said !== null ? html`<${Tag} kind=${said.startsWith("0 ") ? "good" : "note"}>${said.startsWith("0 ") ? "nothing to do" : `${said} ${unit}`.trim()}<//>`
        : told.problem ? html`<${Tag} kind="bad">not known<//>` : html`<span class="soft" aria-busy="true">…</span>`}</div>
    <p class="soft">${says}</p>
  <//>`;
}
