// The language of segments as the API tells it (GET /vocabulary): what a condition can have, and what it is called. Pure: no
// page, no state. The tree of conditions stays the one thing there is; rows are views of its nodes.

import { count, plural } from "./words.js";

/** Of the answer, what is looked up again and again. */
export function languageOf(told) {
  const definitions = told.schema.$defs;
  const of = (reference) => definitions[reference.replace("#/$defs/", "")];
  const kinds = Object.fromEntries(Object.entries(told.schema["x-kinds"]).map(([kind, reference]) => [kind, of(reference)]));
  return {
    ...told, of, kinds,
    fixed: told.schema["x-properties"],
    eventNamed: new Map(told.events.map((each) => [each.name, each])),
    traitNamed: new Map(told.traits.map((each) => [each.name, each])),
    propertyNamed: new Map(told.properties.map((each) => [each.name, each])),
    beginnings: beginnings(told),
  };
}

export const people = (number) => number > 0 ? plural(number, "person", "people") : "";
const option = (each) => ({ value: each.value ?? each.name, title: each.title ?? each.value, hint: people(each.contacts ?? 0), also: each.title ? each.value : "" });
export const optionsOf = (list) => list.map(option);
/** "Germany (DE)" of a value that has a name beside it. */
export const titleOf = (list, value) => {
  const found = list.find((each) => each.value === value);
  return found?.title && found.title !== value ? `${found.title} (${value})` : String(value ?? "");
};

/** What a row can begin as: what is often asked, the shop's events and traits, and the values of traits, for who types one. */
function beginnings(told) {
  const seen = new Map([...told.events.map((each) => [`event ${each.name}`, each.contacts]), ...told.traits.map((each) => [`trait ${each.name}`, each.contacts])]);
  const starts = told.starts.map(({ family, title, condition }) => ({
    title, group: family, value: "", hint: people(seen.get(`${condition.kind} ${condition.event ?? condition.trait}`) ?? 0),
    also: `${condition.event ?? ""} ${condition.trait ?? ""} ${condition.kind}`, condition,
  }));
  const families = [...new Set(starts.map((each) => each.group))];
  starts.sort((one, other) => families.indexOf(one.group) - families.indexOf(other.group));
  const values = told.traits.flatMap((trait) => trait.values.slice(0, 60).map((each) => ({
    title: `${trait.title} is ${each.title ? `${each.title} (${each.value})` : each.value}`, group: "People", value: "", hint: people(each.contacts), onlyTyped: true,
    condition: { kind: "trait", trait: trait.name, value: each.value },
  })));
  const segments = told.segments.map((each) => ({
    title: `Is in “${each.title}”`, group: "Segments", value: "", hint: "", onlyTyped: true, condition: { kind: "member", segment: each.value },
  }));
  return [...starts, ...values, ...segments];
}

/** The field that a row's first word stands for, by kind. */
const NAMED_BY = { event: "event", trait: "trait", orders: "measure" };

/** What a condition is called, as the first word of its row. */
export function called(language, node) {
  const kind = language.kinds[node.kind];
  if (node.kind === "event") return language.eventNamed.get(node.event)?.title ?? node.event;
  if (node.kind === "trait") return language.traitNamed.get(node.trait)?.title ?? node.trait;
  if (node.kind === "orders") return kind.properties.measure["x-titles"][node.measure ?? "count"];
  return kind.title;
}

/** A row that begins as something else: what fits goes on. */
export function begunAs(node, condition) {
  if (!node || node.kind !== condition.kind) return structuredClone(condition);
  const own = NAMED_BY[node.kind];
  if (!own) return node;
  if (node.kind === "trait") return condition.value === "" ? { ...structuredClone(condition), ...(node.is && { is: node.is }) } : structuredClone(condition);
  const { [own]: _, at_least: least, at_most: most, more, less, ...rest } = node;
  const bounds = node.kind === "event" ? { at_least: least, at_most: most, more, less } : {};
  return Object.fromEntries(Object.entries({ ...structuredClone(condition), ...rest, ...bounds }).filter(([, value]) => value !== undefined));
}

