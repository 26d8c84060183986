// The test that a campaign is: what of it is chosen, what it can show, and what it has shown.

import { at } from "./api.js";
import { Banner, Section, Table } from "./parts.js";
import { Behind } from "./report-people.js";
import { asked } from "./reports.js";
import { settings } from "./settings.js";
import { count, money, When } from "./words.js";
import { html } from "./vendor/preact.js";

const share = (n, of) => (of > 0 ? ` (${(100 * n / of).toFixed(1)} %)` : "");

const chance = (n) => (n > 0.99 ? "over 99 %" : n < 0.01 ? "under 1 %" : `${Math.round(100 * n)} %`);

/** Whether a campaign's definition tests anything. */
export const isTest = ({ variants = [], holdout = 0 }) => variants.length > 0 || holdout > 0;

export function Results({ id, on }) {
  const arm = (each, figure, written = count) => html`<${Behind} path=${at("campaigns", id, "results")} of=${{ variant: each.variant, kind: each.held_out ? "held_out" : "sent", figure }} n=${each[figure]}>${written(each[figure])}<//>`;
  return html`<${Section} title="What the test says" on=${[id, on]} load=${() => asked(at("campaigns", id, "results"))}>${(found) => html`
  ${found.expected.map((words) => html`<p>${words}</p>`)}
  ${found.compared.map((each) => html`<p class=${each.verdict === "better" ? "good" : ""}>${each.words}${each.chance !== null && html` <span class="note">For display only, by flat priors: the chance that it is the better one is ${chance(each.chance)}.</span>`}</p>`)}
  ${found.cells.length > 0 && html`<${Effects} of=${found} />`}
  ${found.guards?.words.map((words) => html`<p class=${found.guards.harmed ? "bad" : "note"}>${words}</p>`)}
  ${found.next_look && found.compared.some((each) => each.verdict === null) && html`<p class="note">${found.next_look === found.ends ? "The last look is" : "The next look is planned for"} <${When} at=${found.next_look} />.</p>`}
  ${found.looks.length > 1 && html`<${Table} label="Looks" rows=${found.looks} columns=${[
    { title: "Look", cell: (each) => html`<${When} at=${each.at} />` },
    { title: "People whose time was over", number: true, cell: (each) => count(each.people) },
    { title: "Of those planned", number: true, cell: (each) => `${Math.round(100 * each.share)} %` },
    { title: "Stays as it is since", cell: (each) => (each.kept ? html`<${When} at=${each.kept} />` : "not yet") },
  ]} />`}
  ${found.ends && !found.looks.length && found.compared.some((each) => each.verdict === null) && html`<p class="note">Everybody has had their time <${When} at=${found.ends} />. Who decides before then takes chance for a result.</p>`}
  ${found.arms.length > 0 && html`<${Table} label="Arm by arm" rows=${found.arms} columns=${[
    { title: "Arm", cell: (each) => [each.variant, each.held_out ? "held out" : each.variant ? null : "sent"].filter(Boolean).join(", ") },
    { title: "People", number: true, cell: (each) => arm(each, "people") },
    { title: "Clicked", number: true, cell: (each) => (each.held_out ? "–" : html`${arm(each, "clicked")}${share(each.clicked, each.people)}`) },
    { title: "Ordered", number: true, cell: (each) => html`${arm(each, "ordered")}${share(each.ordered, each.people)}` },
    { title: "Spent", number: true, cell: (each) => arm(each, "revenue", money) },
    { title: "A person", number: true, cell: (each) => (each.people > 0 ? money(each.revenue / each.people) : "–") },
    { title: "Unsubscribed", number: true, cell: (each) => (each.held_out ? "–" : html`${arm(each, "unsubscribed")}${share(each.unsubscribed, each.people)}`) },
    { title: "Reported as spam", number: true, cell: (each) => (each.held_out ? "–" : arm(each, "complained")) },
  ]} />`}`}<//>`;
}

