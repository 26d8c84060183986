// A condition as rows that read as a sentence. The tree is the state: a row is a view of one of its nodes, and what no row can
// show is shown as it is written, in its place.

import { Combobox } from "./combobox.js";
import { Add, Field, first } from "./segment-controls.js";
import { begunAs, called, carried, fieldsOf, fits, inside, isWithin, put } from "./segment-language.js";
import { styled } from "./parts.js";
import { capital } from "./words.js";
import { html, useEffect, useRef, useSignal } from "./vendor/preact.js";

await styled("builder.css");

const GROUPS = ["all", "any"];
const isGroup = (node) => GROUPS.includes(node?.kind) && Array.isArray(node.of);
const isNotGroup = (node) => node?.kind === "not" && isGroup(node.of);
const OWN = (text) => ({ title: `The event “${text}”`, plain: true, value: "", condition: { kind: "event", event: text, at_least: 1, within: "30d" } });

/** The whole condition. One that is no group is shown in one, until there is another beside it. `problems` are `{ at, text }`,
 *  `hints` have an `instead` besides. */
export function Rows({ language, when, change, problems, hints }) {
  const shared = { language, problems, hints, carrying: useCarrying(when, change), correct: (at, value) => change(put(when, at.slice(1), value)) };
  if (isGroup(when) || isNotGroup(when)) return html`<${Group} ...${shared} node=${when} path=${["when"]} change=${change} />`;
  const whole = when === undefined || when === null ? { kind: "all", of: [] } : { kind: "all", of: [when] };
  const back = (made) => change(made !== undefined && made.kind === "all" && made.of.length === 1 && when !== undefined && when !== null ? made.of[0] : made);
  return html`<${Group} ...${shared} node=${whole} path=${["when"]} alone change=${back} />`;
}

/** Rows that are carried to another place: by buttons or by dragging, within their group, out of it or into another. */
function useCarrying(when, change) {
  const [turns, moved, dragged] = [useSignal(0), useRef(null), useRef(null)];
  const carry = (from, to, way = null) => {
    const made = carried(when, from, to);
    moved.current = way && { place: String(made.place), way };
    turns.value += 1; // each row is made again: it may hold a text of its own
    change(made.when);
  };
  return { turns, moved, dragged, carry };
}

// ── groups ──

