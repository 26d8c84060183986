// Where people go: from which segment to which, and what each segment's size has come of.

import { useAddress } from "./address.js";
import { ask } from "./api.js";
import { Card, ContactLink, Empty, LoadedPage, More, Pages, styled, Table, Title, useLoaded } from "./parts.js";
import { Figures, Frame } from "./report-tabs.js";
import { count, dayNamed, plural, When } from "./words.js";
import { html } from "./vendor/preact.js";

await styled("flows.css");

const PERIODS = { 7: "7 days", 30: "30 days", 90: "90 days", 365: "a year" };
const DRAWN = 6; // segments that are drawn
const SIDES = 5; // from where and to where, of each
const REASONS = {
  event: "by what they did", time: "by time", rank: "by rank", history: "by history brought over", definition: "by a new definition",
  repair: "put right at night", erasure: "erased", joining: "joined another contact",
};
const sum = (of) => Object.values(of).reduce((total, each) => total + each, 0);
const own = (of) => (of.event ?? 0) + (of.time ?? 0) + (of.rank ?? 0);
const before = (day, days) => new Date(Date.parse(day) - days * 86_400_000).toISOString().slice(0, 10);

export default function Flows({ query = "" }) {
  const [{ days = "30", to = "" }, choose] = useAddress("#/reports/flows", query);
  const told = useLoaded(async () => {
    const last = to || (await ask("reports/flows")).to;
    return ask(`reports/flows?from=${before(last, days - 1)}&to=${last}`);
  }, [days, to]);
  return html`<${Frame} here="flows" lead="From which segment to which your contacts moved, and what made each segment larger or smaller. Days are the shop’s.">
    <search class="fields">
      <label>Over <select value=${days} onChange=${(event) => choose("days", event.target.value)}>${Object.entries(PERIODS).map(([each, title]) => html`<option value=${each} selected=${each === days}>${title}</option>`)}</select></label>
      <label>Up to <input type="date" value=${to || told.value?.to} onChange=${(event) => choose("to", event.target.value)} /></label>
    </search>
    <${LoadedPage} of=${told}>${(flows) => html`<${Told} of=${flows} asked=${before(flows.to, days - 1)} />`}<//><//>`;
}

function Told({ of, asked }) {
  if (of.since === null || of.segments.length === 0) return html`<${Card}><${Empty}>Nobody has entered or left a segment in these days.<//><//>`;
  const names = Object.fromEntries(of.segments.map((each) => [each.segment, each.name]));
  const link = (given) => `#/reports/flows/people?${new URLSearchParams({ ...given, from: of.from, to: of.to })}`;
  const busiest = of.segments.toSorted((one, other) => own(other.entered) + own(other.left) - own(one.entered) - own(one.left))
    .filter((each) => own(each.entered) + own(each.left) > 0);
  return html`
    ${asked < of.from && html`<p class="soft">Moves are counted since ${dayNamed(of.since)}: what was before is not in these figures.</p>`}
    <${Card} title="Moves between segments">
      ${busiest.length === 0 ? html`<${Empty}>Nobody has moved by themselves: what there was is in the table of sizes.<//>` : html`
      <p class="soft">A move is what one event, or the passing of time, changes at once. It can leave several segments and enter several, and is then in several figures. What you do to a segment's definition is no move.</p>
      <div class="flows">${busiest.slice(0, DRAWN).map((each) => html`<${Segment} of=${each} paths=${of.paths} names=${names} link=${link} />`)}</div>`}
      <${More} title="All moves as a table" open=${busiest.length > 0 && of.paths.length <= 12}><${Figures} file="moves-${of.from}-${of.to}" stacked label="Moves" rows=${of.paths} columns=${[
        { title: "From", cell: (each) => named(each.left, names), csv: (each) => names[each.left] ?? each.left },
        { title: "To", cell: (each) => named(each.entered, names), csv: (each) => names[each.entered] ?? each.entered },
        { title: "Moves", number: true, cell: (each) => html`<a href=${link(ends(each))}>${count(each.moves)}</a>`, csv: (each) => each.moves },
      ]} />${of.more_paths > 0 && html`<p class="soft">And ${plural(of.more_paths, "other way", "other ways")} with fewer moves each.</p>`}<//><//>
    <${Card} title="What each size has come of">
      <${Figures} file="sizes-${of.from}-${of.to}" stacked label="Sizes" rows=${of.segments} columns=${[
        { title: "Segment", cell: (each) => html`<a href="#/segments/${each.segment}">${each.name}</a>`, csv: (each) => each.name },
        { title: "Before", number: true, cell: (each) => count(each.begin), csv: (each) => each.begin },
        { title: "Entered", number: true, cell: (each) => html`<${Reasons} of=${each.entered} sign="+" link=${(why) => link({ segment: each.segment, what: "entered", why })} />`, csv: (each) => sum(each.entered) },
        { title: "Left", number: true, cell: (each) => html`<${Reasons} of=${each.left} sign="−" link=${(why) => link({ segment: each.segment, what: "left", why })} />`, csv: (each) => sum(each.left) },
        { title: "After", number: true, cell: (each) => count(each.end), csv: (each) => each.end },
      ]} /><//>`;
}

const named = (segment, names) => segment === null ? html`<span class="soft">none of them</span>` : names[segment] ?? segment;
const ends = ({ left, entered }) => ({ ...(left !== null && { left }), ...(entered !== null && { entered }) });

