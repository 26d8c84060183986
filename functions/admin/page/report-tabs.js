// What all reports have: the way between them, as of when they are, and tables that one can take away.

import { save } from "./exporting.js";
import { written } from "./csv.js";
import { Empty, LoadedPage, Table, Title, useLoaded } from "./parts.js";
import { ask } from "./api.js";
import { time } from "./words.js";
import { html } from "./vendor/preact.js";

/** Each is `#/reports/<name>`, and the module `report-<name>.js`. */
const TABS = [
  ["", "Overview"], ["kpis", "KPIs"], ["attribution", "Attribution"], ["flows", "Where people go"], ["cohorts", "Cohorts"], ["funnel", "Sign-up to second order"],
  ["forms", "Forms"], ["feedback", "What people say"],
];

/** `here`: the tab; `lead`: what it shows. */
export function Frame({ here, lead, children }) {
  const title = TABS.find(([tab]) => tab === here)[1];
  return html`<${Title}>Reports${here !== "" && html`<span class="hidden">: ${title}</span>`}<//>
    <nav class="tabs" aria-label="Reports">${TABS.map(([tab, name]) => html`
      <a href="#/reports${tab && `/${tab}`}" aria-current=${tab === here ? "page" : null}>${name}</a>`)}</nav>
    <p class="lead">${lead}</p>
    ${children}`;
}

/** A report that a night has made, as `GET /reports/<here>` tells it. Its child is a function of that. */
export function OfNight({ here, lead, children }) {
  const told = useLoaded(() => ask(`reports/${here}`));
  return html`<${LoadedPage} of=${told}>${(of) => html`<${Frame} here=${here} lead=${lead}>
    ${of.as_of === null ? html`<${Empty}>Nothing has been added up yet. It is done once a night, after the first emails have gone out.<//>`
      : html`<p class="small soft">As of ${time(of.as_of)}. It is added up again every night: what comes late, a refund say, is in the next one.</p>${children(of)}`}<//>`}<//>`;
}

/** A table whose rows can be taken away as a CSV file called `file`. A column has `csv`, what it says there of a row; without it,
 *  it is what its `cell` says. One without a `cell` is in the file alone. */
export const Figures = ({ file, rows, columns, ...more }) => html`<${Table} rows=${rows} columns=${columns.filter(({ cell }) => cell)} ...${more} />
  <p class="buttons"><button class="quiet" onClick=${() => download(file, rows, columns)}>Download as CSV</button></p>`;

function download(file, rows, columns) {
  const lines = rows.map((row) => columns.map(({ cell, csv = cell }) => csv(row) ?? ""));
  save(`${file}.csv`, `\ufeff${written([columns.map(({ title }) => title), ...lines])}`, "text/csv"); // Excel reads UTF-8 by this mark only
}
