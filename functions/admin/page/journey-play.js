// A journey played for one person: a slider of days, the card they are at, what happens there and why. The whole of it comes at
// once, played by the domain; the slider only looks.

import { ask, at } from "./api.js";
import { Combobox } from "./combobox.js";
import { Graph } from "./graph.js";
import { Frame, shown } from "./journey-frame.js";
import { Kind, KINDS, Outside } from "./journey-steps.js";
import { Card, ContactLink, Empty, Failure, LoadedPage, useActing, useLoaded } from "./parts.js";
import { count, datesNamed, DAY, plural, When, words } from "./words.js";
import { html, useEffect, useRef, useSignal } from "./vendor/preact.js";

const LOT = { title: "Somebody, drawn by lot", value: "" };
const PAUSE = 250; // milliseconds without a key, before people are searched for
const DOING = [
  ["nothing", "Nothing", {}],
  ["reading", "Opens and clicks every email", { open: 1, click: 1 }],
  ["buying", "Opens, clicks and orders", { open: 1, click: 1, order: 1 }],
  ["leaving", "Unsubscribes from the first email", { unsubscribe: 1 }],
];

export default function Play({ id }) {
  const told = useLoaded(() => ask(at("journeys", id)), [id]);
  return html`<${LoadedPage} of=${told}>${(journey) => html`<${Frame} told=${journey} here="play" again=${told.again}><${Whole} id=${id} told=${journey} /><//>`}<//>`;
}

function Whole({ id, told }) {
  const { run, busy, problem } = useActing();
  const [who, doing, days, lot] = [useSignal(LOT), useSignal("nothing"), useSignal(60), useSignal(1)];
  const [played, day] = [useSignal(null), useSignal(0)];
  const definition = told.draft?.definition ?? shown(told);
  const said = told.draft?.words ?? told.words;
  const play = () => run(async () => {
    const found = await ask(at("journeys", id, "play"), {
      days: days.value, seed: String(lot.value), rates: DOING.find(([name]) => name === doing.value)[2], ...(who.value.value && { contact: who.value.value }),
    });
    [played.value, day.value] = [found, 0];
  });
  useEffect(() => { play(); }, []);
  return html`<${Card} title="Who, and what do they do?">
      <p class="soft">Plays ${told.draft ? "the draft" : "the journey"} for one person from now on. Nothing is sent, and nobody is changed.</p>
      <form class="fields" onSubmit=${(event) => { event.preventDefault(); play(); }}>
        <label class="grow">For <${Person} who=${who.value} choose=${(each) => { who.value = each; lot.value += 1; play(); }} /></label>
        <label>They <select value=${doing.value} onChange=${(event) => { doing.value = event.target.value; play(); }}>${DOING.map(([name, title]) => html`<option value=${name} selected=${name === doing.value}>${title}</option>`)}</select></label>
        <label>Days <input type="number" min="1" max="400" required value=${days.value} onInput=${(event) => { if (event.target.value !== "") days.value = Number(event.target.value); }} /></label>
        <button class="strong" disabled=${busy.value}>${busy.value ? "Playing …" : "Play"}</button>
      </form>
      ${problem.value && html`<${Failure} problem=${problem.value} />`}
    <//>
    ${played.value && html`<${Played} key=${played.value} found=${played.value} day=${day} definition=${definition} said=${said} />`}`;
}

function Person({ who, choose }) {
  const [found, asked] = [useSignal([]), useRef(null)];
  const look = (event) => {
    const text = event.target.value?.trim() ?? "";
    clearTimeout(asked.current);
    if (text.length < 2) return;
    asked.current = setTimeout(async () => {
      const answer = await ask("contacts/search", { text, limit: 10 }).catch(() => ({ contacts: [] }));
      // What is found by the API is found: it knows more than the names shown here.
      found.value = answer.contacts.map((each) => ({ title: each.name ?? each.email ?? each.contact, value: each.contact, hint: each.name ? each.email ?? "" : "", also: text }));
    }, PAUSE);
  };
  return html`<span onInput=${look}><${Combobox} label="For whom" text=${who.title} options=${[LOT, ...found.value]} placeholder="Name or address" choose=${choose} /></span>`;
}

