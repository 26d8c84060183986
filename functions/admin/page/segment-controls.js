// What a row's fields are filled in with: each control is made from the field's schema, so that a field which is new to the
// language needs nothing here.

import { Combobox } from "./combobox.js";
import { alternatives, isSet, optionsOf, titleOf } from "./segment-language.js";
import { html, useSignal } from "./vendor/preact.js";

const UNITS = [["min", "minutes"], ["h", "hours"], ["d", "days"], ["w", "weeks"], ["s", "seconds"]];
const DAYS = { from: "from", to: "up to, without" };

/** A field of text or a number that keeps what is typed while it is nothing yet. `read` gives the value, or undefined. */
function Typed({ value, read, change, ...more }) {
  const typed = useSignal(null);
  return html`<input ...${more} value=${typed.value ?? value}
    onInput=${(event) => {
      typed.value = event.target.value;
      const told = read(event.target.value);
      if (told !== undefined) change(told);
    }} onBlur=${() => { typed.value = null; }} />`;
}

const number = (text) => text.trim() === "" || Number.isNaN(Number(text)) ? undefined : Number(text);
export const Num = ({ value, change, label, schema = {} }) => html`<${Typed} type="number" class="num" aria-label=${label} value=${value ?? ""} read=${number} change=${change}
  min=${schema.minimum ?? schema.exclusiveMinimum} max=${schema.maximum ?? schema.exclusiveMaximum} step="any" size="4" />`;
const Text = ({ value, change, label, pattern, placeholder }) => html`<${Typed} type="text" aria-label=${label} value=${value ?? ""} read=${(text) => text} change=${change}
  pattern=${pattern} placeholder=${placeholder} spellcheck="false" size=${Math.min(Math.max(String(value ?? "").length, 6) + 1, 40)} />`;

export const Choice = ({ value, options, change, label }) => html`<select aria-label=${label} value=${value} onChange=${(event) => change(event.target.value)}>
  ${options.map(([each, title]) => html`<option value=${each} selected=${each === value}>${title}</option>`)}</select>`;

// ── times ──

const parts = (text) => /^(-?\d+)\s*(\w+)$/.exec(text ?? "") ?? [null, "", "d"];

/** "90d" as a number and a unit; `back`: it is written with a minus that nobody sees. */
export function Duration({ value, change, label, back = false, signed = false }) {
  const [, size, unit] = parts(value);
  const shown = back ? size.replace("-", "") : size;
  const made = (n, of) => change(`${back && Number(n) > 0 ? "-" : ""}${n}${of}`);
  return html`<${Typed} type="number" class="num" aria-label=${label} value=${shown} min=${signed ? null : back ? 0 : 1} step="1" size="4"
      read=${(text) => /^-?\d{1,6}$/.test(text) ? text : undefined} change=${(n) => made(n, unit)} />
    <${Choice} label="${label}: unit" value=${unit} options=${UNITS} change=${(of) => made(shown || 1, of)} />`;
}

const STRETCHES = [
  ["last", "in the last"], ["ever", "ever"], ["between", "between … ago"], ["ago", "… ago or earlier"], ["days", "on days"], ["this_month", "this month"],
  ["last_month", "last month"], ["this_year", "this year"], ["last_year", "last year"], ["months", "in whole months before this one"],
];

function shapeOf(value) {
  if (value === undefined || value === null) return "ever";
  if (typeof value === "string") return /^last_\d+_months$/.test(value) ? "months" : /^(this|last)_(month|year)$/.test(value) ? value : "last";
  if ([value.from, value.to].some((edge) => /^\d{4}-/.test(edge ?? ""))) return "days";
  return value.from === undefined ? "ago" : value.to === undefined ? "last" : "between";
}

const BEGUN = {
  last: "30d", ever: undefined, between: { from: "-60d", to: "-30d" }, ago: { to: "-30d" }, months: "last_6_months",
};

