// A part of a journey as a form: its fields, as the API tells them (GET /vocabulary, `forms`), and where the part stands. What
// is written here is sent as a change of the definition; what that does to the other steps is not known here.

import { Combobox } from "./combobox.js";
import { Choice, Duration, Filters, Named, SeveralNamed } from "./segment-controls.js";
import { Rows } from "./segment-rows.js";
import { words } from "./words.js";
import { html, useEffect, useRef, useSignal } from "./vendor/preact.js";

const PAUSE = 500; // milliseconds without a change
const KEPT = ["name", "sentence", "topic", "group", "runs_on"]; // of the journey itself

// ── what the form is of ──

/** `of` is the id of a step, or `begin`, `exits` or `whole`. `value` is all that the text says. */
export default function Form({ of, value, language, edit, problems, step }) {
  const [draft, sending] = [useSignal(null), useRef(null)];
  const forms = language.forms;
  const own = step ?? (of === "begin" ? { trigger: value.trigger ?? {}, entry: value.entry ?? {} }
    : of === "exits" ? { exits: value.exits ?? [] } : { ...Object.fromEntries(KEPT.filter((name) => value[name] !== undefined).map((name) => [name, value[name]])), hours: value.hours });
  const now = draft.value ?? own;
  const send = async () => {
    clearTimeout(sending.current);
    if (draft.peek() === null) return;
    const sent = draft.peek();
    const change = step ? { do: "step", step: of, value: sent }
      : { do: "head", value: of === "whole" ? { ...Object.fromEntries(KEPT.map((name) => [name, sent[name] ?? null])), hours: sent.hours ?? null }
        : of === "begin" ? { trigger: sent.trigger, entry: Object.keys(sent.entry).length > 0 ? sent.entry : null } : { exits: sent.exits.length > 0 ? sent.exits : null } };
    if (await edit(change) && draft.peek() === sent) draft.value = null;
  };
  const change = (made) => {
    draft.value = made;
    clearTimeout(sending.current);
    sending.current = setTimeout(send, PAUSE);
  };
  useEffect(() => () => { send(); }, []);
  const shared = { language, steps: (value.steps ?? []).map((each) => each.id), step: of };
  return html`
    ${problems.length > 0 && html`<ul class="said" role="status">${problems.map((each) => html`<li class="bad">${each.text}</li>`)}</ul>`}
    <div class="form" onFocusOut=${(event) => { if (!event.currentTarget.contains(event.relatedTarget)) send(); }}>
      ${step ? html`<${Fields} ...${shared} form=${forms.steps[step.kind]} node=${now} change=${change} />`
        : of === "begin" ? html`<${OneOf} ...${shared} title="Starts when" forms=${forms.triggers} node=${now.trigger} change=${(trigger) => change({ ...now, trigger })} />
          <h3>For whom, and how often</h3><${Fields} ...${shared} form=${forms.entry} node=${now.entry} change=${(entry) => change({ ...now, entry })} />`
          : of === "exits" ? html`<${Exits} ...${shared} exits=${now.exits} change=${(exits) => change({ exits })} />`
            : html`<${Fields} ...${shared} form=${forms.journey} node=${now} change=${change} />
              <label class="check"><input type="checkbox" checked=${Boolean(now.hours)} onChange=${(event) => change({ ...now, hours: event.target.checked ? { from: "08:00", to: "20:00" } : undefined })} />Emails go out at certain hours only</label>
              ${now.hours && html`<div class="part"><${Fields} ...${shared} form=${forms.hours} node=${now.hours} change=${(hours) => change({ ...now, hours })} /></div>`}`}
    </div>`;
}

// ── fields ──

const isSet = (field, value) => value !== undefined && value !== null && JSON.stringify(value) !== JSON.stringify(field.default) && !(Array.isArray(value) && value.length === 0);
const BEGUN = { duration: "1d", "signed-duration": "0d", clock: "09:00", number: 1, flag: true, condition: { kind: "all", of: [] }, step: "end" };

/** All fields of a node; what is shown on demand only is behind "+ more". What is as if it were left out is left out. */
function Fields({ form, node, change, ...shared }) {
  const asked = useSignal([]);
  const shown = form.fields.filter((field) => !field.more || isSet(field, node[field.name]) || asked.value.includes(field.name));
  const absent = form.fields.filter((field) => !shown.includes(field));
  const set = (field, value) => {
    const { [field.name]: _, ...rest } = node;
    const isLeft = value === undefined || value === null || (!field.required && JSON.stringify(value) === JSON.stringify(field.default ?? (Array.isArray(value) ? [] : field.default)));
    change(isLeft ? rest : { ...node, [field.name]: value });
  };
  const add = (name) => {
    const field = form.fields.find((each) => each.name === name);
    asked.value = [...asked.value, name];
    if (field.control in BEGUN && field.control !== "condition") set(field, field.choices[0]?.value ?? BEGUN[field.control]);
  };
  return html`${shown.map((field) => html`<${Field} key=${field.name} ...${shared} field=${field} node=${node} value=${node[field.name]} set=${(value) => set(field, value)} />`)}
    ${absent.length > 0 && html`<select class="add" aria-label="More for this" value="" onChange=${(event) => { const { value } = event.target; event.target.value = ""; add(value); }}>
      <option value="">+ more</option>${absent.map((field) => html`<option value=${field.name}>${field.title} …</option>`)}</select>`}`;
}

