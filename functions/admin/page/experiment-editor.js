// The draft of an experiment: what is asked, where, with which arms, and by what it is decided. It is kept by itself, and begins
// when somebody says so.

import { ask, at, whole } from "./api.js";
import { read, Saving, Unsaved, useDraft } from "./autosave.js";
import { OnSegment, UnderWay } from "./experiment-deciding.js";
import { Says } from "./experiment-results.js";
import { METRICS } from "./experiments.js";
import { Card, confirmed, Failure, Loaded, useActing, useLoaded } from "./parts.js";
import { capital, words } from "./words.js";
import { html, useSignal } from "./vendor/preact.js";

const WITHIN = ["1d", "3d", "5d", "7d", "14d", "30d"];
const KINDS = ["send", "split"];
const MOST_VARIANTS = 5;
const MOST_SEGMENTS = 5;
export const VARIANTS = [{ id: "as_now" }, { id: "another" }];

/** The steps of the published journeys that can be experimented with: `{ journey, name, step, kind, ways }`. */
export async function places() {
  const { journeys } = await whole("journeys", "journeys");
  const published = journeys.filter((each) => each.state !== "draft");
  const told = await Promise.all(published.map((each) => ask(`${at("journeys", each.id, "versions")}?limit=1`)));
  return told.flatMap(({ versions: [{ definition }] }) => definition.steps.filter((each) => KINDS.includes(each.kind))
    .map((step) => ({ journey: definition.id, name: definition.name, step: step.id, kind: step.kind, ways: step.ways })));
}

export const placeName = (each) => `${each.name}: ${words(each.step)}${each.kind === "split" ? " (the ways of a split)" : ""}`;

const textOf = (held) => held.unfinished ?? JSON.stringify(held.experiment);

export function Drafted({ held, again }) {
  const path = at("experiments", held.experiment.id);
  const told = useLoaded(async () => {
    const [found, { templates }, { segments }] = await Promise.all([places(), whole("templates", "templates"), whole("segments", "segments")]);
    return { found, templates, segments };
  });
  const draft = useDraft({
    name: `experiment ${held.experiment.id}`, began: textOf(held), etag: held.etag,
    send: (text, etag) => ask(path, { unfinished: text }, "PUT", etag),
    look: async () => { const theirs = await ask(path); return { text: textOf(theirs), etag: theirs.etag }; },
  });
  const of = read(draft.text.value) ?? held.experiment;
  const set = (changes) => { draft.text.value = JSON.stringify({ ...of, ...changes }); };
  const asOf = useSignal(held.etag);
  const isShown = asOf.value === draft.etag.current && !draft.isChanged();
  const look = async () => { if (await draft.save()) asOf.value = draft.etag.current; };
  const wrong = (draft.answer.value ?? held).problem;
  return html`<${Unsaved} of=${draft} what="experiment" />
    <${Loaded} of=${told}>${(known) => html`<${Form} of=${of} set=${set} ...${known} />`}<//>
    <div class="buttons"><${Saving} of=${draft} />${!isShown && html`<button onClick=${look}>See what it can show now</button>`}</div>
    ${wrong ? html`<p class="bad" role="alert">${capital(wrong)}</p>` : html`<${Says} id=${held.experiment.id} state="draft" as=${asOf.value} />`}
    <${Start} path=${path} draft=${draft} again=${again} made=${held.experiment} as=${asOf.value} />`;
}

