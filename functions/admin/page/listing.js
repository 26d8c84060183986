// A list that is searched, filtered, sorted and shown bit by bit, as its address says.

import { useAddress } from "./address.js";
import { Empty } from "./parts.js";
import { html } from "./vendor/preact.js";

const SHOWN = 50; // rows at once

export const Choice = ({ title, value, all, choices, choose }) => html`<label>${title} <select value=${value} onChange=${(event) => choose(event.target.value)}>
  ${all !== undefined && html`<option value="">${all}</option>`}${Object.entries(choices).map(([each, name]) => html`<option value=${each} selected=${each === value}>${name}</option>`)}</select></label>`;

/** `path`: of the page, with its `query`. `text(row)`: what is searched in. `filters` are `{ name, title, of(row), choices }`, `sorts`
 *  an object of `[title, compare]`, the first of them as it is without a choice. The child shows the rows that are left. */
export function Listing({ path, query = "", rows, text, filters = [], sorts, nothing, children }) {
  const [asked, choose] = useAddress(path, query);
  if (rows.length === 0) return html`<${Empty}>${nothing}<//>`;
  const { q = "", sort = Object.keys(sorts)[0], pages = "1" } = asked;
  const sought = q.trim().toLowerCase();
  const found = rows.filter((row) => (sought === "" || text(row).toLowerCase().includes(sought))
    && filters.every(({ name, of }) => !asked[name] || of(row) === asked[name])).toSorted((sorts[sort] ?? Object.values(sorts)[0])[1]);
  const shown = SHOWN * Math.max(Number(pages) || 1, 1);
  return html`<search class="fields">
      <label class="grow">Search <input type="search" value=${q} onInput=${(event) => choose("q", event.target.value)} /></label>
      ${filters.map(({ name, title, choices }) => html`<${Choice} title=${title} value=${asked[name] ?? ""} all="All" choices=${choices} choose=${(value) => choose(name, value)} />`)}
      <${Choice} title="Sorted by" value=${sort} choices=${Object.fromEntries(Object.entries(sorts).map(([id, [title]]) => [id, title]))} choose=${(value) => choose("sort", value)} />
    </search>
    ${found.length === 0 ? html`<${Empty}>None of ${rows.length} is like this. <button class="quiet" onClick=${() => choose(null)}>Show all</button><//>` : children(found.slice(0, shown))}
    ${found.length > shown && html`<button onClick=${() => choose("pages", Math.floor(shown / SHOWN) + 1)}>Show more (${found.length - shown})</button>`}`;
}

export const byName = (one, other) => one.name.localeCompare(other.name);
