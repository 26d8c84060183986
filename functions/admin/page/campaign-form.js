// A draft of a campaign as a form.

import { read, Unsaved } from "./autosave.js";
import { TestFields } from "./campaign-results.js";
import { Card } from "./parts.js";
import { capital } from "./words.js";
import { html } from "./vendor/preact.js";

const WHEN = { now: "as soon as I press send", at: "on a day, for everybody at once", local: "on a day, at each contact’s own time", best_hour: "on a day, at each contact’s best hour" };
const tomorrow = () => new Date(Date.now() + 86_400_000).toISOString().slice(0, 10);
const SCHEDULES = {
  now: () => ({ kind: "now" }),
  at: () => ({ kind: "at", day: tomorrow(), at: "10:00" }),
  local: () => ({ kind: "local", day: tomorrow(), at: "10:00", past: "tomorrow" }),
  best_hour: () => ({ kind: "best_hour", day: tomorrow(), otherwise: "10:00" }),
};

/** `draft`: the campaign's text, as it is kept by itself; `known`: the shop's `templates`, `segments` and `topics`. */
export function CampaignForm({ told, draft, known: { templates, segments, topics } }) {
  const { text } = draft;
  const made = read(text.value) ?? told.definition;
  const wrong = (draft.answer.value ?? told).problem;
  const set = (name, value) => {
    const { [name]: _, ...rest } = made;
    text.value = JSON.stringify(value === null ? rest : { ...rest, [name]: value });
  };
  const schedule = made.schedule ?? { kind: "now" };
  const time = (name, value) => set("schedule", { ...schedule, [name]: value });
  return html`<form onSubmit=${(event) => { event.preventDefault(); draft.save(); }}>
    <${Unsaved} of=${draft} what="campaign" />
    <${Card} title="Who">
      <div class="fields"><label class="grow">Name, as your team sees it<input maxlength="128" value=${made.name ?? ""} onInput=${(event) => set("name", event.target.value)} /></label></div>
      <${Several} title="Members of any of these" chosen=${made.segments} segments=${segments} change=${(ids) => set("segments", ids)} />
      <${Several} title="But nobody of these" chosen=${made.without ?? []} segments=${segments} change=${(ids) => set("without", ids)} />
      <label class="check"><input type="checkbox" checked=${made.recheck ?? true} onChange=${(event) => set("recheck", event.target.checked)} /> Look again at the instant of sending, and skip who has left meanwhile</label>
    <//>
    <${Card} title="What">
      <div class="fields">
        <label>Email<select value=${made.template} onChange=${(event) => set("template", event.target.value)}>${templates.map((each) => html`<option value=${each.id} selected=${each.id === made.template}>${each.name}</option>`)}</select></label>
        <label class="grow">Subject, if another than the email’s own<input value=${made.subject ?? ""} onInput=${(event) => set("subject", event.target.value || null)} /></label>
        <label>About<select value=${made.topic ?? "marketing"} onChange=${(event) => set("topic", event.target.value)}>${topics.map((each) => html`<option value=${each.id} selected=${each.id === (made.topic ?? "marketing")}>${each.name}</option>`)}</select></label>
      </div>
      ${made.factors?.length > 0
        ? html`<${Combinations} made=${made} templates=${templates} put=${(parts) => { text.value = JSON.stringify({ ...made, ...parts }); }} />`
        : html`<${Subjects} variants=${made.variants ?? []} change=${(variants) => set("variants", variants.length > 0 ? variants : null)} />`}
      ${!made.variants?.length && html`<button type="button" onClick=${() => { text.value = JSON.stringify({ ...made, ...TWO_BY_TWO }); }}>Test subject and email at once</button>`}
      <${TestFields} made=${made} set=${set} />
    <//>
    <${Card} title="When">
      <div class="fields">
        <label>It goes out<select value=${schedule.kind} onChange=${(event) => set("schedule", SCHEDULES[event.target.value]())}>${Object.entries(WHEN).map(([kind, says]) => html`<option value=${kind} selected=${kind === schedule.kind}>${says}</option>`)}</select></label>
        ${schedule.kind !== "now" && html`<label>Day<input type="date" value=${schedule.day} onInput=${(event) => time("day", event.target.value)} /></label>`}
        ${["at", "local"].includes(schedule.kind) && html`<label>Time<input type="time" value=${schedule.at} onInput=${(event) => time("at", event.target.value)} /></label>`}
        ${schedule.kind === "best_hour" && html`<label>Where it is not known<input type="time" value=${schedule.otherwise} onInput=${(event) => time("otherwise", event.target.value)} /></label>`}
        ${schedule.kind === "local" && html`<label>Whose hour is past<select value=${schedule.past} onChange=${(event) => time("past", event.target.value)}>
          <option value="tomorrow" selected=${schedule.past === "tomorrow"}>gets it a day later</option><option value="now" selected=${schedule.past === "now"}>gets it at once</option></select></label>`}
      </div>
      <div class="fields">
        ${["now", "at"].includes(schedule.kind) && html`<label>Spread over<select value=${made.spread ?? ""} onChange=${(event) => set("spread", event.target.value || null)}>
          ${[["", "as fast as it goes"], ["2h", "2 hours"], ["6h", "6 hours"], ["1d", "a day"], ["3d", "3 days"]].map(([value, says]) => html`<option value=${value} selected=${(made.spread ?? "") === value}>${says}</option>`)}</select></label>`}
        <label>Again<select value=${made.repeat ?? ""} onChange=${(event) => set("repeat", event.target.value || null)}>
          ${[["", "never"], ["weekly", "every week"], ["monthly", "every month"]].map(([value, says]) => html`<option value=${value} selected=${(made.repeat ?? "") === value}>${says}</option>`)}</select></label>
      </div>
      <${FollowUp} of=${made.follow_up ?? null} change=${(value) => set("follow_up", value)} />
    <//>
    ${wrong && html`<p class="bad" role="status">This keeps it from being sent: ${capital(wrong.text)}${wrong.field && html` (<code>${wrong.field}</code>)`}.</p>`}
  </form>`;
}

