// What came of emails: day by day, and the journeys beside each other.

import { ask, whole } from "./api.js";
import { Bars } from "./charts.js";
import { Card, Empty, Loaded, More, Section, Table, useActing, useLoaded } from "./parts.js";
import { Figures, Frame } from "./report-tabs.js";
import { count, date, DAY, dayNamed, money, plural, When } from "./words.js";
import { html, useRef } from "./vendor/preact.js";

const COLUMNS = [
  { of: "sends", title: "Sends", words: count },
  { of: "clicks", title: "Clicks by people", words: count },
  { of: "orders", title: "Orders", words: count },
  { of: "revenue", title: "Revenue, refunds taken off", words: money },
];

/** What a report says that may take a while. */
export async function asked(path) {
  let told = await ask(path);
  while (told.query) told = await ask(`${path}${path.includes("?") ? "&" : "?"}query=${encodeURIComponent(told.query)}`);
  return told;
}

/** What the last night has added up, and the way to have it as of now. `load` is given the query that says which; its child is a
 *  function of what that tells. */
export function OfLastNight({ load, children }) {
  const query = useRef("");
  const told = useLoaded(() => load(query.current));
  const { run, busy } = useActing();
  const update = () => run(async () => { query.current = "?now=true"; await told.again(); });
  return html`<${Loaded} of=${told}>${(of) => html`${children(of)}
    <p class="small soft">As of <${When} at=${of.as_of} />. <button class="quiet" disabled=${busy.value} onClick=${update}>${busy.value ? "Adding up …" : "Bring up to date"}</button></p>`}<//>`;
}

/** Each of the last days, with what it brought; none at all where nothing has happened in them. */
export async function daily(query) {
  const told = await asked(`reports/daily${query}`);
  return { as_of: told.as_of, days: days(told) };
}

function days(told) {
  if (told.days.length === 0) return [];
  const known = Object.fromEntries(told.days.map((row) => [row.day, row]));
  const first = Date.parse(told.from);
  const names = Array.from({ length: (Date.parse(told.to) - first) / DAY + 1 }, (_, n) => new Date(first + n * DAY).toISOString().slice(0, 10));
  return names.map((day) => known[day] ?? { day, sends: 0, clicks: 0, orders: 0, revenue: 0 });
}

export default function Reports() {
  return html`<${Frame} here="" lead="What came of your emails. Clicks are those of people: what mail servers click to check a link is left out.">
    <${Card} title="The last 30 days"><${OfLastNight} load=${daily}>${(of) => html`<${Report} of=${of} />`}<//><//>
    <${Card} title="What emails bring"><${OfLastNight} load=${(query) => asked(`reports/holdout${query}`)}>${(told) => html`<${Holdout} of=${told} />`}<//><//>
    <${Section} title="Journeys, 30 days" load=${() => whole("journeys", "journeys")}>${({ journeys, since }) => html`<${Journeys} journeys=${journeys.filter((each) => each.state !== "draft")} since=${since} />`}<//><//>`;
}

function Report({ of: { days, as_of: asOf } }) {
  if (days.length === 0) {
    return html`<${Empty}>No emails and no orders in these 30 days. Emails begin when a contact enters a segment that a journey
      starts from; orders come in through your shop's webhooks. It takes some minutes until they show here.<//>`;
  }
  return html`<div class="charts">${COLUMNS.map((column) => html`<${Bars} days=${days} ...${column} />`)}</div>
    <${More} title="As a table"><${Figures} file="daily" label="Day by day" rows=${days.toReversed()} columns=${[
      { title: "Day", cell: (row) => dayNamed(row.day), csv: (row) => row.day },
      ...COLUMNS.map(({ of, title, words }) => ({ title, number: true, cell: (row) => row[of] === 0 ? words(0) : html`<a href="#/reports/people?figure=${of}&from=${row.day}&to=${row.day}&as_of=${asOf}">${words(row[of])}</a>`, csv: (row) => row[of] })),
    ]} /><//>`;
}

function Journeys({ journeys, since }) {
  const behind = (each, what, number) => number === 0 ? "0" : html`<a href="#/journeys/${each.id}/people?what=${what}&from=${since}">${count(number)}</a>`;
  if (journeys.length === 0) return html`<${Empty}>No journey is switched on yet.<//>`;
  return html`<${Figures} file="journeys-30-days" label="Journeys" stacked rows=${journeys.toSorted((one, other) => other.sent - one.sent)} columns=${[
    { title: "Journey", cell: (each) => html`<a href="#/journeys/${each.id}">${each.name}</a>`, csv: (each) => each.name },
    { title: "Started", number: true, cell: (each) => behind(each, "started", each.entered), csv: (each) => each.entered },
    { title: "Sent", number: true, cell: (each) => behind(each, "sent", each.sent), csv: (each) => each.sent },
    { title: "Goals", number: true, cell: (each) => behind(each, "goal", each.goals), csv: (each) => each.goals },
    { title: "Goals of 100 started", number: true, cell: (each) => each.entered >= 20 ? count(Math.round(each.goals / each.entered * 100)) : html`<span class="soft">too few</span>`, csv: (each) => each.entered >= 20 ? Math.round(each.goals / each.entered * 100) : null },
  ]} />`;
}

/** Who gets email beside who is held out of it. */
const Holdout = ({ of: { holdout, words, held_out, sent, waiting, spending } }) => html`<p>${words}</p>${spending && html`<p>${spending.words}</p>`}
  ${holdout && html`<${Table} label="Who gets email beside who is held out" rows=${[["Sent email", sent], ["Held out", held_out]]} columns=${[
    { title: "", cell: ([title]) => title },
    { title: "People", number: true, cell: ([, each]) => count(each.people) },
    { title: "Ordered within 30 days", number: true, cell: ([, each]) => count(each.ordered) },
    { title: "Spent then", number: true, cell: ([, each]) => money(each.revenue) },
    { title: "A person", number: true, cell: ([, each]) => each.people > 0 ? money(each.revenue / each.people) : "–" },
  ]} />
  <p class="soft small">${holdout.share} % of people get no email, since ${date(holdout.since)}. ${waiting > 0 && `${plural(waiting, "person has", "people have")} not had their 30 days yet.`}</p>`}`;