const GROUPED = ["condition", "occasion", "occasions", "ways", "shares", "traits", "filters", "choices", "tags", "lists", "journeys", "events", "texts", "duration", "signed-duration", "again"];

function Field({ field, ...rest }) {
  if (field.control === "flag") return html`<label class="check"><input type="checkbox" checked=${rest.value ?? field.default} onChange=${(event) => rest.set(event.target.checked)} />${field.title}</label>`;
  const control = html`<${Control} field=${field} ...${rest} />`;
  if (GROUPED.includes(field.control)) return html`<div class="field" role="group" aria-label=${field.title}><span class="label">${field.title}</span><div class="sentence">${control}</div></div>`;
  return html`<div class="field"><span class="label" aria-hidden="true">${field.title}</span>${control}</div>`;
}

const NAMES = { template: "template", journey: "journey", segment: "segment", topic: "topic", trait: "trait", property: "property" };
const LISTS = { events: "event", tags: "tag", lists: "list", journeys: "journey", texts: "text" };

function Control({ field, node, value, set, language, steps, step }) {
  const label = field.title;
  const typed = (event) => set(event.target.value === "" ? undefined : event.target.value);
  if (field.control in NAMES) return html`<${Named} language=${language} format=${NAMES[field.control]} label=${label} value=${value ?? (field.control === "template" ? node.id : field.default ?? "")} change=${set} />`;
  if (field.control in LISTS) return html`<${SeveralNamed} language=${language} format=${LISTS[field.control]} label=${label} values=${value ?? []} change=${set} />`;
  switch (field.control) {
    case "text": return html`<textarea rows="2" aria-label=${label} value=${value ?? ""} onInput=${typed}></textarea>`;
    case "number": return html`<input type="number" class="num" aria-label=${label} value=${value ?? field.default ?? ""} onInput=${(event) => set(event.target.value === "" ? undefined : Number(event.target.value))} />`;
    case "clock": return html`<input type="time" aria-label=${label} value=${value ?? field.default ?? ""} onInput=${typed} />`;
    case "choice": return html`<select aria-label=${label} value=${value ?? field.default ?? ""} onChange=${typed}>${field.default === null && html`<option value="">as usual</option>`}
      ${field.choices.map((each) => html`<option value=${each.value} selected=${each.value === (value ?? field.default)}>${each.title}</option>`)}</select>`;
    case "choices": {
      const chosen = value ?? field.default;
      return field.choices.map((each) => html`<label class="check"><input type="checkbox" checked=${chosen.includes(each.value)}
        onChange=${(event) => set(field.choices.map((one) => one.value).filter((one) => one === each.value ? event.target.checked : chosen.includes(one)))} />${each.title.slice(0, 3)}<span class="hidden">${each.title.slice(3)}</span></label>`);
    }
    case "duration":
    case "signed-duration": return value === undefined && !field.required
      ? html`<button type="button" class="quiet" onClick=${() => set(BEGUN[field.control])}>+ a time</button>`
      : html`<${Duration} signed=${field.control !== "duration"} label=${label} value=${value} change=${set} />${!field.required && html`<button type="button" class="quiet" aria-label="Without: ${label}" onClick=${() => set(undefined)}>✕</button>`}`;
    case "again": return html`<${Choice} label=${label} value=${["once", "each"].includes(value ?? "once") ? value ?? "once" : "every"} options=${[["once", "once ever"], ["each", "each time"], ["every", "again after"]]}
      change=${(next) => set(next === "every" ? "30d" : next)} />${!["once", "each"].includes(value ?? "once") && html`<${Duration} label=${label} value=${value} change=${set} />`}`;
    case "step": return html`<${Destination} label=${label} value=${value} steps=${steps} step=${step} optional=${!field.required} set=${set} />`;
    case "condition": return html`<div class="rows wide"><${Rows} language=${language} when=${value} problems=${[]} hints=${[]} change=${(when) => set(when ?? (field.required ? { kind: "all", of: [] } : undefined))} /></div>`;
    case "filters": return html`<${Filters} language=${language} values=${value ?? []} label=${label} change=${(made) => set(made.length > 0 ? made : undefined)} />`;
    case "occasion": return html`<${OneOf} language=${language} title=${label} forms=${language.forms.occasions} node=${value ?? { kind: "event", events: [] }} change=${set} />`;
    case "occasions": return html`<${List} values=${value ?? []} begun=${{ kind: "event", events: [] }} what="event" change=${set}>${(each, put) => html`<${OneOf} language=${language} title="What" forms=${language.forms.occasions} node=${each} change=${put} />`}<//>`;
    case "ways":
    case "shares": return html`<${List} values=${value ?? []} begun=${field.control === "ways" ? { when: { kind: "all", of: [] }, next: "end" } : { weight: 50, next: "end" }} what="way" change=${set}>
      ${(each, put) => html`<${Fields} language=${language} steps=${steps} step=${step} form=${language.forms[field.control === "ways" ? "way" : "share"]} node=${each} change=${put} />`}<//>`;
    case "traits": return html`<${Traits} language=${language} value=${value ?? {}} change=${(made) => set(Object.keys(made).length > 0 ? made : undefined)} />`;
    default: return html`<input aria-label=${label} spellcheck="false" autocomplete="off" value=${value ?? field.default ?? ""} onInput=${typed} />`;
  }
}