const VERDICTS = { better: "the second did better", worse: "the second did worse", no_difference: "no difference that matters", not_enough: "not enough to tell", broken: "nothing can be said" };
const TOGETHER = { ...VERDICTS, better: "work on each other", worse: "work on each other", no_difference: "do not, as far as it matters" };

/** What each of several things does that are tested at once, whether they work on each other, and each combination. */
function Effects({ of }) {
  const effects = of.compared.filter((each) => each.factors.length > 0);
  const isMoney = effects[0].metric === "revenue";
  const shown = (value) => (isMoney ? money(value) : `${(100 * value).toFixed(1)} %`);
  const signed = (value) => `${value > 0 ? "+" : value < 0 ? "−" : ""}${isMoney ? money(Math.abs(value)) : (100 * Math.abs(value)).toFixed(1)}`;
  const side = (each, at) => each.values && html`${shown(each.values[at])} <span class="soft">${each.factors.length > 1 ? ["not alike", "alike"][at] : [each.beside, each.arm][at].slice(each.factors[0].length + 1)}</span>`;
  const unit = isMoney ? "a person" : "in points";
  return html`<${Table} stacked label="Effect by effect" rows=${effects} columns=${[
    { title: "Of", cell: (each) => each.factors.join(" × ") },
    { title: "First level", number: true, cell: (each) => side(each, 0) ?? "–" },
    { title: "Second level", number: true, cell: (each) => side(each, 1) ?? "–" },
    { title: `Difference, ${unit}`, number: true, cell: (each) => (each.values ? signed(each.values[1] - each.values[0]) : "–") },
    { title: "The true one lies between", number: true, cell: (each) => (each.interval ? each.interval.map(signed).join(" and ") : "–") },
    { title: "Verdict", cell: (each) => (each.verdict === null ? "not yet" : (each.factors.length > 1 ? TOGETHER : VERDICTS)[each.verdict]) },
  ]} />
  <p class="soft small">Of two or three things together: those in whom they stand alike (an even number at its first level) beside all others. Where they work on each other, choose by the combinations.</p>
  <${Table} label="Combination by combination" rows=${of.cells} columns=${[
    ...Object.keys(of.cells[0].levels).map((factor) => ({ title: factor, cell: (each) => each.levels[factor] })),
    { title: "People", number: true, cell: (each) => count(each.people) },
    { title: isMoney ? "Spent a person" : effects[0].metric === "clicked" ? "Clicked" : "Ordered", number: true, cell: (each) => (each.people > 0 ? shown(each.value) : "–") },
  ]} />`;
}

/** The least difference that matters where nobody has said another: a person in a hundred, or half of the shop's currency. */
const LEAST = { clicked: 0.01, ordered: 0.01, revenue: 0.5 };

