// All segments: how many are in each, how that went and goes on, what uses it; what is only drafted; what to fix. What is searched
// and how it is sorted stand in the address.

import { useAddress } from "./address.js";
import { ask, whole } from "./api.js";
import { Trend } from "./charts.js";
import { wholeForecast } from "./forecasting.js";
import { Card, Empty, LoadedPage, More, Section, SegmentLink, Table, Tag, Title, useLoaded } from "./parts.js";
import { percent } from "./segment-beside.js";
import { count, plural, words } from "./words.js";
import { html } from "./vendor/preact.js";

const FINDINGS = {
  alike: "Nearly the same people as another",
  small: "Too small to learn from",
  quiet: "Nobody enters",
};
const LINKS = { journey: "journeys", campaign: "campaigns", email: "emails", segment: "segments", experiment: "experiments", objective: "objectives" };
const USES_SHOWN = 2;
const plain = (text) => text.toLowerCase();
const grown = (each) => each.members - (each.sizes[0] ?? each.members);
const SORTS = {
  people: ["Most people", (one, other) => other.members - one.members],
  name: ["Name", (one, other) => one.name.localeCompare(other.name)],
  growth: ["Growth in 30 days", (one, other) => grown(other) - grown(one)],
};

export default function Segments({ query = "" }) {
  const [told, forecast] = [useLoaded(() => whole("segments", "segments", "drafts")), useLoaded(() => wholeForecast().catch(() => null))];
  const [asked, choose] = useAddress("#/segments", query);
  const { q = "", group = "", sort = "people" } = asked;
  return html`<${LoadedPage} of=${told}>${({ segments, drafts, contacts }) => {
    const found = segments.filter((each) => (!group || each.group === group) && (!q || plain(`${each.name} ${each.sentence} ${each.words} ${each.segment}`).includes(plain(q))));
    const isTemplate = (each) => each.shipped && each.members === 0 && each.used_by.length === 0 && !each.drafted;
    const listed = found.filter((each) => !isTemplate(each)).sort((SORTS[sort] ?? SORTS.people)[1]);
    const templates = found.filter(isTemplate);
    return html`
    <div class="head"><${Title}>Segments<//><a class="button strong" href="#/new-segment">New segment</a></div>
    <p class="lead">Who is in which segment right now. Contacts enter and leave by themselves, at the instant that a segment's condition becomes true or false.</p>
    <search class="fields">
      <label class="grow">Search <input type="search" value=${q} onInput=${(event) => choose("q", event.target.value)} placeholder="Name or what it asks" /></label>
      <label>Kind <select value=${group} onChange=${(event) => choose("group", event.target.value)}><option value="">All</option>${[...new Set(segments.map((each) => each.group))].map((each) => html`<option value=${each} selected=${each === group}>${words(each)}</option>`)}</select></label>
      <label>Sorted by <select value=${sort} onChange=${(event) => choose("sort", event.target.value)}>${Object.entries(SORTS).map(([each, [title]]) => html`<option value=${each} selected=${each === sort}>${title}</option>`)}</select></label>
    </search>
    ${drafts.length > 0 && html`<${Card} title="Drafts"><ul class="list">${drafts.map((each) => html`
      <li><a href="#/segments/${each.segment}/edit">${each.name}</a>${each.sentence && html`<span class="under">${each.sentence}</span>`}</li>`)}</ul><//>`}
    <${Card}>${listed.length > 0 ? html`<${Table} stacked label="Segments" rows=${listed} columns=${columns(contacts.number, forecast.value)} />`
      : html`<${Empty}>No segment ${q ? html`has “${q}” in its name or its words` : "has anybody in it yet"}.<//>`}<//>
    ${templates.length > 0 && html`<${Card}><details class="templates" open=${Boolean(q)}><summary>${plural(templates.length, "template")} to start from: they ship with Beckon, and nobody is in them yet</summary>
      <ul class="list">${templates.map((each) => html`<li><div class="head"><a href="#/segments/${each.segment}">${each.name}</a>
        <a class="button" href="#/new-segment?from=${each.segment}" aria-label="Start from this: ${each.name}">Start from this</a></div><span class="under">${each.sentence}</span></li>`)}</ul></details><//>`}
    <${Section} title="Suggestions" load=${() => ask("guidance")}>${(guidance) => html`<${Guidance} told=${guidance} />`}<//>`;
  }}<//>`;
}

const columns = (all, forecast) => [
  { title: "Segment", cell: (each) => html`<a href="#/segments/${each.segment}">${each.name}</a> ${each.drafted && html`<${Tag} kind="note">draft<//>`}
    <span class="under">${each.sentence}</span>` },
  { title: "People", number: true, cell: (each) => html`${count(each.members)}${all > 0 && html`<span class="under">${percent(each.members / all)}</span>`}` },
  { title: "30 days back and ahead", cell: (each) => html`<${Trend} past=${each.sizes} now=${each.members} days=${forecast?.flows.get(each.segment)} />` },
  { title: "Used by", cell: (each) => html`<${Uses} of=${each.used_by} />` },
];

/** What asks about a segment, with ways to it. */
export const Uses = ({ of, most = USES_SHOWN }) => html`${of.slice(0, most).map((each) => html`<a class="use" href="#/${LINKS[each.kind]}/${each.id}" title=${`${words(each.kind)}: ${each.name}`}>${each.name}</a> `)}${
  of.length > most && html`<span class="small soft">and ${count(of.length - most)} more</span>`}`;

function Guidance({ told: { findings, segments, left_out: leftOut } }) {
  const missed = leftOut.length > 0 && html`<p class="small">There was no time to look at ${leftOut.length} of the segments.</p>`;
  if (findings.length === 0 && !missed) return html`<p>None: no segment is too small, the same as another, or one that nobody enters.</p>`;
  return html`${missed}${Object.entries(FINDINGS).map(([kind, title]) => {
    const found = findings.filter((each) => each.kind === kind);
    return found.length > 0 && html`<${More} title="${title} (${found.length})">
      ${Object.entries(Object.groupBy(found, (each) => advice(each.sentence)[1])).map(([what, those]) => html`
        <p>${what}</p>
        <ul class="list">${those.map((each) => html`<li>${advice(each.sentence)[0]} <span class="small">${
          each.segments.map((id, n) => html`${n > 0 && " · "}<${SegmentLink} id=${id} names=${segments} />`)}</span></li>`)}</ul>`)}
    <//>`;
  })}`;
}

/** A finding's first sentence, which says what it is, and the rest, which says what to do. */
function advice(sentence) {
  const [fact, ...rest] = sentence.split(". ");
  return [`${fact}.`, rest.join(". ")];
}
