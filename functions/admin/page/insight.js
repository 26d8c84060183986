// What the shop's own history says of its customers: each score with how it was checked, how many have it, and how it is
// used; who orders how recently and how often; and segments that are worth having.

import { ask, at } from "./api.js";
import { Banner, Card, Empty, Failure, LoadedPage, More, Section, styled, Table, Tag, Title, useActing, useLoaded } from "./parts.js";
import { Calibration, Gain } from "./plots.js";
import { capital, count, date, day, money, plural } from "./words.js";
import { html, useSignal } from "./vendor/preact.js";

await styled("insight.css");

const STATES = { model: ["good", "holds here"], simple: ["note", "by the simple rule"], told: ["note", "as it comes"] };
const percent = (share) => `${Math.round(share * 100)} %`;
const days = (number) => plural(Math.round(number), "day");
/** How numbers of a score are said, by its unit. */
const SAYS = { money, date: days, dates: days };
/** What is looked at when a score is checked: of a group of customers, and of all of them. */
const CAME = { value: ["what they spent", "all the money"], churn: ["how many of them ordered nothing", "all who ordered nothing"],
  next_order: ["how long it took them", ""], reorder: ["how long it took them", ""] };

export default function Insight() {
  const told = useLoaded(() => ask("insight"));
  return html`<${LoadedPage} of=${told}>${(of) => html`
    <${Title}>Insight<//>
    <p class="lead">What your shop’s own history says of each customer. It is worked out every night, checked on what your customers did in the last weeks, and told only where it holds.</p>
    ${of.as_of === null ? html`<${Card}><${Empty}>Nothing has been worked out yet. It begins in the night after the first orders have come in.<//><//>` : html`
      <p class="small soft">As of ${date(of.as_of)}. <a href="#/lead-scores">Lead scores</a>, whose points you set yourself, and <a href="#/insight/written">what contacts write</a> have pages of their own.</p>
      ${of.scores.filter((each) => each.state !== "closed").map((each) => html`<${Score} key=${each.score} of=${each} />`)}
      <${NotYet} scores=${of.scores.filter((each) => each.state === "closed")} />`}
    <${Rfm} />
    <${Proposals} />`}<//>`;
}

// ── a score ──

function Score({ of }) {
  const [kind, word] = STATES[of.state];
  return html`<section class="card score" id=${`score-${of.score}`} aria-label=${of.name}>
    <div class="head"><h2>${of.name} <${Tag} kind=${kind}>${word}<//></h2>${of.usable && html`<${Use} of=${of} />`}</div>
    <div class="checked">
      <div>
        <p>${of.sentence}</p>
        <p class="soft">${of.standing}${of.since !== null && ` Since ${day(of.since)}.`}</p>
        ${of.bands.length > 0 && html`<${Bands} of=${of} />`}
        ${of.verdict && html`<p class="verdict">${of.verdict}</p>`}
        <${UsedBy} of=${of} />
      </div>
      <${Plots} of=${of} />
    </div>
    <${Numbers} of=${of} />
  </section>`;
}

/** Scores that nobody has, and what they wait for. */
const NotYet = ({ scores }) => scores.length > 0 && html`<${Card} title="Not yet">
  <ul class="list">${scores.map((each) => html`<li>
    <h3>${each.name}</h3>
    <p>${each.sentence}</p>
    <p class="small soft">${each.standing}</p>
    ${each.gates.filter((gate) => !gate.open).map((gate) => html`<meter min="0" max=${gate.need} value=${gate.have} aria-label="${count(gate.have)} of ${count(gate.need)} ${gate.what}"></meter>`)}
  </li>`)}</ul><//>`;

/** How it was checked, as plots. */
function Plots({ of }) {
  const { calibration: points, gain } = of;
  if (points.length === 0 && gain.length === 0) return null;
  const [came, all] = CAME[of.score] ?? ["how many of them ordered", "all who ordered"];
  return html`<div class="plots">
    ${points.length > 0 && html`<${Calibration} points=${points} words=${SAYS[of.unit] ?? percent} what=${came} />`}
    ${gain.length > 0 && html`<${Gain} rows=${gain} what=${all} simple=${of.simple_rule} />`}
  </div>`;
}