/** What is held out, and by what the test is decided. `made`: the definition; `set(name, value)` changes it. */
export function TestFields({ made, set }) {
  const measure = made.measure ?? {};
  const change = (name, value) => set("measure", { ...measure, [name]: value });
  return html`<fieldset><legend>What it is tested by</legend>
    <div class="fields">
      <label>Held out, to compare with<select value=${made.holdout ?? 0} onChange=${(event) => set("holdout", Number(event.target.value) || null)}>${[0, 5, 10, 20, 50].map((n) => html`<option value=${n} selected=${(made.holdout ?? 0) === n}>${n === 0 ? "nobody" : `${n} %`}</option>`)}</select></label>
      ${isTest(made) && html`
        ${made.variants?.length > 0 && html`<label>The better one is the one after which more<select value=${measure.metric ?? "clicked"} onChange=${(event) => set("measure", { ...measure, metric: event.target.value, least: LEAST[event.target.value] })}>${[["clicked", "people click"], ["ordered", "people order"], ["revenue", "is spent"]].map(([value, says]) => html`<option value=${value} selected=${(measure.metric ?? "clicked") === value}>${says}</option>`)}</select></label>`}
        <label>Within<select value=${measure.within ?? "5d"} onChange=${(event) => change("within", event.target.value)}>${["1d", "3d", "5d", "7d", "14d", "30d"].map((value) => html`<option value=${value} selected=${(measure.within ?? "5d") === value}>${value === "1d" ? "a day" : value.replace("d", " days")}</option>`)}</select></label>
        ${measure.metric === "revenue"
          ? html`<label>The least difference that matters, in ${settings.currency} a person<input type="number" min="0.01" max="1000" step="0.01" value=${measure.least} onInput=${(event) => { if (Number(event.target.value) > 0) change("least", Number(event.target.value)); }} /></label>`
          : html`<label>The least difference that matters, in points<input type="number" min="0.1" max="50" step="0.1" value=${100 * (measure.least ?? 0.01)} onInput=${(event) => { if (Number(event.target.value) > 0) change("least", Number(event.target.value) / 100); }} /></label>`}`}
        ${isTest(made) && made.spread && html`<label>Looked at before its end<select value=${measure.looks?.length ?? 0} onChange=${(event) => change("looks", looks(Number(event.target.value), hours(measure.within ?? "5d"), hours(made.spread)))}>${[[0, "never"], [1, "once"], [2, "twice"], [3, "three times"]].map(([n, says]) => html`<option value=${n} selected=${(measure.looks?.length ?? 0) === n}>${says}</option>`)}</select></label>`}
      ${made.variants?.length > 0 && (measure.metric ?? "clicked") === "clicked" && html`<label>Who gets them at first<select value=${made.winner?.share ?? 0} onChange=${(event) => set("winner", Number(event.target.value) ? { ...made.winner, share: Number(event.target.value) } : null)}>${[0, 10, 20, 30, 50].map((n) => html`<option value=${n} selected=${(made.winner?.share ?? 0) === n}>${n === 0 ? "everybody" : `${n} %; the others get the winner`}</option>`)}</select></label>`}
      ${made.winner && html`<label>The others, after<select value=${made.winner.after ?? "4h"} onChange=${(event) => set("winner", { ...made.winner, after: event.target.value })}>${["1h", "2h", "4h", "12h", "1d", "2d"].map((value) => html`<option value=${value} selected=${(made.winner.after ?? "4h") === value}>${value.replace(/(\d+)h/, "$1 hours").replace(/(\d+)d/, "$1 days").replace(/^1 (\w+)s$/, "1 $1")}</option>`)}</select></label>
        <label>Where nothing can be told, they get<select value=${made.winner.otherwise ?? made.variants[0].id} onChange=${(event) => set("winner", { ...made.winner, otherwise: event.target.value })}>${made.variants.map(({ id }) => html`<option value=${id} selected=${(made.winner.otherwise ?? made.variants[0].id) === id}>${id}</option>`)}</select></label>`}
    </div>
    ${isTest(made) && html`<label class="wide">What you expect, and why: kept with what the test shows<input maxlength="1000" value=${measure.hypothesis ?? ""} onInput=${(event) => change("hypothesis", event.target.value.trim() || null)} /></label>`}</fieldset>`;
}

/** What those got who tested no variant. */
export const Winner = ({ of }) => of && html`<${Banner}><p>${of.decided ? html`<strong>Variant ${of.variant} has won</strong>, and the others get it.` : html`<strong>Nothing could be told</strong>, so the others get variant ${of.variant}, as was chosen beforehand.`} ${of.words} <span class="soft"><${When} at=${of.at} /></span></p><//>`;

const hours = (duration) => Number.parseInt(duration, 10) * (duration.endsWith("d") ? 24 : 1);

/** So many looks, evenly between when the first people have had their time and when the last have. */
const looks = (n, within, spread) => Array.from({ length: n }, (_, at) => `${within + Math.round((spread * (at + 1)) / (n + 1))}h`);