function Window({ value, change, label, required }) {
  const shape = shapeOf(value);
  const choose = (next) => {
    const today = new Date().toISOString().slice(0, 8);
    change(next in BEGUN ? BEGUN[next] : next === "days" ? { from: `${today}01` } : next);
  };
  const edge = (name) => html`<${Duration} label="${label}: ${name}" back value=${value[name]} change=${(made) => change({ ...value, [name]: made })} />`;
  const day = (name) => html`<label class="day">${DAYS[name]} <input type="date" value=${value[name] ?? ""} onChange=${(event) => {
    const { [name]: _, ...rest } = value;
    change(event.target.value ? { ...rest, [name]: event.target.value } : rest);
  }} /></label>`;
  return html`<${Choice} label="${label}: when" value=${shape} options=${STRETCHES.filter(([each]) => each !== "ever" || !required)} change=${choose} />
    ${shape === "last" && html`<${Duration} label=${label} value=${typeof value === "string" ? value : value.from} back=${typeof value !== "string"}
      change=${(made) => change(typeof value === "string" ? made : { ...value, from: made })} />`}
    ${shape === "between" && html`${edge("to")} and ${edge("from")} ago`}
    ${shape === "ago" && html`${edge("to")} ago or earlier`}
    ${shape === "days" && html`${day("from")} ${day("to")}`}
    ${shape === "months" && html`<${Num} label="${label}: months" value=${Number(/\d+/.exec(value)[0])} schema=${{ minimum: 2, maximum: 36 }} change=${(n) => change(`last_${n}_months`)} />`}`;
}

// ── bounds ──

const SIDES = { at_least: "at least", more: "more than", at_most: "at most", less: "less than" };

/** `at_least`, `more`, `at_most` and `less` of a condition as one choice and its numbers. */
export function Bounds({ kind, node, change, label, currency }) {
  const { fields, by, units, never } = kind["x-bounds"];
  const measured = by ? node[by] ?? kind.properties[by].default : null;
  const counts = measured === null || ["count", "events"].includes(measured);
  const set = fields.filter((name) => node[name] !== undefined && node[name] !== null);
  const of = (name) => node[name] ?? kind.properties[name]?.default;
  const least = of("at_least"), most = of("at_most");
  const shape = set.length === 0 ? "at_least"
    : set.length > 1 && set.join() === "at_least,at_most" ? (least === most ? "exactly" : "between")
      : set.length > 1 ? "both" : set[0] === "at_most" && most === 0 && never && counts && !node.sum && !node.average ? "never" : set[0];
  const unit = node.sum || node.average ? "" : (units[measured] ?? units[""] ?? "").replace("currency", currency);
  const made = (bounds) => {
    const next = { ...node, ...bounds };
    for (const name of fields) if (!(name in bounds)) delete next[name];
    change(next);
  };
  const one = set.length === 1 ? of(set[0]) : least ?? most ?? of("more") ?? of("less");
  const choose = (next) => {
    const n = one ?? 1;
    if (next === "never") made({ at_most: 0 });
    else if (next === "exactly") made({ at_least: n || 1, at_most: n || 1 });
    else if (next === "between") made({ at_least: n || 1, at_most: (n || 1) + 1 });
    else made({ [next]: next === "at_least" ? n || 1 : n });
  };
  const options = [
    ...fields.map((name) => [name, SIDES[name]]), ["exactly", "exactly"], ["between", "between"],
    ...(shape === "both" ? [["both", "within"]] : []), ...(never && counts && !node.sum && !node.average ? [["never", "never"]] : []),
  ].filter(([each]) => !["exactly", "between"].includes(each) || (fields.includes("at_least") && fields.includes("at_most")));
  const Side = (name, value = of(name)) => html`<${Num} label="${label}: ${SIDES[name]}" value=${value} schema=${kind.properties[name]} change=${(n) => {
    if (set.length > 0 || n !== value) made({ ...Object.fromEntries(set.map((each) => [each, node[each]])), [name]: n }); // what is meant anyway stays unsaid
  }} />`;
  return html`<${Choice} label="${label}: how much" value=${shape} options=${options} change=${choose} />
    ${fields.includes(shape) && Side(shape, set.length === 0 && kind["x-bounds"].by ? 1 : of(shape))}
    ${shape === "exactly" && html`<${Num} label="${label}: exactly" value=${least} change=${(n) => made({ at_least: n, at_most: n })} />`}
    ${shape === "between" && html`${Side("at_least")} and ${Side("at_most")}`}
    ${shape === "both" && set.map((name, n) => html`${n > 0 && " and "}${SIDES[name]} ${Side(name)}`)}
    ${shape !== "never" && unit && html`<span class="word">${Number(one ?? 1) === 1 && unit === "times" && shape !== "between" ? "time" : unit}</span>`}`;
}

