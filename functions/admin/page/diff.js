// Two texts beside each other, line by line: what is gone, what is new.

import { html } from "./vendor/preact.js";

/** `[mark, line]` of each line: "−" of the old text only, "+" of the new one, "" of both (by the longest common subsequence). */
export function difference(before, after) {
  const [old, now] = [before.split("\n"), after.split("\n")];
  const common = Array.from({ length: old.length + 1 }, () => new Uint16Array(now.length + 1));
  for (let i = old.length - 1; i >= 0; i -= 1) {
    for (let j = now.length - 1; j >= 0; j -= 1) common[i][j] = old[i] === now[j] ? common[i + 1][j + 1] + 1 : Math.max(common[i + 1][j], common[i][j + 1]);
  }
  const lines = [];
  let [i, j] = [0, 0];
  while (i < old.length || j < now.length) {
    if (i < old.length && j < now.length && old[i] === now[j]) {
      lines.push(["", old[i]]);
      i += 1;
      j += 1;
    } else if (j >= now.length || (i < old.length && common[i + 1][j] >= common[i][j + 1])) lines.push(["−", old[i++]]);
    else lines.push(["+", now[j++]]);
  }
  return lines;
}

const SAID = { "−": "gone: ", "+": "new: " };

/** `near`: of lines that are the same, those this near to one that is not are shown; all, when left out. */
export function Difference({ before, after, label, near = Infinity }) {
  const lines = difference(before, after);
  const changed = lines.flatMap(([mark], n) => mark === "" ? [] : [n]);
  if (changed.length === 0) return html`<p class="soft">They are the same.</p>`;
  const isNear = (n) => changed.some((each) => Math.abs(each - n) <= near);
  return html`<pre class="difference" tabindex="0" aria-label=${label}>${lines.map(([mark, line], n) => !isNear(n) ? (n === 0 || isNear(n - 1)) && html`<span class="soft">…${"\n"}</span>`
    : html`<span class=${mark === "+" ? "good" : mark === "−" ? "bad" : ""}>${mark && html`<span class="hidden">${SAID[mark]}</span>`}<span aria-hidden="true">${mark || " "} </span>${line}${"\n"}</span>`)}</pre>`;
}