/** The step that a way leads to; what goes without saying is the step that is written below. */
function Destination({ label, value, steps, step, optional, set }) {
  const below = steps[steps.indexOf(step) + 1];
  return html`<select aria-label=${label} value=${value ?? ""} onChange=${(event) => set(event.target.value || undefined)}>
    ${optional && html`<option value="">${below ? `the step below: ${words(below)}` : "the end"}</option>`}
    ${steps.filter((each) => each !== step).map((each) => html`<option value=${each} selected=${each === value}>${words(each)}</option>`)}
    <option value="end" selected=${value === "end"}>the end</option></select>`;
}

// ── parts of several forms, lists of parts ──

const FIRST = { segment: { segment: "" }, event: { events: [] }, date: { trait: "" }, hand: {}, unsubscribed: {} };

function OneOf({ title, forms, node, change, ...shared }) {
  return html`<${Choice} label=${title} value=${node.kind} options=${Object.entries(forms).map(([kind, form]) => [kind, form.title])} change=${(kind) => change({ kind, ...FIRST[kind] })} />
    ${forms[node.kind] && html`<${Fields} key=${node.kind} ...${shared} form=${forms[node.kind]} node=${node} change=${change} />`}`;
}

function List({ values, begun, what, change, children }) {
  return html`<ol class="parts">${values.map((each, n) => html`<li key=${n}>${children(each, (made) => change(values.map((one, m) => m === n ? made : one)))}
    <div class="buttons">${n > 0 && html`<button type="button" class="quiet" aria-label="This ${what} further up" onClick=${() => change(values.map((one, m) => m === n - 1 ? values[n] : m === n ? values[n - 1] : one))}>↑</button>`}
      ${values.length > 1 && html`<button type="button" class="quiet" aria-label="Remove this ${what}" onClick=${() => change(values.filter((_, m) => m !== n))}>✕</button>`}</div></li>`)}</ol>
    <button type="button" class="quiet" onClick=${() => change([...values, begun])}>+ another ${what}</button>`;
}

function Exits({ exits, change, language, ...shared }) {
  const put = (n, made) => change(exits.map((one, m) => m === n ? made : one));
  return html`${exits.length === 0 && html`<p class="soft">Nothing ends it early, but unsubscribing from what its emails are about.</p>`}
    <ol class="parts">${exits.map((each, n) => html`<li key=${n}><${Fields} ...${shared} language=${language} form=${language.forms.exit} node=${each} change=${(made) => put(n, made)} />
      <div class="buttons"><button type="button" class="quiet" onClick=${() => change(exits.filter((_, m) => m !== n))}>Remove this one</button></div></li>`)}</ol>
    <button type="button" onClick=${() => change([...exits, { on: { kind: "event", events: ["Order Completed"] } }])}>+ Ends early when …</button>`;
}

/** A text that reads as a number, yes or no is that, as in YAML. */
const read = (text) => text === "true" ? true : text === "false" ? false : text !== "" && /^-?\d{1,15}(\.\d+)?$/.test(text) ? Number(text) : text;

function Traits({ language, value, change }) {
  const rows = Object.entries(value);
  const list = language.traits.map((each) => ({ title: each.title, value: each.name, hint: "", also: each.name }));
  return html`${rows.map(([name, told], n) => html`<span class="part" key=${n}><span class="word">${name}</span> =
      <input aria-label="${name}: value" value=${told ?? ""} placeholder="taken away" onInput=${(event) => change({ ...value, [name]: event.target.value === "" ? null : read(event.target.value) })} />
      <button type="button" class="quiet" aria-label="Without ${name}" onClick=${() => { const { [name]: _, ...rest } = value; change(rest); }}>✕</button></span>`)}
    <${Combobox} key=${rows.length} label="A trait to set" text="" placeholder="trait" options=${list.filter((each) => !(each.value in value))} free=${(text) => ({ title: text, value: text })} choose=${(each) => change({ ...value, [each.value]: "" })} />`;
}