/** The same as numbers. */
function Numbers({ of }) {
  const { calibration: points, gain, figures } = of;
  if (points.length === 0 && gain.length === 0 && figures.length === 0) return null;
  const words = SAYS[of.unit] ?? percent;
  return html`<${More} title="The numbers behind it">
      ${figures.length > 0 && html`<${Table} label="${of.name}: how well it does" rows=${figures} columns=${[
        { title: "Measure", cell: (each) => html`${each.name}<span class="under">${each.says}</span>` },
        { title: "This score", number: true, cell: (each) => number(each.model) },
        { title: capital(of.simple_rule), number: true, cell: (each) => number(each.simple) },
      ]} />`}
      ${points.length > 0 && html`<${Table} label="${of.name}: said beside what came" rows=${points} columns=${[
        { title: "Customers", cell: (each) => count(each.contacts) },
        { title: "Said", number: true, cell: (each) => words(each.predicted) },
        { title: "Came", number: true, cell: (each) => words(each.observed) },
      ]} />`}
      ${gain.length > 0 && html`<${Table} label="${of.name}: gain" rows=${gain} columns=${[
        { title: "Of all customers, the best", cell: (each) => percent(each.share) },
        { title: "This score", number: true, cell: (each) => percent(each.model) },
        { title: capital(of.simple_rule), number: true, cell: (each) => percent(each.simple) },
      ]} />`}<//>`;
}

const number = (value) => value === null ? "" : value.toLocaleString("en", { maximumFractionDigits: 3 });

function Bands({ of }) {
  const most = Math.max(...of.bands.map((each) => each.contacts), 1);
  return html`<ul class="bands" aria-label="Bands of ${of.name}">${of.bands.map((each) => html`<li>
    <span>${each.name}</span>
    <svg viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true"><rect width="100" height="6" class="zero" /><rect width=${each.contacts / most * 100} height="6" class="bar" /></svg>
    ${each.contacts > 0 ? html`<a href="#/insight/${of.score}/people?band=${each.band}">${plural(each.contacts, "person", "people")}</a>` : html`<span class="soft">nobody</span>`}
  </li>`)}</ul>`;
}

const UsedBy = ({ of }) => of.uses.length > 0 && html`<p class="small soft">Used by ${of.uses.map((each, n) => html`${n > 0 && ", "}<a class="use" href=${LINKS[each.kind](each.id)}>${each.name}</a>`)}</p>`;
const LINKS = { segment: (id) => `#/segments/${id}`, journey: (id) => `#/journeys/${id}`, email: (id) => `#/emails/${id}` };

/** Makes drafts of a segment and of a journey that begins with it, and says which. */
function Use({ of }) {
  const { run, busy, problem } = useActing();
  const made = useSignal(null);
  const use = () => run(async () => { made.value = await ask(at("insight", of.score, "use"), {}); });
  return html`<button class="strong" disabled=${busy.value} onClick=${use}>Use it</button>
    ${problem.value && html`<${Failure} problem=${problem.value} />`}
    ${made.value && html`<${Made} of=${made.value} />`}`;
}

/** What there is now: a draft leads to where it goes on. */
export const Made = ({ of }) => html`<div class="made"><${Banner}>
  <p><strong>${of.made ? "The drafts are there. Nothing is published." : "It was there already. Nothing was changed."}</strong></p>
  <ul>${of.things.map((each) => html`<li><a href=${`${LINKS[each.kind](each.id)}${each.state === "draft" ? "/edit" : ""}`}>${each.name}</a>
    <span class="soft"> ${each.kind}, ${each.made ? "made just now" : each.state === "draft" ? "a draft that was there" : "published already"}</span></li>`)}</ul>
  <p class="small">${of.next}</p><//></div>`;

// ── who orders how recently and how often ──

function Rfm() {
  return html`<${Section} title="How recently and how often" load=${() => ask("insight/rfm")}>${(of) => of.cells.length === 0
    ? html`<${Empty}>${of.standing}<//>` : html`<${Grid} of=${of} />`}<//>`;
}