const Reasons = ({ of, sign, link }) => sum(of) === 0 ? "0" : html`${sign}${count(sum(of))}<span class="under">${Object.entries(of).map(([why, n], at) => html`${at > 0 && ", "}<a href=${link(why)}>${count(n)}</a> ${REASONS[why]}`)}</span>`;

// ── one segment, drawn: from where people came on the left, where they went on the right ──

const [WIDE, POST, TOP, ROW] = [360, 8, 14, 26];

function Segment({ of, paths, names, link }) {
  const came = sides(paths.filter((each) => each.entered === of.segment), "left");
  const went = sides(paths.filter((each) => each.left === of.segment), "entered");
  const most = Math.max(...[...came, ...went].map((each) => each.moves), 1);
  const rows = Math.max(came.length, went.length, 1);
  const middle = TOP + rows * ROW / 2;
  const said = `${of.name}: ${[...came.map((each) => `${count(each.moves)} from ${each.path ? names[each.path.left] ?? "none of the segments" : "others"}`), ...went.map((each) => `${count(each.moves)} to ${each.path ? names[each.path.entered] ?? "none of the segments" : "others"}`)].join(", ")}`;
  return html`<figure>
    <figcaption><strong>${of.name}</strong> <span class="soft">${count(of.begin)} → ${count(of.end)}</span></figcaption>
    <svg viewBox="0 0 ${WIDE} ${TOP + rows * ROW + 4}" role="group" aria-label=${said}>
      <rect class="post" x=${WIDE / 2 - POST / 2} y=${TOP} width=${POST} height=${rows * ROW - 6} rx="2" />
      ${came.map((each, n) => html`<${Side} of=${each} n=${n} most=${most} middle=${middle} names=${names} way="left" link=${link} />`)}
      ${went.map((each, n) => html`<${Side} of=${each} n=${n} most=${most} middle=${middle} names=${names} way="entered" link=${link} />`)}
    </svg></figure>`;
}

/** The largest, and the rest as one. */
function sides(paths) {
  const rest = paths.slice(SIDES).reduce((total, each) => total + each.moves, 0);
  return [...paths.slice(0, SIDES).map((path) => ({ path, moves: path.moves })), ...(rest > 0 ? [{ path: null, moves: rest }] : [])];
}

function Side({ of: { path, moves }, n, most, middle, names, way, link }) {
  const isLeft = way === "left";
  const y = TOP + n * ROW;
  const thick = Math.max(moves / most * 14, 1.5);
  const [from, to] = isLeft ? [WIDE * .36, WIDE / 2 - POST / 2] : [WIDE * .64, WIDE / 2 + POST / 2];
  const [bend, mid] = [(from + to) / 2, y + 8];
  const at = Math.min(Math.max(middle - 8 + (n - 2) * 4, TOP), middle + 8);
  const ribbon = `M${from} ${mid - thick / 2}C${bend} ${mid - thick / 2} ${bend} ${at} ${to} ${at}V${at + thick}C${bend} ${at + thick} ${bend} ${mid + thick / 2} ${from} ${mid + thick / 2}Z`;
  const other = path ? path[way] : null;
  const name = !path ? "others" : other === null ? (isLeft ? "from none" : "to none") : short(names[other] ?? other);
  const text = html`<text x=${isLeft ? WIDE * .35 : WIDE * .65} y=${mid + 4} text-anchor=${isLeft ? "end" : "start"}>${name} ${count(moves)}</text>`;
  return html`<g><path class="ribbon ${isLeft ? "" : "leaves"}" d=${ribbon}><title>${name}: ${count(moves)}</title></path>
    ${path ? html`<a href=${link(ends(path))} aria-label="${name}: ${plural(moves, "move")}">${text}</a>` : text}</g>`;
}

const short = (name) => name.length > 17 ? `${name.slice(0, 16)}…` : name;

// ── the people behind a number ──

export function People({ query = "" }) {
  const asked = Object.fromEntries(new URLSearchParams(query));
  const segments = useLoaded(() => ask(`reports/flows?from=${asked.from}&to=${asked.to}`), [query]);
  return html`<${LoadedPage} of=${segments}>${(told) => {
    const names = Object.fromEntries(told.segments.map((each) => [each.segment, each.name]));
    const name = (id) => names[id] ?? id;
    const title = asked.segment ? `${name(asked.segment)}: ${asked.what}, ${REASONS[asked.why]}`
      : asked.left && asked.entered ? `From ${name(asked.left)} to ${name(asked.entered)}`
      : asked.left ? `Left ${name(asked.left)} for no other segment` : `Entered ${name(asked.entered)} from no other segment`;
    return html`<${Title}>${title}<//>
      <p class="lead">${dayNamed(asked.from)} to ${dayNamed(asked.to)}, a row for each move. <a href="#/reports/flows">Where people go</a></p>
      <${Card}>${asked.from < told.people_since && html`<p class="soft">Who it was is known from ${dayNamed(told.people_since)} on; of before, only how many.</p>`}
        <${Pages} path="reports/flows/people?${new URLSearchParams(asked)}" name="people" nothing="Nobody who is still here.">${(people) => html`
          <${Table} stacked label="People" rows=${people} columns=${[
            { title: "Contact", cell: (each) => html`<${ContactLink} of=${each} />` },
            { title: "When", cell: (each) => html`<${When} at=${each.time} />` },
            { title: "Why", cell: (each) => REASONS[each.why] },
          ]} />`}<//><//>`;
  }}<//>`;
}
