// Who is behind a number: of Today, of a report, of a campaign's test or of a click map. The page's address is the API's own.

import { behind } from "./api.js";
import { asked } from "./reports.js";
import { Card, Empty, Failure, LoadedPage, Table, Title, useActing, useLoaded } from "./parts.js";
import { count, dateNamed, dayNamed, money, monthNamed, plural, time } from "./words.js";
import { html, useSignal } from "./vendor/preact.js";

/** How what of the number is a person's is written, by its unit. */
const SAYS = { times: count, money, instant: time };

/** The page that has the number. */
const from = (path) => `#/${path.replace(/\/people$/, "").replace(/\/(?:results|answers|surveys)$/, "").replace(/\/steps\/(\w+)\/clicks$/, "/clicks/$1")}`;

/** A number that leads to the people behind it, where there are any. `path` is the API's; what of `of` is null or empty is not asked for. */
export function Behind({ path, of, n, says, children }) {
  if (!n) return children ?? count(n);
  const query = new URLSearchParams(Object.entries(of).filter(([, value]) => value !== null && value !== ""));
  return html`<a href="#/${path}/people?${query}" aria-label=${says}>${children ?? count(n)}</a>`;
}

export default function ReportPeople({ path: of, query = "" }) {
  const path = `${of}?${query}`;
  const first = useLoaded(() => asked(path), [path]);
  const more = useSignal([]);
  const { run, busy, problem } = useActing();
  return html`<${LoadedPage} of=${first}>${(told) => {
    const pages = [told, ...more.value];
    const people = pages.flatMap((each) => each.people);
    const { cursor } = pages.at(-1);
    const next = () => run(async () => { more.value = [...more.value, await asked(behind(path, cursor))]; });
    const says = SAYS[told.unit];
    const days = !told.from ? "" : told.from === told.to ? `On ${dateNamed(told.from)}: ` : `From ${dateNamed(told.from)} to ${dateNamed(told.to)}: `;
    const total = told.unit === "money" ? `${money(told.total)}, of ` : told.total === told.contacts ? "" : `${count(told.total)}, of `;
    const name = told.name.replace(/\b\d{4}-\d\d-\d\d\b/, dayNamed).replace(/\b\d{4}-\d\d\b/, monthNamed);
    return html`<${Title}>${name}<//>
      <p class="lead">${days}${total}${plural(told.contacts, "person", "people")}. <a href=${from(of)}>Back to the numbers</a></p>
      <${Card}>${people.length === 0 ? html`<${Empty}>Nobody.<//>` : html`
        <${Table} stacked label="People" rows=${people} columns=${[
          { title: "Person", cell: (each) => html`<a href="#/contacts/${each.contact}">${each.name ?? each.email ?? each.contact}</a>${each.name && each.email && html`<span class="under">${each.email}</span>`}` },
          { title: told.each, number: told.unit !== "instant", cell: (each) => says(each.n) },
        ]} />
        ${cursor !== null && html`<button disabled=${busy.value} onClick=${next}>Show more</button>`}
        ${cursor === null && people.length < told.contacts && html`<p class="small soft">${told.contacts > 10_000 ? "The 10,000 with most of it are listed. " : ""}Who has been erased, or has joined another contact since, is counted and not listed.</p>`}`}
        ${problem.value && html`<${Failure} problem=${problem.value} />`}<//>`;
  }}<//>`;
}
