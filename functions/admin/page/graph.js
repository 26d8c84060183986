// A journey as a graph from top to bottom, drawn by hand: where everything stands is worked out here, the lines are SVG,
// and the steps are HTML above them.

import { styled } from "./parts.js";
import { words } from "./words.js";
import { html, useEffect, useRef } from "./vendor/preact.js";

await styled("journeys.css");

const [WIDTH, APART] = [188, 28]; // of a step, and between two, in pixels
const LANE = 30; // what a line takes that only passes by
const GAP = 34; // between two rows
const [LANE_WEIGHT, LOOSE_WEIGHT] = [6, .001]; // lines are the straighter for it; what belongs to nothing makes way
const HEIGHTS = { trigger: 82, exit: 82, send: 112, way: 48, stop: 28, end: 70 };
const HEIGHT = 92; // of the other kinds
const SWEEPS = 25; // the last one from the top, so that what follows each other stands in a line

// ── what there is to draw ──

/** Nodes `{ id, kind, step, text, ends, back }` and lines `[from, to, { after, way }]`, of a definition. A way out of a step that has
 *  several is a node of its own, so that what it is called has room; where it leads back or to the end it says so.
 *  `said` are the API's words: `{ exits: [text], steps: { id: { text, ways: [text] } } }`. */
export function parts(journey, said = {}) {
  const nodes = [{ id: "trigger", kind: "trigger" }];
  const lines = [];
  const steps = new Map(journey.steps.map((step, n) => [step.id, { ...step, next: step.next ?? journey.steps[n + 1]?.id ?? "end" }]));
  const [under, done] = [new Set(), new Set()];

  const lead = (from, to, text, number) => {
    const of = { after: from === "trigger" ? null : from, way: number };
    const back = under.has(to);
    if (text === undefined && to !== "end" && !back) {
      lines.push([from, to, of]);
      return visit(to);
    }
    const way = { id: `${from}>${lines.length}`, kind: text === undefined && !back ? "stop" : "way", text, ends: to === "end", back: back ? to : null };
    nodes.push(way);
    lines.push([from, way.id, of]);
    if (to === "end" || back) return undefined;
    lines.push([way.id, to, of]);
    return visit(to);
  };
  const visit = (id) => {
    if (done.has(id) || !steps.has(id)) return;
    done.add(id);
    under.add(id);
    const step = steps.get(id);
    nodes.push({ id, kind: step.kind, step });
    for (const [to, text, number = "next"] of ways(step, said.steps?.[id]?.ways)) lead(id, to, text, number);
    under.delete(id);
  };

  lead("trigger", journey.steps[0].id, undefined, "next");
  (journey.exits ?? []).forEach((exit, n) => {
    const id = `exit ${n}`;
    nodes.push({ id, kind: "exit", exit, text: said.exits?.[n] });
    if (exit.go_to) lead(id, exit.go_to);
  });
  for (const id of steps.keys()) visit(id); // what nothing leads to is shown, too
  return { nodes, lines };
}

/** Where a step leads, how each way is called (with one way only, nothing), and which it is ("next", when left out). */
function ways(step, said = []) {
  const total = (step.ways ?? []).reduce((sum, way) => sum + (way.weight ?? 0), 0);
  switch (step.kind) {
    case "end": return [];
    case "branch": return [...step.ways.map((way, n) => [way.next, said[n] ?? `way ${n + 1}`, n]), [step.next, "otherwise"]];
    case "split": return step.ways.map((way, n) => [way.next, `${Math.round(100 * way.weight / total)} %`, n]);
    case "wait_for": return [[step.next, said[0] ?? "it happens"], [step.otherwise ?? step.next, said[1] ?? `not within ${step.within}`, "otherwise"]];
    default: return [[step.next]];
  }
}

// ── where it stands ──

/** Each node with its `x` (middle), `y` (top) and `height`, each line with its points; and how large it all is. */
export function layout({ nodes, lines }) {
  const known = new Map(nodes.map((node) => [node.id, { ...node, row: 0, wide: WIDTH, height: HEIGHTS[node.kind] ?? HEIGHT }]));
  let moved = true;
  while (moved) { // longest way from the top: there are no circles among lines
    moved = false;
    for (const [from, to] of lines) {
      const row = known.get(from).row + 1;
      if (known.get(to).row < row) {
        known.get(to).row = row;
        moved = true;
      }
    }
  }
  const rows = [];
  const put = (item) => { (rows[item.row] ??= []).push(item); };
  known.forEach(put);
  const above = new Map();
  const below = new Map();
  const join = (one, other) => {
    below.set(one, [...(below.get(one) ?? []), other]);
    above.set(other, [...(above.get(other) ?? []), one]);
  };
  const drawn = lines.map(([from, to, of]) => {
    const through = Object.assign([known.get(from)], { of });
    for (let row = through[0].row + 1; row < known.get(to).row; row += 1) {
      const lane = { row, wide: LANE, height: 0 };
      put(lane);
      through.push(lane);
    }
    through.push(known.get(to));
    through.slice(1).forEach((item, n) => join(through[n], item));
    return through;
  });
  order(rows, above, below);
  rows.forEach((row) => {
    let x = 0;
    row.forEach((item) => { item.x = x + item.wide / 2; x += item.wide + APART; });
  });
  for (let sweep = 0; sweep < SWEEPS; sweep += 1) {
    const [list, beside] = sweep % 2 === 0 ? [rows, above] : [[...rows].reverse(), below];
    list.forEach((row) => {
      const middle = mean(row.filter((item) => above.has(item) || below.has(item)), 0);
      const alone = (item) => !above.has(item) && !below.has(item);
      place(row, row.map((item) => alone(item) ? middle : mean(beside.get(item), item.x)),
        row.map((item) => alone(item) ? LOOSE_WEIGHT : item.height === 0 ? LANE_WEIGHT : 1));
    });
  }
  const left = Math.min(...rows.flat().map((item) => item.x - item.wide / 2));
  let y = 0;
  for (const row of rows) {
    const height = Math.max(...row.map((item) => item.height));
    row.forEach((item) => {
      item.x -= left;
      item.y = y;
      item.space = height;
    });
    y += height + GAP;
  }
  const width = Math.max(...rows.flat().map((item) => item.x + item.wide / 2));
  return { nodes: [...known.values()], lines: drawn, width, height: y - GAP };
}