// ── names and values ──

const named = (title) => ({ title, value: title });

/** Names of a kind, as the shop knows them: `free` ones may be told for the first time. */
function namesOf(language, format) {
  switch (format) {
    case "event": return { list: optionsOf(language.events.map((each) => ({ ...each, value: each.name }))), free: named };
    case "trait": return { list: optionsOf(language.traits.map((each) => ({ ...each, value: each.name }))), free: named };
    case "property": return { list: optionsOf(language.properties.map((each) => ({ ...each, value: each.name }))), free: named };
    case "segment": return { list: optionsOf(language.segments), free: () => null };
    case "topic": return { list: optionsOf(language.topics), free: () => null };
    case "lead_model": return { list: optionsOf(language.lead_models), free: () => null };
    case "journey": return { list: optionsOf(language.journeys), free: named };
    case "template": return { list: optionsOf(language.templates), free: named };
    case "tag": return { list: optionsOf(language.traitNamed.get("tags")?.values ?? []), free: named };
    case "text": return { list: [], free: named };
    default: return { list: optionsOf(language.lists), free: named };
  }
}

export function Named({ language, format, value, change, label, begun }) {
  const { list, free } = namesOf(language, format);
  const text = list.find((each) => each.value === value)?.title ?? value ?? "";
  return html`<${Combobox} label=${label} text=${text} options=${list} free=${free} placeholder=${label} begun=${begun} choose=${(each) => change(each.value)} />`;
}

const OF_PARTS = ["contains", "prefix", "suffix"];
const ORDERED = ["less", "at_most", "more", "at_least"];
/** Of a text, these are about days. */
const OF_DATES = { less: "is before", at_most: "is not after", more: "is after", at_least: "is not before" };

/** What a comparison can be with: the type and the values that the trait or the property was seen with. */
function known(language, node) {
  const found = node.trait !== undefined ? language.traitNamed.get(node.trait) : language.propertyNamed.get(node.property);
  return { type: found?.type ?? language.fixed[node.property]?.type ?? null, values: found?.values ?? [] };
}

/** A text as what it is compared as: a number where numbers were seen, or where nothing was and it reads as one. */
function valueOf(text, type, before) {
  if (type === "number" || (type === null && !(typeof before === "string" && before !== "") && text.trim() !== "" && !Number.isNaN(Number(text)))) return number(text) ?? text;
  return text;
}

/** `is`, as it suits what is compared. */
export function Comparison({ language, schema, node, change, label }) {
  const { type } = known(language, node);
  const titles = schema["x-titles"];
  const isDate = typeof node.value === "string" && /^\d{4}-\d\d/.test(node.value);
  const is = node.is ?? "equal";
  const fit = schema.enum.filter((each) => each === is || !(type === "flag" ? [...OF_PARTS, ...ORDERED, "in"] : type === "number" ? OF_PARTS : []).includes(each));
  const choose = (next) => {
    const { value, ...rest } = node;
    const one = Array.isArray(value) ? value[0] : value;
    const several = Array.isArray(value) ? value : value === undefined || value === "" ? [] : [value];
    change({ ...rest, is: next, ...(next === "exists" ? {} : { value: next === "in" ? several : one ?? (type === "flag" ? true : "") }) });
  };
  return html`<${Choice} label="${label}: comparison" value=${is} change=${choose} options=${fit.map((each) => [each, isDate && OF_DATES[each] ? OF_DATES[each] : titles[each]])} />`;
}

export function Value({ language, node, change, label, wrong }) {
  const { type, values } = known(language, node);
  const is = node.is ?? "equal";
  const set = (value) => change({ ...node, value });
  const list = optionsOf(values);
  const free = (text) => ({ title: text, value: valueOf(text, type, node.value) });
  if (is === "exists") return null;
  if (Array.isArray(node.value) || is === "in") return html`<${Several} language=${language} label=${label} values=${Array.isArray(node.value) ? node.value : []} options=${list} free=${free} said=${(each) => titleOf(values, each)} change=${set} />`;
  if (typeof node.value === "boolean" || (type === "flag" && node.value === "")) return html`<${Choice} label=${label} value=${String(node.value)} options=${[["true", "yes"], ["false", "no"], ...(node.value === "" ? [["", "choose"]] : [])]} change=${(text) => set(text === "true")} />`;
  if (ORDERED.includes(is) && list.length === 0) return html`<${Text} label=${label} value=${node.value} placeholder=${type === "text" ? "2026-12-24" : "number"} change=${(text) => set(number(text) ?? text)} />`;
  return html`<${Combobox} label=${label} text=${titleOf(values, node.value)} options=${list} free=${free} placeholder="value" begun=${node.value === "" && !wrong} wrong=${wrong} choose=${(each) => set(each.value)} />`;
}

