// The morning page: whether all works, how the last 30 days went, how many are in each segment.

import { ask } from "./api.js";
import { Bars } from "./charts.js";
import { Banner, Empty, Failure, More, Section, Table, Title, useLoaded, useRefreshed } from "./parts.js";
import { now, setNow } from "./settings.js";
import { count, DAY, distance, money, plural } from "./words.js";
import { html } from "./vendor/preact.js";

const DAYS = 30;
const COLUMNS = [
  { of: "sends", title: "Sends", words: count },
  { of: "clicks", title: "Clicks by people", words: count },
  { of: "orders", title: "Orders", words: count },
  { of: "revenue", title: "Revenue, refunds taken off", words: money },
];

export default function Today() {
  const health = useLoaded(async () => {
    const told = await ask("health");
    setNow(told.now);
    return told;
  });
  useRefreshed(health.again, true, 60_000);
  if (health.value === undefined && !health.problem) {
    return html`<${Title}>Today<//><p class="soft" aria-busy="true">Loading …</p>`;
  }
  return html`<${Title}>Today<//>
    ${health.problem ? html`<${Banner} wrong><${Failure} problem=${health.problem} /><//>` : html`<${Health} told=${health.value} />`}
    <${Section} title="The last 30 days" load=${report}>${(days) => html`<${Report} days=${days} />`}<//>
    <${Section} title="Segments" load=${() => ask("segments")}>${({ segments }) => html`<${Table} label="Segments" rows=${segments} columns=${[
      { title: "Segment", cell: (each) => html`<a href="#/segments/${each.segment}">${each.name}</a><span class="under">${each.sentence}</span>` },
      { title: "Members", number: true, cell: (each) => count(each.members) },
    ]} />`}<//>`;
}

function Health({ told }) {
  const wrote = told.last_lake_write;
  const facts = html`<p class="small soft">${plural(told.queues?.events ?? 0, "event")} waiting. ${
    wrote ? `Lake written ${distance(wrote)}. ` : "Nothing written to the lake this month or the last. "}Segments of publication ${told.definitions}.</p>`;
  if (told.status === "ok") return html`<${Banner}><p><strong>Everything works.</strong></p>${facts}<//>`;
  return html`<${Banner} wrong>
    <p><strong>${told.problems.length === 1 ? "Something needs you." : `${told.problems.length} things need you.`}</strong></p>
    <ul>${told.problems.map((problem) => html`<li>${problem}</li>`)}</ul>
    ${Object.values(told.dead_letters ?? {}).some((depth) => depth > 0) && html`<p><a href="#/dead-letters">See the dead letters</a></p>`}
    ${facts}
  <//>`;
}

/** Each of the last days, with what it brought; none at all where nothing has happened in them. */
async function report() {
  const name = (n) => new Date(now() - (DAYS - 1 - n) * DAY).toISOString().slice(0, 10);
  const names = Array.from({ length: DAYS }, (_, n) => name(n));
  let told = await ask(`reports/daily?from=${names[0]}&to=${names[DAYS - 1]}`);
  while (told.query) told = await ask(`reports/daily?query=${encodeURIComponent(told.query)}`);
  if (told.days.length === 0) return [];
  const known = Object.fromEntries(told.days.map((row) => [row.day, row]));
  return names.map((day) => known[day] ?? { day, sends: 0, clicks: 0, orders: 0, revenue: 0 });
}

function Report({ days }) {
  if (days.length === 0) {
    return html`<${Empty}>No emails and no orders in these 30 days. Emails begin when a contact enters a segment that a journey
      starts from; orders come in through your shop's webhooks. It takes some minutes until they show here.<//>`;
  }
  return html`<div class="charts">${COLUMNS.map((column) => html`<${Bars} days=${days} ...${column} />`)}</div>
    <${More} title="As a table"><${Table} rows=${days.toReversed()} columns=${[
      { title: "Day (UTC)", cell: (row) => row.day },
      ...COLUMNS.map(({ of, title, words }) => ({ title, number: true, cell: (row) => words(row[of]) })),
    ]} /><//>`;
}