function Played({ found, day, definition, said }) {
  const { moments } = found;
  const picked = useSignal(null); // a moment, before the end of the slider's day
  const frame = useRef();
  const until = picked.value === null ? found.begin + day.value * DAY : moments[picked.value].time;
  const past = picked.value === null ? moments.filter((each) => each.time <= until) : moments.slice(0, picked.value + 1);
  const newest = past.findLast((each) => each.what === "entered" || each.what === "ended");
  const here = newest?.what === "entered" ? newest.step : null;
  const ended = past.find((each) => each.what === "ended");
  const marks = Object.fromEntries(past.filter((each) => each.step).map((each) => [each.step, "was"]));
  if (here) marks[here] = "lit";
  useEffect(() => {
    const box = frame.current?.querySelector(".graph-frame");
    const card = box?.querySelector(".node.lit");
    if (card) box.scrollTo({ top: card.offsetTop - box.clientHeight / 3, left: card.offsetLeft - (box.clientWidth - card.offsetWidth) / 2 });
  }, [here]);
  if (!found.began) {
    return html`<${Card}><${Empty}>It does not start for <${ContactLink} of=${found.who} />${found.left_out ? ": all of their history would be needed to say why." : ": its entry rule does not let them in now."} ${said.entry.join(" ")}<//><//>`;
  }
  const slide = (event) => {
    picked.value = null;
    day.value = Number(event.target.value);
  };
  const step = (by) => {
    const next = (picked.value ?? past.length - 1) + by;
    if (next < 0 || next >= moments.length) return;
    picked.value = next;
    day.value = Math.min(Math.floor((moments[next].time - found.begin) / DAY), found.days);
  };
  const drawn = (node) => node.step ? html`<${Kind} icon=${node.kind}>${KINDS[node.kind]}${marks[node.id] === "lit" && html` <span class="tag good">here</span>`}<//><strong class="one-line">${words(node.id)}</strong>
    ${node.kind !== "branch" && html`<span class="clipped soft" title=${said.steps[node.id]?.text}>${said.steps[node.id]?.text}</span>`}` : html`<${Outside} of=${node} said=${said} />`;
  return html`<${Card}>
      <div class="slider"><label for="day">Day <strong>${count(day.value)}</strong> of ${count(found.days)}</label>
        <input id="day" type="range" min="0" max=${found.days} step="1" value=${day.value} onInput=${slide} aria-valuetext="day ${day.value}, ${here ? `at ${words(here)}` : ended ? "it is over" : ""}" />
        <div class="buttons"><button disabled=${past.length <= 1} onClick=${() => step(-1)}>← Before</button><button disabled=${past.length >= moments.length} onClick=${() => step(1)}>Next →</button></div></div>
      <p role="status"><${ContactLink} of=${found.who} />, <${When} at=${until} />: ${here ? html`at <strong>${words(here)}</strong>` : html`<strong>${ended ? ended.words : "has not begun"}</strong>`}</p>
    <//>
    <div class="playing" ref=${frame}>
      <${Graph} journey=${definition} said=${said} marks=${marks} label="Steps of the journey, with the card they are at">${drawn}<//>
      <ol class="timeline card" aria-label="What happened so far">${past.map((each, n) => each.what !== "entered" && html`<${Happened} key=${n} of=${each} who=${found.who} isNewest=${n === past.length - 1} />`)}
        ${past.length < moments.length && html`<li class="soft">… ${plural(moments.length - past.length, "more moment")} to come</li>`}</ol>
    </div>`;
}

const LOOKS = { sent: "transition", goal: "transition", skipped: "refused" };

function Happened({ of, who, isNewest }) {
  return html`<li class="${LOOKS[of.what] ?? ""} ${isNewest ? "newest" : ""}"><span class="when"><${When} at=${of.time} /></span>${of.step && !["began", "goal", "ended"].includes(of.what) && html`<strong>${words(of.step)}</strong>: `}${
    of.ways.length > 0 ? `went on to ${words(of.why ?? "end")}.` : of.what === "sent" ? "the email goes out." : of.words}
    ${of.ways.length > 0 && html`<ul class="why">${of.ways.map((each) => html`<li><span class=${each.holds ? "good" : "soft"}>${each.holds ? "✓ " : "✗ "}</span>${words(each.to)}: ${datesNamed(each.why.asks)} <span class="soft">(${datesNamed(each.why.evidence)})</span>
      ${each.why.parts.length > 0 && html`<ul class="why">${each.why.parts.map((part) => html`<li>${part.holds ? "✓" : "✗"} ${datesNamed(part.asks)} <span class="soft">(${datesNamed(part.evidence)})</span></li>`)}</ul>`}</li>`)}</ul>`}
    ${of.template && of.what === "sent" && html`<${Email} template=${of.template} who=${who} />`}</li>`;
}

/** The email as this person would get it today; asked for when it is looked at. */
function Email({ template, who }) {
  const [open, told, EmailFrame] = [useSignal(false), useSignal(null), useSignal(null)];
  const { run, problem } = useActing();
  const toggle = (event) => {
    open.value = event.target.open;
    if (!open.value || told.value) return;
    run(async () => {
      const module = await import("./email-frame.js");
      EmailFrame.value = module.EmailFrame;
      told.value = await ask(at("templates", template, "preview"), { contact: who.contact });
    });
  };
  return html`<details onToggle=${toggle}><summary>The email, as ${who.name ?? who.email ?? "they"} would get it</summary>
    ${problem.value ? html`<${Failure} problem=${problem.value} />` : told.value ? html`<p><strong>${told.value.subject}</strong></p><div class="scroll" tabindex="0" role="region" aria-label="The email ${words(template)}"><${EmailFrame.value} source=${told.value.html} width=${480} title="The email ${words(template)}" /></div>`
      : html`<p class="soft" aria-busy=${open.value ? "true" : null}>Loading …</p>`}</details>`;
}
