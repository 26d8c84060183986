// All segments: what each means and how many are in it, what is only drafted so far, and what to fix.

import { ask } from "./api.js";
import { Card, LoadedPage, More, Section, SegmentLink, Table, Title, useLoaded } from "./parts.js";
import { count, words } from "./words.js";
import { html } from "./vendor/preact.js";

const FINDINGS = {
  alike: "Nearly the same people as another",
  small: "Too small to learn from",
  quiet: "Nobody enters",
};
const COLUMNS = [
  { title: "Segment", cell: (each) => html`<a href="#/segments/${each.segment}">${each.name}</a>
    <span class="under">${each.sentence}</span><span class="under">Somebody who <em>${each.words}</em>.</span>` },
  { title: "Members", number: true, cell: (each) => count(each.members) },
];

export default function Segments() {
  const told = useLoaded(() => ask("segments"));
  return html`<${LoadedPage} of=${told}>${({ segments, drafts }) => html`
    <div class="head"><${Title}>Segments<//><a class="button" href="#/new-segment">New segment</a></div>
    <p class="lead">Who is in which segment right now. Contacts enter and leave by themselves, at the instant that a segment's condition becomes true or false.</p>
    <${Section} title="Suggestions" load=${() => ask("guidance")}>${(found) => html`<${Guidance} told=${found} />`}<//>
    ${drafts.length > 0 && html`<${Card} title="Drafts"><ul class="list">${drafts.map((each) => html`
      <li><a href="#/segments/${each.segment}">${each.name}</a><span class="under">${each.sentence}</span></li>`)}</ul><//>`}
    ${[...new Set(segments.map((each) => each.group))].map((group) => html`
      <${Card} title=${words(group)}><${Table} label=${words(group)} columns=${COLUMNS} rows=${segments.filter((each) => each.group === group)} /><//>`)}
  `}<//>`;
}

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
