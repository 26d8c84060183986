// A new experiment with a journey: what is asked, where, with which arms, and by what it is decided. It is kept as a draft.

import { ask, at, whole } from "./api.js";
import { METRICS } from "./experiments.js";
import { Card, Failure, LoadedPage, Title, useActing, useLoaded } from "./parts.js";
import { idOf, words } from "./words.js";
import { html, useSignal } from "./vendor/preact.js";

const MOST = 40; // letters of an id
const WITHIN = ["1d", "3d", "5d", "7d", "14d", "30d"];
const KINDS = ["send", "split"];

/** The steps of the published journeys that can be experimented with: `{ journey, name, step, kind }`. */
async function places() {
  const { journeys } = await whole("journeys", "journeys");
  const published = journeys.filter((each) => each.state !== "draft");
  const told = await Promise.all(published.map((each) => ask(`${at("journeys", each.id, "versions")}?limit=1`)));
  return told.flatMap(({ versions: [{ definition }] }) => definition.steps.filter((each) => KINDS.includes(each.kind))
    .map((step) => ({ journey: definition.id, name: definition.name, step: step.id, kind: step.kind, ways: step.ways?.map((way) => way.next) })));
}

export default function NewExperiment() {
  const told = useLoaded(async () => ({ places: await places(), templates: (await whole("templates", "templates")).templates, segments: (await whole("segments", "segments")).segments }));
  return html`<${LoadedPage} of=${told}>${({ places: found, templates, segments }) => html`<${Title}>New experiment<//>
    <p class="lead">One question of one step of a journey. First you see what it can show; nothing begins until you say so.</p>
    ${found.length === 0 ? html`<p>No journey with an email is switched on yet: <a href="#/journeys">publish one</a> first.</p>` : html`<${Form} places=${found} templates=${templates} segments=${segments} />`}`}<//>`;
}