const FIFTHS = [1, 2, 3, 4, 5];

function Grid({ of }) {
  const chosen = useSignal(null);
  const cells = new Map(of.cells.map((each) => [`${each.recency} ${each.frequency}`, each]));
  const most = Math.max(...of.cells.map((each) => each.contacts), 1);
  const heat = (contacts) => contacts === 0 ? 0 : Math.ceil(contacts / most * 4);
  return html`<p>${of.standing}</p>
    <div class="scroll" tabindex="0" role="region" aria-label="Customers by recency and frequency"><table class="rfm">
      <caption class="hidden">Customers by how recently (across) and how often (down) they have ordered</caption>
      <thead><tr><th scope="col">Ordered</th>${FIFTHS.map((each) => html`<th scope="col">${of.recency[each - 1]}<span class="under">${of.recency_days[each - 1]}</span></th>`)}</tr></thead>
      <tbody>${FIFTHS.toReversed().map((frequency) => html`<tr><th scope="row">${of.frequency[frequency - 1]}<span class="under">${of.frequency_orders[frequency - 1]}</span></th>${FIFTHS.map((recency) => {
        const cell = cells.get(`${recency} ${frequency}`) ?? { recency, frequency, contacts: 0, revenue: 0 };
        return html`<td class="heat-${heat(cell.contacts)}">${cell.contacts === 0 ? html`<span class="soft">0</span>`
          : html`<button aria-pressed=${chosen.value === `${recency} ${frequency}` ? "true" : "false"}
            onClick=${() => { chosen.value = `${recency} ${frequency}`; }}>${count(cell.contacts)}<span class="hidden"> ordered ${of.frequency[frequency - 1]}, ${of.recency[recency - 1]}, for</span><span class="under">${money(cell.revenue)}</span></button>`}</td>`;
      })}</tr>`)}</tbody></table></div>
    ${chosen.value ? html`<${Cell} key=${chosen.value} of=${cells.get(chosen.value)} words=${of} />` : html`<p class="small soft">Choose a number to see who that is, or to make a segment of them.</p>`}`;
}

function Cell({ of, words }) {
  const { run, busy, problem } = useActing();
  const made = useSignal(null);
  const use = () => run(async () => { made.value = await ask("insight/rfm/use", { recency: of.recency, frequency: of.frequency }); });
  return html`<div class="chosen" role="status">
    <p><strong>${plural(of.contacts, "customer")}</strong> ordered ${words.frequency[of.frequency - 1]}, ${words.recency[of.recency - 1]}, for ${money(of.revenue)} in all.</p>
    <div class="buttons"><a class="button" href="#/insight/rfm/people?recency=${of.recency}&frequency=${of.frequency}">See who</a>
      <button disabled=${busy.value} onClick=${use}>Make a segment</button></div>
    ${problem.value && html`<${Failure} problem=${problem.value} />`}
    ${made.value && html`<${Made} of=${made.value} />`}
  </div>`;
}

// ── segments worth having ──

function Proposals() {
  return html`<${Section} title="Segments worth having" load=${() => ask("insight/segments")}>${(of) => html`
    <p class="soft">${of.standing}</p>
    ${of.proposals.length > 0 && html`<ul class="list">${of.proposals.map((each) => html`<${Proposal} key=${each.proposal} of=${each} />`)}</ul>`}
    ${of.warnings.map((each) => html`<p class="note">${each.sentence}</p>`)}`}<//>`;
}

function Proposal({ of }) {
  const { run, busy, problem } = useActing();
  const made = useSignal(null);
  const make = () => run(async () => { made.value = await ask("insight/segments", { proposal: of.proposal }); });
  return html`<li>
    <div class="head"><h3>${of.name} <span class="soft">${plural(of.contacts, "person", "people")}</span></h3><button disabled=${busy.value} onClick=${make}>Make a segment</button></div>
    <p>${of.words}</p>
    <p class="small soft">${of.evidence}</p>
    ${problem.value && html`<${Failure} problem=${problem.value} />`}
    ${made.value && html`<${Made} of=${made.value} />`}
  </li>`;
}