/** Several values, each with a way to take it out. */
function Several({ label, values, options, free, said, change }) {
  return html`<span class="several">${values.map((each, n) => html`<span class="chip">${said(each)} <button type="button" class="quiet" aria-label="Without ${said(each)}" onClick=${() => change(values.filter((_, m) => m !== n))}>✕</button></span>`)}
    <${Combobox} key=${values.length} label="${label}: one more" text="" placeholder=${values.length > 0 ? "or …" : "value"} options=${options.filter((each) => !values.includes(each.value))} free=${free} choose=${(each) => change([...values, each.value])} /></span>`;
}

/** Several names of a kind. */
export function SeveralNamed({ language, format, label, values, change }) {
  const { list, free } = namesOf(language, format);
  return html`<${Several} label=${label} values=${values} options=${list} free=${free} said=${(each) => list.find((one) => one.value === each)?.title ?? each} change=${change} />`;
}

/** Filters on the properties of events. */
export const Filters = ({ language, values, label, change }) => html`<${Listed} language=${language} kind=${{ properties: {} }} schema=${{ items: { $ref: "#/$defs/Where" } }} name="where" values=${values} label=${label} set=${change} />`;

// ── fields ──

/** One field of a node. `change` takes the whole node. */
export function Field({ language, kind, node, name, change, problems = [] }) {
  const schema = kind.properties[name];
  const label = schema?.title || (name === "bounds" ? "number" : name.replaceAll("_", " "));
  if (name === "bounds") return html`<span class="field"><${Bounds} kind=${kind} node=${node} change=${change} label=${kind.title} currency=${language.currency} /></span>`;
  const value = node[name] ?? schema.default;
  const set = (made) => {
    const { [name]: _, ...rest } = node;
    change(made === undefined ? rest : { ...node, [name]: made });
  };
  const others = alternatives(kind, name);
  const told = (one) => `${kind.properties[one].title || one}${kind.properties[one]["x-unit"] ? ` (${kind.properties[one]["x-unit"]})` : ""}`;
  const swap = (next) => {
    const { [name]: _, ...rest } = node;
    const first = kind.properties[next];
    const same = first.format === schema.format && first.type === schema.type;
    change({ ...rest, [next]: same && node[name] !== undefined ? node[name] : first.enum ? first.enum[0] : first.format === "window" || first.format === "duration" ? "30d" : 30 });
  };
  const before = others.length > 0 ? html`<${Choice} label="which" value=${name} options=${[name, ...others].map((one) => [one, told(one)])} change=${swap} />`
    : schema.title && html`<span class="word">${schema.title}</span>`;
  return html`<span class="field">${before}
    <${Control} language=${language} kind=${kind} schema=${schema} node=${node} name=${name} value=${value} set=${set} change=${change} label=${label} wrong=${problems.length > 0} />
    ${schema["x-unit"] && others.length === 0 && html`<span class="word">${schema["x-unit"]}</span>`}</span>`;
}

