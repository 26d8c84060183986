// Who is behind a number of Today or of the daily report.

import { behind } from "./api.js";
import { asked } from "./reports.js";
import { Card, Empty, Failure, LoadedPage, Table, Title, useActing, useLoaded } from "./parts.js";
import { count, dateNamed, money, plural, time } from "./words.js";
import { html, useSignal } from "./vendor/preact.js";

/** What of the number is a person's, by its unit. */
const SAYS = { times: ["How many", count], money: ["How much", money], instant: ["Since", time] };

export default function ReportPeople({ query = "" }) {
  const path = `reports/people?${query}`;
  const first = useLoaded(() => asked(path), [path]);
  const more = useSignal([]);
  const { run, busy, problem } = useActing();
  return html`<${LoadedPage} of=${first}>${(told) => {
    const pages = [told, ...more.value];
    const people = pages.flatMap((each) => each.people);
    const { cursor } = pages.at(-1);
    const next = () => run(async () => { more.value = [...more.value, await asked(behind(path, cursor))]; });
    const [title, says] = SAYS[told.unit];
    const days = told.from === told.to ? `On ${dateNamed(told.from)}` : `From ${dateNamed(told.from)} to ${dateNamed(told.to)}`;
    return html`<${Title}>${told.name}<//>
      <p class="lead">${days}: ${told.unit === "money" ? money(told.total) : count(told.total)}, of ${plural(told.contacts, "person", "people")}. <a href="#/reports">Reports</a></p>
      <${Card}>${people.length === 0 ? html`<${Empty}>Nobody.<//>` : html`
        <${Table} stacked label="People" rows=${people} columns=${[
          { title: "Person", cell: (each) => html`<a href="#/contacts/${each.contact}">${each.name ?? each.email ?? each.contact}</a>${each.name && each.email && html`<span class="under">${each.email}</span>`}` },
          { title, number: told.unit !== "instant", cell: (each) => says(each.n) },
        ]} />
        ${cursor !== null && html`<button disabled=${busy.value} onClick=${next}>Show more</button>`}
        ${cursor === null && people.length < told.contacts && html`<p class="small soft">${told.contacts > 10_000 ? "The 10,000 with most of it are listed. " : ""}Who has been erased, or has joined another contact since, is counted and not listed.</p>`}`}
        ${problem.value && html`<${Failure} problem=${problem.value} />`}<//>`;
  }}<//>`;
}