function Form({ places: found, templates, segments }) {
  const { run, busy, problem } = useActing();
  const made = useSignal({ name: "", hypothesis: "", place: 0, variants: [{ id: "as_now" }, { id: "another", subject: "" }], holdout: 0, metric: "clicked", within: "5d", least: 2, people: 1000, looks: 4, adaptive: false, endless: false, by_segments: [] });
  const set = (name, value) => { made.value = { ...made.value, [name]: value }; };
  const { name, hypothesis, place, variants, holdout, metric, within, least, people, looks, adaptive, by_segments } = made.value;
  const endless = made.value.endless && metric !== "revenue";
  const where = found[place];
  const canAdapt = where.kind === "send" && variants.length > 1 && metric !== "revenue";
  const change = (n, of, value) => set("variants", variants.map((each, m) => (m === n ? { ...each, [of]: value } : each)));
  const keep = (event) => {
    event.preventDefault();
    const body = {
      id: idOf(name, "experiment", MOST), name, hypothesis, journey: where.journey, step: where.step, holdout, metric, within, ...(!endless && { people, looks, by_segments }),
      least: metric === "revenue" ? least : least / 100,
      ...(canAdapt && adaptive && { adaptive }),
      ...(where.kind === "send" && variants.length > 1 && { variants: variants.map(({ id, subject, template }) => ({ id, ...(subject && { subject }), ...(template && { template }) })) }),
    };
    return run(async () => {
      await ask("experiments", body);
      location.hash = `#/experiments/${body.id}`;
    });
  };
  const number = (of, title, least_, most, step = 1) => html`<label>${title}<input type="number" required min=${least_} max=${most} step=${step} value=${made.value[of]} onInput=${(event) => { if (event.target.value !== "") set(of, Number(event.target.value)); }} /></label>`;
  return html`<form onSubmit=${keep}>
    <${Card} title="The question"><div class="fields">
      <label class="grow">Name <input required maxlength="128" autocomplete="off" placeholder="Welcome: which subject" value=${name} onInput=${(event) => set("name", event.target.value)} /></label>
      <label class="wide">What you expect, and why <textarea required maxlength="1000" rows="2" placeholder="A subject that asks is clicked more, since …" value=${hypothesis} onInput=${(event) => set("hypothesis", event.target.value)}></textarea></label>
      <label class="wide">Where <select value=${place} onChange=${(event) => set("place", Number(event.target.value))}>${found.map((each, n) => html`<option value=${n} selected=${n === place}>${each.name}: ${words(each.step)}${each.kind === "split" ? " (the ways of a split)" : ""}</option>`)}</select></label>
    </div><//>
    <${Card} title="The arms">${where.kind === "split" ? html`<p>The ways of the split: ${where.ways.map(words).join(", ")}.</p>` : variants.map((each, n) => html`<div class="fields" key=${n}>
        <label>${n === 0 ? "As it is" : `Variant ${n + 1}`}<input required pattern="[a-z][a-z0-9_]{0,39}" title="Small letters, digits and _" value=${each.id} onInput=${(event) => change(n, "id", event.target.value)} /></label>
        ${n > 0 && html`<label class="grow">Another subject (empty: the email’s own)<input maxlength="200" value=${each.subject ?? ""} onInput=${(event) => change(n, "subject", event.target.value)} /></label>
        <label>Another email<select value=${each.template ?? ""} onChange=${(event) => change(n, "template", event.target.value)}><option value="">the same</option>${templates.map((one) => html`<option value=${one.id} selected=${one.id === each.template}>${words(one.id)}</option>`)}</select></label>`}
      </div>`)}
      ${where.kind === "send" && html`<div class="buttons"><button type="button" disabled=${variants.length >= 5} onClick=${() => set("variants", [...variants, { id: `variant_${variants.length + 1}`, subject: "" }])}>Add a variant</button>
        <button type="button" disabled=${variants.length <= 1} onClick=${() => set("variants", variants.slice(0, -1))}>Take the last away</button></div>`}
      <div class="fields">${number("holdout", "Held out, of a hundred, to see what it does at all", 0, 50)}</div>
      ${canAdapt && html`<label class="check"><input type="checkbox" checked=${adaptive} onChange=${(event) => set("adaptive", event.target.checked)} /> Adaptive: beyond a fixed slice of 30 %, by which alone it is decided, people get what does best so far</label>`}<//>
    <${Card} title="By what it is decided"><div class="fields">
      <label>Better when <select value=${metric} onChange=${(event) => { made.value = { ...made.value, metric: event.target.value, least: event.target.value === "revenue" ? 1 : 2 }; }}>${Object.entries(METRICS).map(([value, says]) => html`<option value=${value} selected=${value === metric}>${says}</option>`)}</select></label>
      <label>Within <select value=${within} onChange=${(event) => set("within", event.target.value)}>${WITHIN.map((value) => html`<option value=${value} selected=${value === within}>${value === "1d" ? "a day" : value.replace("d", " days")}</option>`)}</select></label>
      ${number("least", metric === "revenue" ? "The least difference that matters, a person" : "The least difference that matters, in points", 0.1, metric === "revenue" ? 10000 : 50, 0.1)}
      ${!endless && html`${number("people", "Planned for so many people", 20, 10000000)}${number("looks", "Looks on the way", 1, 8)}`}</div>
      ${metric !== "revenue" && html`<label class="check"><input type="checkbox" checked=${endless} onChange=${(event) => set("endless", event.target.checked)} /> No planned end: look whenever you like. It takes nearly three times as many people</label>`}
      ${!endless && html`<details><summary>Whether it works differently for some</summary><p>Name up to five segments now: at the end it is said of each, as people were in them when they came. Segments chosen afterwards prove nothing.</p>
        ${segments.map((each) => html`<label class="check"><input type="checkbox" checked=${by_segments.includes(each.segment)} disabled=${by_segments.length >= 5 && !by_segments.includes(each.segment)} onChange=${(event) => set("by_segments", event.target.checked ? [...by_segments, each.segment] : by_segments.filter((id) => id !== each.segment))} /> ${each.name}</label>`)}</details>`}
      <div class="buttons"><button class="strong" disabled=${busy.value}>Keep the draft</button></div>
      ${problem.value && html`<${Failure} problem=${problem.value} />`}<//></form>`;
}