function Form({ of, set, found, templates, segments }) {
  const { variants = [], metric = "clicked", by_segments: apart = [] } = of;
  const place = found.findIndex((each) => each.journey === of.journey && each.step === of.step);
  const { kind, ways } = found[place] ?? { kind: variants.length > 0 ? "send" : "split", ways: [] };
  const isRevenue = metric === "revenue";
  const isSegment = of.segment !== undefined;
  const criteria = useLoaded(() => isSegment ? import("./experiment-criteria.js") : null, []);
  const endless = of.people === undefined;
  const canAdapt = !isRevenue && (kind === "split" ? new Set(ways?.map((way) => way.weight)).size === 1 : variants.length > 1);
  const text = (event) => event.target.value || undefined;
  const vary = (n, changes) => set({ variants: variants.map((each, m) => (m === n ? { ...each, ...changes } : each)) });
  const go = ({ journey, step, kind: to }) => set({ journey, step, variants: to === "split" ? [] : variants.length > 0 ? variants : VARIANTS, adaptive: false });
  const measure = (to) => set({ metric: to, least: to === "revenue" ? 1 : isRevenue ? 0.02 : of.least, ...(to === "revenue" && { adaptive: false, people: of.people ?? 1000 }) });
  const number = (name, title, least, most, { step = 1, times = 1 } = {}) => html`<label>${title}<input type="number" required min=${least} max=${most} step=${step} value=${typeof of[name] === "number" ? Math.round(of[name] * times * 1000) / 1000 : ""}
    onInput=${(event) => set({ [name]: event.target.value === "" ? "" : Math.round(Number(event.target.value) / times * 1e6) / 1e6 })} /></label>`;
  return html`
    <${Card} title="The question"><div class="fields">
      <label class="grow">Name <input required maxlength="128" autocomplete="off" value=${of.name} onInput=${(event) => set({ name: event.target.value })} /></label>
      <label class="wide">What you expect, and why <textarea required maxlength="1000" rows="2" value=${of.hypothesis} onInput=${(event) => set({ hypothesis: event.target.value })}></textarea></label>
      ${isSegment ? html`<p class="wide">With the segment <a href="#/segments/${of.segment}">${words(of.segment)}</a>.</p>` : html`<label class="wide">Where <select value=${place} onChange=${(event) => go(found[event.target.value])}>${place < 0 && html`<option value="-1" selected disabled>${words(of.journey)}: ${words(of.step)} (not there any more)</option>`}${found.map((each, n) => html`<option value=${n} selected=${n === place}>${placeName(each)}</option>`)}</select></label>`}
    </div><//>
    ${isSegment ? html`<${Card} title="The other criteria"><${Loaded} of=${criteria}>${({ Criteria }) => html`<${Criteria} of=${of} set=${set} />`}<//><//>` : html`<${Card} title="The arms">${kind === "split" ? html`<p>The ways of the split: ${(ways ?? []).map((way) => words(way.next)).join(", ")}.</p>` : variants.map((each, n) => html`<div class="fields" key=${n}>
        <label>${n === 0 ? "As it is" : `Variant ${n + 1}`}<input required pattern="[a-z][a-z0-9_]{0,39}" title="Small letters, digits and _" value=${each.id} onInput=${(event) => vary(n, { id: event.target.value })} /></label>
        ${n > 0 && html`<label class="grow">Another subject (empty: the email’s own)<input maxlength="200" value=${each.subject ?? ""} onInput=${(event) => vary(n, { subject: text(event) })} /></label>
        <label>Another email<select onChange=${(event) => vary(n, { template: text(event) })}><option value="">the same</option>${templates.map((one) => html`<option value=${one.id} selected=${one.id === each.template}>${words(one.id)}</option>`)}</select></label>`}
      </div>`)}
      ${kind === "send" && html`<div class="buttons"><button type="button" disabled=${variants.length >= MOST_VARIANTS} onClick=${() => set({ variants: [...variants, { id: `variant_${variants.length + 1}` }] })}>Add a variant</button>
        <button type="button" disabled=${variants.length <= 1} onClick=${() => set({ variants: variants.slice(0, -1), ...(variants.length <= 2 && { adaptive: false }) })}>Take the last away</button></div>`}
      <div class="fields">${number("holdout", "Held out, of a hundred, to see what it does at all", 0, 50)}</div>
      ${canAdapt && html`<label class="check"><input type="checkbox" checked=${of.adaptive} onChange=${(event) => set({ adaptive: event.target.checked })} /> Adaptive: beyond a fixed slice of 30 %, by which alone it is decided, people get what does best so far</label>`}<//>`}
    <${Card} title="By what it is decided"><div class="fields">
      <label>Better when <select onChange=${(event) => measure(event.target.value)}>${Object.entries(METRICS).map(([value, says]) => html`<option value=${value} selected=${value === metric}>${says}</option>`)}</select></label>
      <label>Within <select onChange=${(event) => set({ within: event.target.value })}>${[...new Set([of.within, ...WITHIN])].map((value) => html`<option value=${value} selected=${value === of.within}>${value === "1d" ? "a day" : value.replace("d", " days")}</option>`)}</select></label>
      ${isRevenue ? number("least", "The least difference that matters, a person", 0.1, 10000, { step: 0.1 }) : number("least", "The least difference that matters, in points", 0.1, 50, { step: 0.1, times: 100 })}
      ${!endless && html`${number("people", "Planned for so many people", 20, 10000000)}${number("looks", "Looks on the way", 1, 8)}`}</div>
      ${!isRevenue && html`<label class="check"><input type="checkbox" checked=${endless} onChange=${(event) => set(event.target.checked ? { people: undefined, by_segments: [] } : { people: 1000 })} /> No planned end: look whenever you like. It takes nearly three times as many people</label>`}
      ${!endless && !isSegment && html`<details open=${apart.length > 0}><summary>Whether it works differently for some</summary><p>Name up to five segments now: at the end it is said of each, as people were in them when they came. Segments chosen afterwards prove nothing.</p>
        ${segments.map((each) => html`<label class="check"><input type="checkbox" checked=${apart.includes(each.segment)} disabled=${apart.length >= MOST_SEGMENTS && !apart.includes(each.segment)} onChange=${(event) => set({ by_segments: event.target.checked ? [...apart, each.segment] : apart.filter((id) => id !== each.segment) })} /> ${each.name}</label>`)}</details>`}<//>`;
}

function Start({ path, draft, again, made, as }) {
  const { run, busy, problem } = useActing();
  const [moves, journeys] = [useSignal(false), useSignal(false)];
  const isSegment = made.segment !== undefined;
  const begin = async () => {
    if (!await draft.save() || !await confirmed(`Publish a new version of the ${isSegment ? "segment" : "journey"} with this experiment? From then on it stays as it is.`, "Start it")) return;
    await run(async () => {
      await ask(`${path}/start`, isSegment ? { start_journeys: journeys.value } : { under_way: moves.value ? "move" : "finish" });
      draft.drop();
      await again();
    });
  };
  const remove = async () => {
    if (!await confirmed("Delete this draft?", "Delete it")) return;
    await run(async () => {
      await draft.save();
      await ask(path, undefined, "DELETE", draft.etag.current);
      draft.drop();
      location.hash = "#/experiments";
    });
  };
  return html`<${Card} title="Start it">${isSegment ? html`<p>It is published with the segment, which nothing else changes until it is decided. Whom either definition brings in from then on takes part; who is in it by one of them already counts nowhere.</p>
      <${OnSegment} id=${made.id} as=${as} journeys=${journeys} />` : html`<p>It is published with the journey. Who comes to the step by a run that begins from then on takes part.</p>
    <${UnderWay} of=${moves} />`}
    <div class="buttons"><button class="strong" disabled=${busy.value} onClick=${begin}>Start the experiment</button><button disabled=${busy.value} onClick=${remove}>Delete the draft</button></div>
    ${problem.value && html`<${Failure} problem=${problem.value} />`}<//>`;
}