/** The fields a row shows, in order, and those that it could have besides. What is as if it were left out is not shown. */
export function fieldsOf(kind, node) {
  const { shown, more } = kind["x-row"];
  const named = NAMED_BY[node.kind];
  const always = shown.filter((name) => name !== named && (name === "bounds" || isShown(kind, node, name)));
  const set = more.filter((name) => isSet(kind, node, name));
  const absent = [...shown, ...more].filter((name) => name !== named && name !== "bounds" && !always.includes(name) && !set.includes(name));
  return { shown: [...always, ...set], absent };
}

export const isSet = (kind, node, name) => {
  const value = node[name];
  const otherwise = kind.properties[name].default;
  return value !== undefined && value !== null && JSON.stringify(value) !== JSON.stringify(otherwise) && !(Array.isArray(value) && value.length === 0 && otherwise === undefined);
};
/** Of several fields of which one has to be set (`top` or `bottom`), that one alone; of others, what a row always shows. */
const ONE_OF = [["top", "bottom"], ["km", "miles"], ["next", "last", "within"], ["within", "before"]];
function isShown(kind, node, name) {
  if (isSet(kind, node, name)) return true;
  const others = ONE_OF.find((each) => each.includes(name) && each.filter((one) => kind["x-row"].shown.includes(one)).length > 1);
  if (others) return !others.some((one) => kind.properties[one] && isSet(kind, node, one)) && name === others[0];
  return !(name === "value" && node.is === "exists");
}
export const alternatives = (kind, name) => (ONE_OF.find((each) => each.includes(name)) ?? []).filter((one) => one !== name && kind["x-row"]?.shown.includes(one) && kind.properties[one]);

// ── whether a row can show a node: what it cannot, it shows as it is written ──

const DURATION = /^-?\d{1,6}\s*(s|min|h|d|w)$/;

export function fits(language, node) {
  const kind = typeof node === "object" && node !== null ? language.kinds[node.kind] : undefined;
  return kind !== undefined && fitsFields(language, kind, node);
}

const fitsFields = (language, schema, node) => typeof node === "object" && node !== null && !Array.isArray(node)
  && Object.entries(node).every(([name, value]) => schema.properties[name] && fitsField(language, schema.properties[name], value));

function fitsField(language, schema, value) {
  if (value === null) return true;
  if (schema.$ref) return fitsFields(language, language.of(schema.$ref), value);
  if (schema.oneOf) return typeof value === "object" && schema.oneOf.some((each) => each.$ref && language.of(each.$ref).properties.kind?.const === value.kind && fitsField(language, each, value));
  if (schema.format === "window") return typeof value === "string" || (typeof value === "object" && !Array.isArray(value) && Object.entries(value).every(([name, edge]) => ["from", "to"].includes(name) && typeof edge === "string"));
  if (schema.const !== undefined) return value === schema.const;
  if (schema.enum) return schema.enum.includes(value);
  if (schema.format?.endsWith("duration")) return typeof value === "string" && DURATION.test(value);
  if (schema.type === "array") return Array.isArray(value) && value.every((each) => fitsField(language, schema.items, each));
  if (schema.type === "string") return typeof value === "string";
  if (schema.type === "boolean") return typeof value === "boolean";
  if (["number", "integer"].includes(schema.type) || schema.anyOf) return typeof value === "number";
  return Array.isArray(value) ? value.every((each) => typeof each !== "object") : typeof value !== "object"; // a value to compare with
}

// ── the tree ──

/** A copy of a tree in which something is at a path; undefined: nothing is there any more. */
export function put(tree, [first, ...rest], value) {
  if (first === undefined) return value;
  const copy = Array.isArray(tree) ? [...tree] : { ...tree };
  const made = rest.length > 0 ? put(tree?.[first] ?? {}, rest, value) : value;
  if (made !== undefined) copy[first] = made;
  else if (Array.isArray(copy)) copy.splice(first, 1);
  else delete copy[first];
  return copy;
}