function Control({ language, kind, schema, node, name, value, set, change, label, wrong }) {
  if (schema.$ref) return html`<${Deed} language=${language} schema=${language.of(schema.$ref)} node=${value ?? {}} change=${set} />`;
  if (schema.oneOf) return html`<${Either} language=${language} schema=${schema} node=${value ?? {}} change=${set} />`;
  if (name === "is" && "value" in kind.properties) return html`<${Comparison} language=${language} schema=${schema} node=${node} change=${change} label=${label} />`;
  if (name === "value") return html`<${Value} language=${language} node=${node} change=${change} label=${label} wrong=${wrong} />`;
  if (schema.format === "window") return html`<${Window} value=${value} change=${set} label=${label} required=${(kind.required ?? []).includes(name)} />`;
  if (schema.format === "duration") return html`<${Duration} value=${value} change=${set} label=${label} />`;
  if (schema.format === "signed-duration") return html`<${Duration} signed value=${value} change=${set} label=${label} />`;
  if (schema.enum) return html`<${Choice} label=${label} value=${value} options=${schema.enum.map((each) => [each, schema["x-titles"]?.[each] ?? each])} change=${set} />`;
  if (schema.type === "array") return html`<${Listed} language=${language} kind=${kind} schema=${schema} name=${name} values=${value ?? []} set=${set} label=${label} event=${node.event} />`;
  if (schema.format) return html`<${Named} language=${language} format=${schema.format} value=${value} change=${set} label=${schema.format} begun=${value === ""} />`;
  if (schema.type === "boolean") return html`<${Choice} label=${label} value=${String(value)} options=${[["true", "yes"], ["false", "no"]]} change=${(text) => set(text === "true")} />`;
  if (["number", "integer"].includes(schema.type) || schema.anyOf) return html`<${Num} label=${label} value=${value} schema=${schema} change=${set} />`;
  return html`<${Text} label=${label} value=${value} pattern=${schema.pattern} change=${set} />`;
}

function Listed({ language, kind, schema, name, values, set, label, event }) {
  if (schema.items.enum) return html`<span class="several">${schema.items.enum.map((each) => html`<label class="check"><input type="checkbox" checked=${values.includes(each)}
    onChange=${(event) => set(event.target.checked ? schema.items.enum.filter((one) => one === each || values.includes(one)) : values.filter((one) => one !== each))} />${schema.items["x-titles"][each]}</label>`)}</span>`;
  if (schema.items.$ref) {
    const of = language.of(schema.items.$ref);
    const isFilter = "property" in of.properties;
    const one = (node, n) => isFilter
      ? html`<${Filter} language=${language} schema=${of} node=${node} properties=${propertiesOf(language, kind, name, event)} change=${(made) => set(made === undefined ? values.filter((_, m) => m !== n) : values.map((each, m) => m === n ? made : each))} />`
      : html`<${Deed} language=${language} schema=${of} node=${node} change=${(made) => set(values.map((each, m) => m === n ? made : each))} remove=${values.length > 1 && (() => set(values.filter((_, m) => m !== n)))} />`;
    const more = () => set([...values, isFilter ? { property: "", value: "" } : { event: "" }]);
    return html`${values.map((node, n) => html`<span class="part" key=${n}>${n > 0 && html`<span class="word">${isFilter ? "and" : "or"}</span>`}${one(node, n)}</span>`)}
      ${values.length < (schema.maxItems ?? 10) && html`<button type="button" class="quiet" onClick=${more}>${values.length > 0 ? isFilter ? "+ and" : "+ or" : "+ where"}</button>`}`;
  }
  return html`<${SeveralNamed} language=${language} format=${schema.items.format} label=${label} values=${values} change=${set} />`;
}

/** The properties that a filter can be on: those that the event was seen with, each with how many people have it, then the others. */
const propertiesOf = (language, kind, name, event) => {
  const names = kind.properties.measure || kind["x-row"]?.family === "Orders" ? (name === "lines" ? language.schema["x-of-lines"] : language.schema["x-of-order"]) : null;
  if (names) return { names: names.map((each) => ({ name: each })), free: () => null };
  const own = new Set(language.eventNamed.get(event)?.properties ?? []);
  const known = language.properties.map((each) => each.name).filter((each) => own.has(each) || language.schema["x-of-events"].includes(each) || !language.fixed[each]);
  const most = (one, other) => (language.propertyNamed.get(other)?.contacts ?? 0) - (language.propertyNamed.get(one)?.contacts ?? 0);
  const group = (of, title) => of.map((each) => ({ name: each, group: own.size > 0 ? title : undefined }));
  return { names: [...group(known.filter((each) => own.has(each)).sort(most), "Seen with it"), ...group(known.filter((each) => !own.has(each)), "Others")], free: named };
};

