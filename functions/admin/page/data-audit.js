// The data audit: how complete, right and used what is known is, where it comes from, and what to do about it.

import { ask } from "./api.js";
import { Card, Empty, LoadedPage, More, Table, Title, useLoaded } from "./parts.js";
import { Figures } from "./report-tabs.js";
import { count, plural, time, When, words } from "./words.js";
import { html } from "./vendor/preact.js";

const percent = (share) => `${(100 * share).toFixed(0)} %`;

export default function DataAudit() {
  const told = useLoaded(() => ask("data/audit"));
  return html`<${LoadedPage} of=${told}>${(of) => html`
    <${Title}>Data audit<//>
    <p class="lead">How complete and how right what you know of your contacts is, what of it is used, and where it comes from. <a href="#/data">Data</a></p>
    ${of.as_of === null ? html`<${Card}><${Empty}>Nothing has been looked at yet. It is done once a night.<//><//>` : html`
      <p class="small soft">As of ${time(of.as_of)}: ${of.exact ? `all ${plural(of.contacts, "contact")}` : `about ${plural(of.contacts, "contact")}, by ${count(of.looked_at)} of them drawn at random`}, and events of the last ${of.days} days.</p>
      <${ToFix} of=${of} />
      <${Fields} of=${of} />
      <${Events} events=${of.events} />
      <${Sources} of=${of} />`}
    <${Rejected} of=${of} />`}<//>`;
}

/** All that there is to do, what concerns most people first. */
function ToFix({ of }) {
  const list = [
    ...of.sources.flatMap((each) => each.to_fix.map((text) => ({ of: `Source ${each.source}`, text }))),
    ...of.fields.flatMap((each) => each.to_fix.map((text) => ({ of: each.title, text }))),
    ...of.events.flatMap((each) => each.to_fix.map((text) => ({ of: each.title, text }))),
  ];
  return html`<${Card} title="What to fix">${list.length === 0 ? html`<p class="good">Nothing stands out.</p>`
    : html`<${Table} label="What to fix" stacked rows=${list} columns=${[{ title: "Of", cell: (each) => each.of }, { title: "What", cell: (each) => each.text }]} />`}<//>`;
}

const Uses = ({ of }) => of.uses > 0 ? html`<${More} title=${plural(of.uses, "definition")}>
    <ul>${of.used_by.map((each) => html`<li>${each.name} <span class="soft">(${each.kind})</span></li>`)}${of.uses > of.used_by.length && html`<li class="soft">and ${count(of.uses - of.used_by.length)} more</li>`}</ul><//>`
  : of.used_by_us ? html`<span class="soft">by us</span>` : "nothing";

const Fields = ({ of }) => html`<${Card} title="Fields of contacts"><${Figures} file="data-audit-fields" label="Fields of contacts" stacked rows=${of.fields} columns=${[
    { title: "Field", cell: (each) => html`${each.title}${each.personal && html`<span class="under">personal: counted only</span>`}${each.made_by_us && html`<span class="under">worked out by us</span>`}`, csv: (each) => each.field },
    { title: "Known of", number: true, cell: (each) => html`${count(each.have)}<span class="under">${percent(each.share)}${each.give_or_take > 0 && `, give or take ${count(each.give_or_take)}`}</span>`, csv: (each) => each.have },
    { title: "Invalid", number: true, cell: (each) => count(each.invalid), csv: (each) => each.invalid },
    { title: "Unlike most", number: true, cell: (each) => count(each.inconsistent), csv: (each) => each.inconsistent },
    { title: "Over two years old", number: true, cell: (each) => count(each.stale), csv: (each) => each.stale },
    { title: "Used by", cell: (each) => html`<${Uses} of=${each} />`, csv: (each) => each.uses },
  ]} />
  <p class="small soft">Invalid: in a form that the field cannot have. Unlike most: another type or spelling than most have, such as “london” beside “London”. Emails ask for a field by <code>traits</code> and <code>contact</code>.</p><//>`;

const Events = ({ events }) => html`<${Card} title="Events">${events.length === 0 ? html`<${Empty}>No event came in.<//>` : html`
  <${Figures} file="data-audit-events" label="Events" stacked rows=${events} columns=${[
    { title: "Event", cell: (each) => each.title, csv: (each) => each.event },
    { title: "Came in", number: true, cell: (each) => count(each.events), csv: (each) => each.events },
    { title: "From", cell: (each) => each.sources.join(", ") },
    { title: "Used by", cell: (each) => html`<${Uses} of=${each} />`, csv: (each) => each.uses },
  ]} />`}<//>`;

function Sources({ of }) {
  const heard = Object.fromEntries(of.heard.map((each) => [each.source, each.at]));
  return html`<${Card} title="Sources">${of.sources.length === 0 ? html`<${Empty}>No source has told anything.<//>` : html`
    <${Figures} file="data-audit-sources" label="Sources" stacked rows=${of.sources} columns=${[
      { title: "Source", cell: (each) => words(each.source), csv: (each) => each.source },
      { title: "Events", number: true, cell: (each) => count(each.events), csv: (each) => each.events },
      { title: "The newest", cell: (each) => html`<${When} at=${Math.max(each.newest, heard[each.source] ?? 0)} />`, csv: (each) => new Date(each.newest).toISOString() },
      { title: "Heard of after", number: true, cell: (each) => each.lag === null ? "–" : html`${lasting(each.lag.middle)}<span class="under">one in twenty over ${lasting(each.lag.late)}, of ${count(each.lag.of)}</span>`, csv: (each) => each.lag?.middle ?? "" },
      { title: "Orders without an amount", number: true, cell: (each) => count(each.without_amount), csv: (each) => each.without_amount },
      { title: "Other currencies", cell: (each) => each.currencies.filter(({ currency }) => currency !== of.currency).map(({ currency, events }) => `${currency}: ${count(events)}`).join(", ") || "–" },
    ]} />`}<//>`;
}

function Rejected({ of }) {
  return html`<${Card} title="What was not taken, as of now">
    ${of.rejected.length === 0 ? html`<p class="good">Nothing waits to be looked at.</p>` : html`<${Table} label="What was not taken" stacked rows=${of.rejected} columns=${[
      { title: "What", cell: (each) => each.what },
      { title: "Events", number: true, cell: (each) => count(each.events) },
      { title: "Why", cell: (each) => each.reasons.map(({ reason, events }) => `${reason} (${count(events)})`).join("; ") },
      { title: "What to do", cell: (each) => html`${each.to_fix} <a href="#/operations">Operations</a>` },
    ]} />`}
    ${of.other_currencies.length > 0 && html`<p class="note">Amounts came in ${of.other_currencies.map(({ currency }) => currency).join(", ")}. They are kept and added up nowhere: only ${of.currency} counts.</p>`}<//>`;
}

const lasting = (span) => span < 1_000 ? "less than a second" : span < 60_000 ? plural(Math.round(span / 1_000), "second") : span < 3_600_000 ? plural(Math.round(span / 60_000), "minute") : plural(Math.round(span / 3_600_000), "hour");