/** `alone`: its one condition stands without it in the tree. `place`: which it is of the group it is in, and that of its own (`carried`). */
function Group({ node, path, place = [], change, alone = false, remove, tools: mine, ...shared }) {
  const isNot = node.kind === "not";
  const group = isNot ? node.of : node;
  const [adding, newest] = [useSignal(group.of.length === 0 && path.length === 1), useRef(null)];
  const kind = isNot ? (group.kind === "any" ? "none" : "not all") : group.kind;
  const inner = isNot ? [...path, "of"] : path;
  const set = (of) => change(isNot ? { ...node, of: { ...group, of } } : { ...group, of });
  const turn = (next) => {
    const of = { ...group, kind: next === "all" || next === "not all" ? "all" : "any" };
    change(next === "none" || next === "not all" ? { kind: "not", of } : of);
  };
  const add = (condition) => {
    newest.current = key(group.of.length);
    adding.value = false;
    set([...group.of, condition]);
  };
  const { turns, moved, dragged, carry } = shared.carrying;
  const key = (n) => `${turns.value} ${n}`;
  const tools = (n) => (group.of.length > 1 || place.length > 0) && html`<${Moves} ways=${waysOf(group.of, n, place)} name=${named(shared.language, group.of[n])} move=${(way, to) => carry([...place, n], to, way)}
    moved=${moved} place=${String([...place, n])} drag=${(event) => { dragged.current = [...place, n]; event.dataTransfer.setData("text/plain", ""); event.stopPropagation(); }} />`;
  const over = (event) => { if (dragged.current !== null) event.preventDefault(); };
  const drop = (to) => (event) => {
    const from = dragged.current;
    if (from === null) return;
    event.preventDefault();
    event.stopPropagation();
    dragged.current = null;
    const isBefore = String(from.slice(0, -1)) === String(place) && from.at(-1) < to; // in the place of what it is dropped on
    if (String(from) !== String([...place, to])) carry(from, [...place, to + (isBefore ? 1 : 0)]);
  };
  const word = group.kind === "all" ? "and" : "or";
  const own = alone && group.of.length > 0 ? [] : shared.problems.filter((each) => String(each.at) === String(inner) || (String(each.at) === String([...inner, "of"]) && group.of.length > 0));
  return html`<div class="conditions" role="group" onDragOver=${over} onDrop=${drop(group.of.length)} aria-label=${path.length === 1 ? "Conditions" : "A group of conditions"}>
    <p class="which"><label>${path.length === 1 ? "People who match" : "Match"} <select value=${kind} onChange=${(event) => turn(event.target.value)}>
      ${[["all", "all"], ["any", "any"], ["none", "none"], ...(kind === "not all" ? [["not all", "not all"]] : [])].map(([value, title]) => html`<option value=${value} selected=${value === kind}>${title}</option>`)}
    </select> of these</label>${mine}${remove && html`<button type="button" class="quiet" aria-label="Remove this group" onClick=${remove}>✕</button>`}</p>
    <${Said} problems=${own} hints=${[]} />
    <ul onDragEnd=${() => { dragged.current = null; }}>${group.of.map((each, n) => html`<li key=${key(n)} onDragOver=${over} onDrop=${drop(n)}>
      ${n > 0 && html`<span class="joint">${word}</span>`}
      <${Node} ...${shared} node=${each} path=${alone ? path : [...inner, "of", n]} place=${[...place, n]} isNew=${newest.current === key(n)} tools=${tools(n)}
        change=${(made) => set(group.of.map((one, m) => m === n ? made : one))}
        remove=${() => { newest.current = null; set(group.of.filter((_, m) => m !== n)); }} /></li>`)}</ul>
    ${adding.value ? html`<${Beginning} language=${shared.language} choose=${add} left=${() => { if (group.of.length > 0) adding.value = false; }} />`
      : html`<div class="buttons"><button type="button" onClick=${() => { adding.value = true; }}>+ Condition</button>
        <button type="button" class="quiet" onClick=${() => set([...group.of, { kind: group.kind === "all" ? "any" : "all", of: [] }])}>+ Group</button></div>`}
  </div>`;
}

const named = (language, node) => isGroup(node) || isNotGroup(node) ? "the group" : fits(language, node) ? called(language, node) : "this condition";

/** Where the n-th of a group goes by a step up or down, and how that is said: over what is beside it, into a group that is there, out of its
 *  own at the ends. A group goes over groups. */
function waysOf(of, n, place) {
  const enters = (beside) => isGroup(inside(beside)) && !isGroup(inside(of[n]));
  const [out, group] = [place.slice(0, -1), place.at(-1)];
  const ends = (to) => (group === undefined ? { to: null, said: "" } : { to, said: " out of the group" });
  return {
    up: n === 0 ? ends(place) : enters(of[n - 1]) ? { to: [...place, n - 1, inside(of[n - 1]).of.length], said: " into the group" } : { to: [...place, n - 1], said: "" },
    down: n === of.length - 1 ? ends([...out, group + 1]) : enters(of[n + 1]) ? { to: [...place, n + 1, 0], said: " into the group" } : { to: [...place, n + 2], said: "" },
  };
}

/** Up and down, by buttons and by dragging. The button that was pressed stays under the finger. */
function Moves({ ways: { up, down }, name, move, moved, place, drag }) {
  const buttons = { up: useRef(), down: useRef() };
  useEffect(() => {
    if (moved.current?.place !== place) return;
    const pressed = buttons[moved.current.way].current;
    (pressed.disabled ? buttons[moved.current.way === "up" ? "down" : "up"].current : pressed).focus();
    moved.current = null;
  }, []);
  return html`<span class="moves"><span class="handle" draggable="true" onDragStart=${drag} aria-hidden="true" title="Drag it to its place">⠿</span>
    <button type="button" class="quiet" ref=${buttons.up} disabled=${up.to === null} aria-label="Move up${up.said}: ${name}" onClick=${() => move("up", up.to)}>↑</button>
    <button type="button" class="quiet" ref=${buttons.down} disabled=${down.to === null} aria-label="Move down${down.said}: ${name}" onClick=${() => move("down", down.to)}>↓</button></span>`;
}

const Beginning = ({ language, choose, left, begun = true }) => html`<div class="row beginning"><${Combobox} label="What they did or are" text="" begun=${begun} placeholder="Search: ordered, Germany, clicked …"
  className="grow" options=${language.beginnings} free=${OWN} choose=${(each) => choose(begunAs(null, each.condition))} left=${left} /></div>`;

