// The people behind a number of Insight: of a band of a score, or of a cell of the grid.

import { at, behind } from "./api.js";
import { exportScores } from "./exporting.js";
import { asked } from "./reports.js";
import { Card, Empty, Failure, LoadedPage, Table, Title, useActing, useLoaded } from "./parts.js";
import { isRanked, scoreSaid } from "./score-words.js";
import { count, plural } from "./words.js";
import { html, useSignal } from "./vendor/preact.js";

const WHO = { title: "Person", cell: (each) => html`<a href="#/contacts/${each.contact}">${each.name ?? each.email ?? each.contact}</a>${each.name && each.email && html`<span class="under">${each.email}</span>`}` };

/** Of a cell of the grid, who they are is all. */
const columns = (score, unit) => score === "rfm" ? [WHO] : [
  WHO,
  { title: "Value", number: unit !== "list" && unit !== "dates", cell: (each) => scoreSaid(unit, each.value) },
  ...(isRanked(unit) ? [{ title: "Rank of 100", number: true, cell: (each) => each.rank === null ? "" : count(each.rank) }] : []),
  { title: "Why", cell: (each) => each.reasons.map((reason) => html`<span class="reason">${reason}</span>`) },
];

export default function InsightPeople({ score, query = "" }) {
  const path = `${at("insight", score, "people")}${query && `?${query}`}`;
  const first = useLoaded(() => asked(path));
  const more = useSignal([]);
  const { run, busy, problem } = useActing();
  return html`<${LoadedPage} of=${first}>${(told) => {
    const pages = [told, ...more.value];
    const people = pages.flatMap((each) => each.people);
    const { cursor } = pages.at(-1);
    const next = () => run(async () => { more.value = [...more.value, await asked(behind(path, cursor))]; });
    return html`<div class="head"><${Title}>${told.name}<//>${score !== "rfm" && html`<${Take} score=${score} band=${new URLSearchParams(query).get("band")} />`}</div>
      <p class="lead">${plural(told.contacts, "person", "people")}, as of last night. <a href="#/insight">Insight</a></p>
      <${Card}>${people.length === 0 ? html`<${Empty}>Nobody is in it any more.<//>` : html`
        <${Table} stacked label="People" rows=${people} columns=${columns(score, told.unit)} />
        ${cursor !== null && html`<button disabled=${busy.value} onClick=${next}>Show more</button>`}`}
        ${problem.value && html`<${Failure} problem=${problem.value} />`}<//>`;
  }}<//>`;
}

function Take({ score, band }) {
  const { run, busy, problem } = useActing();
  const far = useSignal(0);
  return html`<div class="buttons"><button disabled=${busy.value} onClick=${() => run(() => exportScores(score, band ? { band } : {}, (people) => { far.value = people; }))}>Export</button>
    ${busy.value && html`<span class="soft" role="status">${plural(far.value, "person", "people")} so far …</span>`}
    ${problem.value && html`<${Failure} problem=${problem.value} />`}</div>`;
}
