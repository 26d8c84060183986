// A text with the numbers of its lines, and notes beside those that something is wrong with.

import { styled } from "./parts.js";
import { capital } from "./words.js";
import { html, useLayoutEffect, useRef } from "./vendor/preact.js";

await styled("lines.css");

const MIN_ROWS = 18;

/** `problems` are `{ line, step, text }`. `code` is an editor of code for the place of the text area (code.js). */
export function Lines({ text, problems, onInput, code = null }) {
  const [area, notes] = [useRef(), useRef()];
  const lines = text.split("\n");
  const wrong = new Set(problems.map((each) => each.line));
  const go = (line) => {
    if (code?.isThere) {
      code.go(line);
      return;
    }
    const start = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0);
    area.current.focus();
    area.current.setSelectionRange(start, start + (lines[line - 1] ?? "").length);
  };
  useLayoutEffect(() => {
    let free = 0; // each beside its line, or below the note before it
    for (const note of notes.current.children) {
      const line = Number(note.dataset.line);
      const top = Math.max((line - 1) * area.current.clientHeight / Math.max(lines.length, MIN_ROWS), free);
      note.style.top = `${top}px`;
      free = top + note.offsetHeight + 4;
    }
  }, [problems]);
  return html`<div class="lines ${code?.isThere ? "by-code" : ""} ${problems.length > 0 ? "noted" : ""}">
    <ol class="code" aria-hidden="true" hidden=${code?.isThere ?? false}>${lines.map((_, n) => html`<li class=${wrong.has(n + 1) ? "wrong" : ""}></li>`)}</ol>
    ${code && html`<div class="coded" ref=${code.host}></div>`}
    <textarea id="definition" ref=${area} hidden=${code?.isThere ?? false} class="code" spellcheck="false" wrap="off" rows=${Math.max(lines.length, MIN_ROWS)} value=${text} onInput=${onInput}
      aria-invalid=${String(problems.length > 0)} aria-describedby="definition-problems"></textarea>
    <ul id="definition-problems" class="code" ref=${notes}>${[...problems].sort((one, other) => (one.line ?? 1) - (other.line ?? 1)).map((each) => html`<li data-line=${each.line ?? 1}>
      ${each.line && html`<button onClick=${() => go(each.line)}>Line ${each.line}</button> `}${each.step && html`<strong>${each.step}: </strong>`}${capital(each.text)}</li>`)}</ul>
  </div>`;
}