// ── one condition ──

function Node({ node, change, remove, ...rest }) {
  if (isGroup(node) || isNotGroup(node)) return html`<${Group} ...${rest} node=${node} change=${change} remove=${remove} />`;
  if (node?.kind === "not" && node.of !== undefined && Object.keys(node).length === 2) {
    return html`<${Node} ...${rest} path=${[...rest.path, "of"]} node=${node.of} remove=${remove} depth=${(rest.depth ?? 0) + 1}
      change=${(made) => change({ ...node, of: made })} turn=${() => change(node.of)} />`;
  }
  if (fits(rest.language, node)) return html`<${Row} ...${rest} node=${node} change=${change} remove=${remove} />`;
  return html`<${Written} ...${rest} node=${node} change=${change} remove=${remove} />`;
}

/** `turn` takes away the innermost "not" that it stands in; `depth` says how many there are. */
function Row({ language, node, path, change, remove, turn, depth = 0, isNew, tools, problems, hints, correct }) {
  const kind = language.kinds[node.kind];
  const { shown, absent } = fieldsOf(kind, node);
  const mine = problems.filter((each) => isWithin(each.at, path));
  const near = hints.filter((each) => isWithin(each.at, path));
  const row = useRef();
  useEffect(() => {
    if (isNew && !row.current.contains(document.activeElement)) row.current.querySelector(".field input, .field select")?.focus();
  }, []);
  const add = (name) => {
    if (name === "!not") change({ kind: "not", of: node });
    else if (name === "!group") change({ kind: "any", of: [node] });
    else change({ ...node, [name]: first(kind.properties[name]) });
  };
  return html`<div class="row ${mine.length > 0 ? "wrong" : ""}" ref=${row}>
    <div class="sentence">
      ${Array.from({ length: depth }, (_, n) => html`<button type="button" class="not" aria-label="Not. Press to take the not away" onClick=${turn} key=${n}>not</button>`)}
      <${Combobox} label="What they did or are" text=${capital(called(language, node))} className="what" options=${language.beginnings} free=${OWN} choose=${(each) => change(begunAs(node, each.condition))} />
      ${shown.map((name) => html`<${Field} key=${name} language=${language} kind=${kind} node=${node} name=${name} change=${change} problems=${mine.filter((each) => each.at[path.length] === name)} />`)}
      <${Add} kind=${kind} absent=${absent} add=${add} more=${[["!not", "turn into its opposite"], ["!group", "put into a group"]]} />
    </div>
    ${tools}<button type="button" class="quiet remove" aria-label="Remove the condition: ${called(language, node)}" onClick=${remove}>✕</button>
    <${Said} problems=${mine} hints=${near} correct=${correct} />
  </div>`;
}

/** What is wrong, and what was probably meant. */
function Said({ problems, hints, correct }) {
  if (problems.length + hints.length === 0) return null;
  return html`<ul class="said" role="status">${problems.map((each) => html`<li class="bad">${capital(each.text)}</li>`)}
    ${hints.map((each) => html`<li class="hinted">${each.text} ${each.instead !== null && html`<button type="button" onClick=${() => correct(each.at, each.instead)}>Use ${each.instead}</button>`}</li>`)}</ul>`;
}

/** A condition that no row can show. */
function Written({ node, path, change, remove, tools, problems }) {
  const text = useSignal(JSON.stringify(node, null, 1));
  const broken = useSignal(false);
  const mine = problems.filter((each) => isWithin(each.at, path));
  const written = (event) => {
    text.value = event.target.value;
    try {
      change(JSON.parse(text.value));
      broken.value = false;
    } catch {
      broken.value = true;
    }
  };
  return html`<div class="row wrong"><div class="sentence"><label class="wide">A row cannot show this, so here it is as JSON
      <textarea class="code" rows=${Math.min(text.value.split("\n").length, 12)} spellcheck="false" value=${text.value} onInput=${written}></textarea></label></div>
    ${tools}<button type="button" class="quiet remove" aria-label="Remove this condition" onClick=${remove}>✕</button>
    <${Said} problems=${[...(broken.value ? [{ text: "This is not valid JSON yet" }] : []), ...mine]} hints=${[]} /></div>`;
}