const mean = (items, otherwise) => items?.length ? items.reduce((sum, item) => sum + item.x, 0) / items.length : otherwise;

/** Puts the items of each row beside those they belong to, so that few lines cross. */
function order(rows, above, below) {
  const settle = (row) => row.forEach((item, n) => { item.x = n; });
  rows.forEach(settle);
  for (let sweep = 0; sweep < 4; sweep += 1) {
    const [list, beside] = sweep % 2 === 0 ? [rows, above] : [[...rows].reverse(), below];
    list.forEach((row) => {
      const wanted = new Map(row.map((item) => [item, mean(beside.get(item), item.x)]));
      row.sort((one, other) => wanted.get(one) - wanted.get(other));
      settle(row);
    });
  }
}

/** Moves the items of a row as near to where they are wanted as their order and their widths allow: those that would
 *  come too close stand together, in the middle of where they were wanted. */
function place(row, wanted, weights) {
  const groups = [];
  const middle = (group) => group.sum / group.weight;
  let offset = 0;
  row.forEach((item, n) => {
    offset += n === 0 ? 0 : (row[n - 1].wide + item.wide) / 2 + APART;
    groups.push({ sum: (wanted[n] - offset) * weights[n], weight: weights[n], items: [[item, offset]] });
    while (groups.length > 1 && middle(groups.at(-2)) > middle(groups.at(-1))) {
      const [group, last] = groups.splice(-2);
      groups.push({ sum: group.sum + last.sum, weight: group.weight + last.weight, items: [...group.items, ...last.items] });
    }
  });
  groups.forEach((group) => group.items.forEach(([item, away]) => { item.x = middle(group) + away; }));
}

// ── drawing ──

/** From the foot of one to the head of the next, through the lanes between. */
function path(through) {
  let [x, y] = [through[0].x, through[0].y + through[0].height];
  let drawn = `M${x} ${y}`;
  through.slice(1).forEach((item) => {
    const start = through[0].y + through[0].space;
    if (y < start) drawn += `L${x} ${y = start}`;
    const middle = (y + item.y) / 2;
    drawn += item.x === x ? `L${item.x} ${item.y}` : `C${x} ${middle} ${item.x} ${middle} ${item.x} ${item.y}`;
    [x, y] = [item.x, item.y];
    if (item.height === 0) drawn += `L${x} ${y = item.y + item.space}`;
  });
  return drawn;
}

/** `drawn` gives a node's inside; `label` says of all what it is; `marks`: more classes of nodes, by their ids. `flow` is how
 *  many went a way out of a step, `{ after, way }` (undefined: not known). */
export function Graph({ journey, said, label, marks = {}, flow = () => undefined, children: drawn }) {
  const { nodes, lines, width, height } = layout(parts(journey, said));
  const [frame, begin] = [useRef(), nodes[0].x];
  useEffect(() => { frame.current.scrollLeft = begin - frame.current.clientWidth / 2; }, []); // where it begins is seen first
  return html`<div class="scroll graph-frame" tabindex="0" role="region" aria-label=${label} ref=${frame}><div class="graph" ref=${(of) => of && size(of, { width, height })}>
    <svg width=${width} height=${height} viewBox="0 0 ${width} ${height}" aria-hidden="true">
      ${lines.map((through) => html`<path d=${path(through)} class=${breadth(flow(through.of))} />`)}
    </svg>
    <ol>${nodes.map((node) => html`<li key=${node.id} class="node ${node.kind} ${marks[node.id] ?? ""}" id=${node.step && `step-${node.id}`}
      ref=${(of) => of && size(of, { left: node.x - WIDTH / 2, top: node.y, width: WIDTH, height: node.height })}>${
        node.kind === "way" || node.kind === "stop" ? html`<${Way} of=${node} />` : drawn(node)}</li>`)}</ol>
  </div></div>`;
}

/** By how many went along it, of ten times as many a step broader: classes, which the policy lets be. */
const breadth = (number) => number === undefined ? "" : number === 0 ? "flow-0" : `flow-${Math.min(1 + Math.floor(Math.log10(number) * 2), 6)}`;

/** By script, since the page's policy lets no style attribute be. */
function size(element, places) {
  for (const [name, pixels] of Object.entries(places)) element.style[name] = `${pixels}px`;
}

const Way = ({ of }) => html`<span class=${of.back || of.ends ? "one-line" : "clipped"} title=${of.text}>${of.text}</span>${
  of.back && html`<span class="one-line soft" title=${words(of.back)}>↺ back to ${words(of.back)}</span>`}${of.ends && html`<span class="soft">⚑ ends</span>`}`;
