// What happens if a journey is published: played for some contacts over the days to come, with reactions drawn by lot.

import { ask, at } from "./api.js";
import { Bars } from "./charts.js";
import { Frame, shown } from "./journey-frame.js";
import { Card, Empty, Failure, LoadedPage, More, Table, useActing, useLoaded } from "./parts.js";
import { count, DAY, day, dayNamed, plural, When, words } from "./words.js";
import { html, useRef, useSignal } from "./vendor/preact.js";

const PERCENTS = [
  ["open", "Open an email, %", 35], ["click", "Click, of those who open, %", 10], ["order", "Order, of those who click, %", 5], ["unsubscribe", "Unsubscribe, of the emails, %", .2],
];
const NUMBERS = [["visits", "Visits a month", 1], ["orders", "Orders a year, email or not", 1]];
const MAX_PATHS = 50; // shown

export default function Simulate({ id }) {
  const told = useLoaded(() => ask(at("journeys", id)), [id]);
  return html`<${LoadedPage} of=${told}>${(journey) => html`<${Frame} told=${journey} here="simulate" again=${told.again}><${Simulation} id=${id} told=${journey} /><//>`}<//>`;
}

function Simulation({ id, told }) {
  const { run, busy, problem } = useActing();
  const [result, form] = [useSignal(told.simulation), useRef()];
  const simulate = (event) => {
    event.preventDefault();
    const given = new FormData(form.current);
    const number = (name) => Number(given.get(name));
    return run(async () => {
      result.value = await ask(at("journeys", id, "simulate"), {
        sample: number("sample"),
        days: number("days"),
        rates: { ...Object.fromEntries(PERCENTS.map(([name]) => [name, number(name) / 100])), ...Object.fromEntries(NUMBERS.map(([name]) => [name, number(name)])) },
        seed: String(given.get("seed") || "1"),
      });
    });
  };
  const field = (name, title, value, more) => html`<label>${title}<input type="number" name=${name} value=${value} min="0" step="any" required ...${more} /></label>`;
  return html`
    <${Card} title="What if?">
      <p class="soft">Plays ${told.draft ? "the draft" : "the journey"} for some of your contacts over the days to come. Nothing is sent, and nobody is changed.</p>
      <form ref=${form} onSubmit=${simulate}>
        <div class="fields">${field("sample", "Contacts, drawn by lot", 200, { min: 1, max: 1000, step: 1 })}${field("days", "Days", 60, { min: 1, max: 400, step: 1 })}</div>
        <${More} title="How they react"><div class="fields">
          ${PERCENTS.map(([name, title, value]) => field(name, title, value, { max: 100 }))}${NUMBERS.map(([name, title, value]) => field(name, title, value, { max: 1000 }))}
          <label>Drawn by <input name="seed" value="1" maxlength="40" autocomplete="off" title="The same word draws the same" /></label></div><//>
        <div class="buttons"><button class="strong" disabled=${busy.value}>${busy.value ? "Playing …" : "Simulate"}</button></div>
      </form>
      ${problem.value && html`<${Failure} problem=${problem.value} />`}
    <//>
    <div aria-live="polite">${result.value && html`<${Result} found=${result.value} definition=${told.draft?.definition ?? shown(told)} />`}</div>`;
}

function Result({ found, definition }) {
  const emails = found.emails.reduce((sum, each) => sum + each, 0);
  const days = found.emails.map((each, n) => ({ day: new Date(found.begin + n * DAY).toISOString().slice(0, 10), emails: each }));
  const ended = Object.entries(found.ended).filter(([, number]) => number > 0);
  const steps = definition.steps.filter((each) => found.steps[each.id]).map((each) => ({ id: each.id, kind: each.kind, ...found.steps[each.id] }));
  const tile = (title, number) => html`<div><dt>${title}</dt><dd>${count(number)}</dd></div>`;
  return html`
    <dl class="counts">${tile(`of ${count(found.contacts)} contacts start`, found.began)}${tile("emails", emails)}${tile("reach the goal", found.goals)}${tile("waits for permitted hours", found.delayed)}</dl>
    <p class="small soft">${found.at && html`Played <${When} at=${found.at} />. `}In ${plural(found.days, "day")} from ${day(found.begin)}: ${count(found.began)} started = ${count(found.waiting)} still under way${ended.map(([reason, number]) => ` + ${count(number)} ${words(reason).toLowerCase()}`)}.${
      found.left_out > 0 && ` ${plural(found.left_out, "contact")} could not be played.`}</p>
    <${Card} title="Emails a day">${emails > 0 ? html`<${Bars} days=${days} of="emails" title="Emails" last=${dayNamed(days.at(-1).day)} />` : html`<${Empty}>None in these days.<//>`}<//>
    <${Card} title="Each step"><${Table} label="Each step" rows=${steps} columns=${[
      { title: "Step", cell: (each) => words(each.id) },
      { title: "Came here", number: true, cell: (each) => count(each.entered) },
      { title: "Emails", number: true, cell: (each) => each.kind === "send" ? html`${count(each.sent)}${Object.entries(each.variants ?? {}).map(([variant, sent]) => html`<span class="under">${count(sent)} as ${variant}</span>`)}` : "" },
      { title: "Not sent", number: true, cell: (each) => each.kind === "send" ? count(Object.values(each.skipped ?? {}).reduce((sum, number) => sum + number, 0)) : "" },
      { title: "Still there", number: true, cell: (each) => count(each.waiting) },
      { title: "People, day by day", cell: (each) => html`<${Line} numbers=${each.people ?? []} />` },
    ]} /><//>
    <${Card} title="One by one">${(found.paths ?? []).length === 0 ? html`<${Empty}>Nobody started.<//>` : html`
      <ul class="list">${found.paths.slice(0, MAX_PATHS).map((path) => html`<li><a href="#/contacts/${path.contact}">${path.name ?? path.contact}</a>
        <span class="under">${path.emails.length === 0 ? "No email" : path.emails.map((each, n) => html`${n > 0 && ", "}${words(each.template)}${each.outcome !== "sent" && ` (not sent: ${words(each.outcome).toLowerCase()})`} <${When} at=${each.time} />`)}</span></li>`)}</ul>
      ${found.paths.length >= MAX_PATHS && html`<p class="small soft">These are the first ${MAX_PATHS}.</p>`}`}<//>`;
}

/** How many are at a step, at the end of each day. */
function Line({ numbers }) {
  const most = Math.max(...numbers, 1);
  const points = numbers.map((number, n) => `${n} ${20 - number / most * 18}`).join(" ");
  return html`<svg class="line" viewBox="0 0 ${Math.max(numbers.length - 1, 1)} 20" preserveAspectRatio="none" role="img" aria-label="at most ${count(Math.max(...numbers, 0))} at once"><polyline points=${points} /></svg>`;
}