/** What a condition is about, without the "not" that it stands in. */
export const inside = (node) => node?.kind === "not" && node.of !== undefined ? inside(node.of) : node;

const partsOf = (node) => ["all", "any"].includes(inside(node)?.kind) && Array.isArray(inside(node).of) ? inside(node).of : [];
const withParts = (node, of) => ({ ...node, of: node.kind === "not" ? withParts(node.of, of) : of });
const replaced = (of, n, ...by) => [...of.slice(0, n), ...by, ...of.slice(n + 1)];

/** A tree of groups in which the condition of one place is carried to before another, as they are numbered until then; a place is the numbers
 *  that lead to it, group by group. A group that is left empty goes. Gives the tree (`when`) and where the condition is in it (`place`). */
export function carried(when, from, to) {
  if (from.every((each, n) => each === to[n])) return { when, place: from }; // into itself
  const node = from.reduce((at, n) => partsOf(at)[n], when);
  const gone = {};
  const leave = (at, [n, ...rest]) => withParts(at, replaced(partsOf(at), n, rest.length > 0 ? leave(partsOf(at)[n], rest) : gone));
  const enter = (at, [n, ...rest]) => withParts(at, rest.length > 0 ? replaced(partsOf(at), n, enter(partsOf(at)[n], rest)) : [...partsOf(at).slice(0, n), node, ...partsOf(at).slice(n)]);
  const swept = (at) => {
    const of = partsOf(at);
    const left = of.map(swept).filter((each) => each !== gone);
    if (left.length === of.length && left.every((each, n) => each === of[n])) return at;
    return left.length > 0 ? withParts(at, left) : gone;
  };
  const placeIn = (at) => partsOf(at).flatMap((each, n) => each === node ? [[n]] : placeIn(each).map((rest) => [n, ...rest]));
  const made = swept(enter(leave(when, from), to));
  return { when: made, place: placeIn(made)[0] };
}

export const isWithin = (at, path) => path.every((each, n) => String(at[n]) === String(each));

/** In which line of a JSON text each path begins, as `{ "when.of.0": 5 }`; and the line in which it can be read no further. */
export function linesOf(text) {
  const lines = new Map();
  let [place, line] = [0, 1];
  const skip = () => {
    for (; /\s/.test(text[place] ?? ""); place += 1) if (text[place] === "\n") line += 1;
  };
  const stop = () => { throw new SyntaxError(String(line)); };
  const string = () => {
    const found = /^"(?:[^"\\\n]|\\.)*"/.exec(text.slice(place)) ?? stop();
    place += found[0].length;
    try { return JSON.parse(found[0]); } catch { return stop(); }
  };
  const value = (path) => {
    skip();
    lines.set(path.join("."), line);
    if (text[place] === "{" || text[place] === "[") {
      const isList = text[place] === "[";
      const end = isList ? "]" : "}";
      place += 1;
      skip();
      for (let n = 0; text[place] !== end; n += 1) {
        if (n > 0) {
          if (text[place] !== ",") stop();
          place += 1;
          skip();
        }
        if (isList) value([...path, n]);
        else {
          const begun = line;
          const name = string();
          skip();
          if (text[place] !== ":") stop();
          place += 1;
          value([...path, name]);
          lines.set([...path, name].join("."), begun);
        }
        skip();
      }
      place += 1;
    } else if (text[place] === '"') string();
    else {
      const found = /^(?:true|false|null|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)/.exec(text.slice(place)) ?? stop();
      place += found[0].length;
    }
  };
  try {
    value([]);
    skip();
    return { lines, broken: place < text.length ? line : null };
  } catch (error) {
    return { lines, broken: error instanceof SyntaxError ? line : null };
  }
}

/** The line that a problem is in: its own, or that of what it is within. */
export function lineOf(lines, at) {
  for (let end = at.length; end >= 0; end -= 1) {
    const line = lines.get(at.slice(0, end).join("."));
    if (line !== undefined) return line;
  }
  return 1;
}

export const share = (of, all) => all > 0 ? `${count(Math.round(of / all * 100))} %` : "";