function Filter({ language, schema, node, properties, change }) {
  const list = properties.names.map(({ name, group }) => {
    const found = language.propertyNamed.get(name);
    return { ...optionsOf([{ value: name, title: found?.title ?? name, contacts: found?.contacts ?? 0 }])[0], group };
  });
  const begin = (property) => {
    const type = language.propertyNamed.get(property)?.type ?? language.fixed[property]?.type;
    change(property === node.property ? node : { property, ...(type === "number" ? { is: "at_least", value: 1 } : { value: type === "flag" ? true : "" }) });
  };
  return html`<span class="filter"><${Combobox} label="property" text=${list.find((each) => each.value === node.property)?.title ?? node.property ?? ""} options=${list} free=${properties.free} placeholder="property" begun=${node.property === ""} choose=${(each) => begin(each.value)} />
    ${node.property && html`<${Comparison} language=${language} schema=${schema.properties.is} node=${node} change=${change} label=${node.property} />
      <${Value} language=${language} node=${node} change=${change} label="${node.property}: value" />`}
    <button type="button" class="quiet" aria-label="Remove this filter" onClick=${() => change(undefined)}>✕</button></span>`;
}

/** An event and its filters, as part of a condition about several. */
export function Deed({ language, schema, node, change, remove }) {
  const absent = !(node.where?.length > 0);
  return html`<span class="deed"><${Named} language=${language} format="event" label="event" value=${node.event ?? ""} begun=${node.event === ""} change=${(event) => change({ ...node, event })} />
    ${absent ? html`<button type="button" class="quiet" onClick=${() => change({ ...node, where: [{ property: "", value: "" }] })}>+ where</button>`
      : html`<span class="word">where</span><${Listed} language=${language} kind=${schema} schema=${schema.properties.where} name="where" values=${node.where} label="where" event=${node.event}
        set=${(where) => { const { where: _, ...rest } = node; change(where.length > 0 ? { ...rest, where } : rest); }} />`}
    ${remove && html`<button type="button" class="quiet" aria-label="Remove this event" onClick=${remove}>✕</button>`}</span>`;
}

/** One of several forms of a part, by its kind: what a rank is by. */
function Either({ language, schema, node, change }) {
  const forms = schema.oneOf.map((each) => language.of(each.$ref));
  const form = forms.find((each) => each.properties.kind.const === node.kind) ?? forms[0];
  const names = Object.keys(form.properties).filter((name) => name !== "kind");
  const begin = (kind) => change(kind === "trait" ? { kind, trait: "" } : { kind, measure: "sum" });
  const shown = names.filter((name) => (form.required ?? []).includes(name) || isSet(form, node, name));
  const absent = names.filter((name) => !shown.includes(name));
  return html`<${Choice} label="by" value=${node.kind} options=${forms.map((each) => each.properties.kind.const).map((kind) => [kind, kind])} change=${begin} />
    ${shown.map((name) => html`<${Field} key=${name} language=${language} kind=${form} node=${node} name=${name} change=${change} />`)}
    <${Add} kind=${form} absent=${absent} add=${(name) => change({ ...node, [name]: first(form.properties[name]) })} />`;
}

/** What else a condition can have. */
export const Add = ({ kind, absent, add, more = [] }) => (absent.length > 0 || more.length > 0) && html`
  <select class="add" aria-label="More for this condition" value="" onChange=${(event) => { const { value } = event.target; event.target.value = ""; add(value); }}>
    <option value="">+ more</option>
    ${absent.map((name) => html`<option value=${name}>${told(kind.properties[name].title || name)}</option>`)}
    ${more.map(([value, title]) => html`<option value=${value}>${title}</option>`)}
  </select>`;
const told = (title) => `${title.replaceAll("_", " ")} …`;

/** What a field begins as when it is added. */
export function first(schema) {
  if (schema.$ref) return { event: "" };
  if (schema.format === "window" || schema.format === "duration") return "30d";
  if (schema.format === "signed-duration") return "0d";
  if (schema.enum) return schema.enum.find((each) => each !== schema.default) ?? schema.enum[0];
  if (schema.type === "array") return schema.items.$ref ? [schema.items.$ref.endsWith("Filtered") ? { event: "" } : { property: "", value: "" }] : schema.items.enum ? [schema.items.enum[0]] : [];
  if (["number", "integer"].includes(schema.type) || schema.anyOf) return Math.max(schema.minimum ?? 1, 1);
  return schema.type === "boolean" ? true : "";
}