function Several({ title, chosen, segments, change }) {
  const names = Object.fromEntries(segments.map((each) => [each.segment, each.name]));
  return html`<fieldset><legend>${title}</legend>
    <ul class="chips">${chosen.map((id) => html`<li>${names[id] ?? id} <button type="button" class="quiet" onClick=${() => change(chosen.filter((each) => each !== id))} aria-label=${`Take away ${names[id] ?? id}`}>×</button></li>`)}</ul>
    <label><span class="hidden">${title}: add a segment</span><select value="" onChange=${(event) => { if (event.target.value) change([...chosen, event.target.value]); event.target.value = ""; }}>
      <option value="">Add a segment …</option>${segments.filter((each) => !chosen.includes(each.segment)).map((each) => html`<option value=${each.segment}>${each.name}</option>`)}</select></label>
  </fieldset>`;
}

/** A test of subject lines. */
function Subjects({ variants, change }) {
  if (variants.length === 0) {
    return html`<button type="button" onClick=${() => change([{ id: "a", weight: 1 }, { id: "b", weight: 1, subject: "Another subject" }])}>Test two subjects</button>`;
  }
  const put = (n, changed) => change(variants.map((each, at) => at === n ? { ...each, ...changed } : each));
  return html`<fieldset><legend>Subjects that are tested</legend>${variants.map((each, n) => html`<div class="fields">
      <label class="grow">${each.id.toUpperCase()}<input value=${each.subject ?? ""} placeholder="The email’s own" onInput=${(event) => put(n, { subject: event.target.value || undefined })} /></label>
      <label>Parts<input type="number" min="1" max="100" value=${each.weight} onInput=${(event) => put(n, { weight: Number(event.target.value) })} /></label></div>`)}
    <button type="button" class="quiet" onClick=${() => change([])}>No test</button></fieldset>`;
}

/** Two subjects, each with two emails. */
const TWO_BY_TWO = {
  factors: [{ id: "subject", levels: ["own", "other"] }, { id: "email", levels: ["one", "two"] }],
  variants: ["own_one", "own_two", "other_one", "other_two"].map((id) => ({ id, ...(id.startsWith("other") ? { subject: "Another subject" } : {}) })),
};

/** A test of several things at once: what each combination gets. */
function Combinations({ made, templates, put }) {
  const change = (n, changed) => put({ variants: made.variants.map((each, at) => at === n ? { ...each, ...changed } : each) });
  return html`<fieldset><legend>Combinations that are tested: ${made.factors.map((each) => each.id).join(" × ")}</legend>${made.variants.map((each, n) => html`<div class="fields">
      <label class="grow">${each.id}: subject<input value=${each.subject ?? ""} placeholder="The email’s own" onInput=${(event) => change(n, { subject: event.target.value || undefined })} /></label>
      <label>${each.id}: email<select value=${each.template ?? ""} onChange=${(event) => change(n, { template: event.target.value || undefined })}>
        <option value="">The campaign’s</option>${templates.map((one) => html`<option value=${one.id} selected=${one.id === each.template}>${one.name}</option>`)}</select></label></div>`)}
    <button type="button" class="quiet" onClick=${() => put({ variants: undefined, factors: undefined })}>No test</button></fieldset>`;
}

function FollowUp({ of, change }) {
  return html`<label class="check"><input type="checkbox" checked=${of !== null} onChange=${(event) => change(event.target.checked ? { who: "not_clicked", after: "3d", subject: "In case you missed it" } : null)} />
      Once more, with another subject, to those who did not click</label>
    ${of !== null && html`<div class="fields">
      <label>After<select value=${of.after} onChange=${(event) => change({ ...of, after: event.target.value })}>${["2d", "3d", "5d", "7d"].map((each) => html`<option value=${each} selected=${of.after === each}>${each.replace("d", " days")}</option>`)}</select></label>
      <label class="grow">Subject<input value=${of.subject ?? ""} onInput=${(event) => change({ ...of, subject: event.target.value || undefined })} /></label></div>`}`;
}
