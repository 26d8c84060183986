// Customers by the month of their first order, and people by that of their sign-up: what they ordered in the months after.

import { useAddress } from "./address.js";
import { ask } from "./api.js";
import { Card, Empty, LoadedPage, styled, useLoaded } from "./parts.js";
import { Behind } from "./report-people.js";
import { Figures, Frame } from "./report-tabs.js";
import { count, money, monthNamed, plural, time } from "./words.js";
import { html } from "./vendor/preact.js";

await styled("cohorts.css");

const KINDS = { first_order: "their first order", sign_up: "their sign-up" };
const SHADES = 5;
const percent = (people, of) => `${(people / of * 100).toFixed(people > 0 && people / of < .1 ? 1 : 0)} %`;
const MEASURES = {
  ordered: { title: "Ordered in the month", of: (cell, row) => cell.people / row.people, said: (cell, row) => percent(cell.people, row.people) },
  spent: { title: "Spent by each so far", of: (cell) => cell.revenue_each, said: (cell) => money(cell.revenue_each) },
};

export default function Cohorts({ query = "" }) {
  const [{ by = "first_order", segment = "", show = "ordered" }, choose] = useAddress("#/reports/cohorts", query);
  const loaded = useLoaded(() => ask(`reports/cohorts?by=${by}${segment && `&segment=${segment}`}`), [by, segment]);
  return html`<${Frame} here="cohorts" lead="People by the month of their first order or their sign-up, and what they ordered in the months after. Months are the shop’s.">
    <search class="fields">
      <label>By the month of <select value=${by} onChange=${(event) => choose("by", event.target.value)}>${Object.entries(KINDS).map(([each, title]) => html`<option value=${each} selected=${each === by}>${title}</option>`)}</select></label>
      <label>Show <select value=${show} onChange=${(event) => choose("show", event.target.value)}>${Object.entries(MEASURES).map(([each, { title }]) => html`<option value=${each} selected=${each === show}>${title}</option>`)}</select></label>
      <label>Who <select value=${segment} onChange=${(event) => choose("segment", event.target.value)}><option value="">Everybody</option>${(loaded.value?.segments ?? []).map((each) => html`<option value=${each.segment} selected=${each.segment === segment}>In ${each.name}</option>`)}</select></label>
    </search>
    <${LoadedPage} of=${loaded}>${(of) => html`<${Cells} of=${of} measure=${MEASURES[show] ?? MEASURES.ordered} />`}<//><//>`;
}

function Cells({ of, measure }) {
  if (of.as_of === null) return html`<${Card}><${Empty}>Nothing has been added up yet. It is done once a night.<//><//>`;
  if (of.rows.length === 0) return html`<${Card}><${Empty}>Nobody ${of.by === "sign_up" ? "has signed up" : "has ordered"}${of.segment && " of this segment"} so far.<//><//>`;
  const longest = Math.max(...of.rows.map((row) => row.cells.length), 1);
  const most = Math.max(...of.rows.flatMap((row) => row.cells.filter((cell) => cell.is_over && cell.after > 0).map((cell) => measure.of(cell, row))), 1e-9);
  const behind = (row, after) => ({ by: of.by, month: row.month, after, segment: of.segment });
  const title = measure === MEASURES.ordered ? "How many of a hundred ordered, by months after" : "What one has spent by the end of a month, refunds taken off";
  return html`<p class="small soft">As of ${time(of.as_of)}. ${plural(of.people, "person", "people")} in all: every one is in one row.</p>
    <${Card} title=${title}>
      <${Figures} file="cohorts-${of.by}" label=${title} rows=${of.rows.toReversed()} columns=${[
        { title: "Month", cell: (row) => html`<span class="month">${row.month === null ? "before" : monthNamed(row.month)}${row.begins && html`<span class="under">history begins</span>`}</span>`, csv: (row) => row.month ?? "before" },
        { title: "People", number: true, cell: (row) => html`<${Behind} path="reports/cohorts" of=${behind(row, -1)} n=${row.people} />`, csv: (row) => row.people },
        ...Array.from({ length: longest }, (_, after) => ({
          title: after === 0 ? "same month" : `+${after}`, number: true,
          cell: (row) => html`<${Cell} cell=${row.cells[after]} row=${row} measure=${measure} most=${most} behind=${() => behind(row, after)} />`,
          csv: (row) => row.cells[after]?.is_over ? measure === MEASURES.ordered ? row.cells[after].people : row.cells[after].revenue_each : null,
        })),
      ]} />
      <p class="soft small">The number after + is how many months later. A month that is not over is “not yet”, and what is empty has not come: young months are no worse for it.
        ${of.rows.some((row) => row.begins) && " Where the history begins, some may have ordered before, and are no new customers."}</p>
      ${measure === MEASURES.ordered && of.average.length > 1 && html`<p>${average(of)}</p>`}
    <//>`;
}

/** In words, the first few months of all who have had them. */
const average = (of) => `Of all who have had the time, without those of the month in which the history begins: ${of.average.slice(1, 7).map((each) => `${percent(each.people, each.of)} (${count(each.people)} of ${count(each.of)}) ordered ${plural(each.after, "month")} later`).join(", ")}.`;

function Cell({ cell, row, measure, most, behind }) {
  if (cell === undefined) return "";
  if (!cell.is_over) return html`<span class="soft small">not yet</span>`;
  const said = measure.said(cell, row);
  const shade = cell.after === 0 && measure === MEASURES.ordered ? 0 : Math.min(Math.ceil(measure.of(cell, row) / most * SHADES), SHADES);
  return html`<span class="heat h${shade}"><${Behind} path="reports/cohorts" of=${behind()} n=${cell.people} says="${said}: ${plural(cell.people, "person", "people")} of ${monthNamed(row.month)}, ${plural(cell.after, "month")} later">${said}<//></span>`;
}
