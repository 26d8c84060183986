// A journey's definition as YAML, with what is wrong beside the line; and the way it goes: checked as it is written, kept as
// a draft, tried on those under way, published.

import { ask, at } from "./api.js";
import { Graph } from "./graph.js";
import { Frame } from "./journey-frame.js";
import { Plain } from "./journey-steps.js";
import { Publishing } from "./journey-publishing.js";
import { Lines } from "./lines.js";
import { Card, confirmed, Failure, LoadedPage, Tag, useActing, useKept, useLoaded } from "./parts.js";
import { words } from "./words.js";
import { html, useEffect, useRef, useSignal } from "./vendor/preact.js";

const CHECK_PAUSE = 700; // milliseconds without a keystroke

export default function JourneyEditor({ id }) {
  const told = useLoaded(async () => {
    const journey = await ask(at("journeys", id));
    const yaml = journey.draft?.text ?? (await ask(at("journeys", id, "yaml"))).yaml;
    return { journey, yaml };
  }, [id]);
  return html`<${LoadedPage} of=${told}>${({ journey, yaml }) => html`<${Frame} told=${journey} here="edit" again=${told.again}>
    <${Editor} key=${journey.etag} id=${id} yaml=${yaml} told=${journey} again=${told.again} />
  <//>`}<//>`;
}

/** `id` is null for a journey that is not there yet: the text says how it is called. */
export function Editor({ id, yaml, told, again }) {
  const { text, kept, forget, restart } = useKept(id === null ? "new journey" : `journey ${id}`, yaml);
  const [etag, hasDraft] = [useRef(told?.etag ?? null), useSignal(Boolean(told?.draft))];
  const [saved, checked, publishing] = [useSignal(hasDraft.value && text.value === yaml), useSignal(null), useSignal(null)];
  const { run, busy, problem } = useActing();
  const named = () => id ?? /^id:\s*["']?(\w+)/m.exec(text.value)?.[1] ?? "new";

  useEffect(() => {
    let current = true;
    const asked = setTimeout(async () => {
      const found = await ask(at("journeys", named(), "check"), { yaml: text.value })
        .catch((failure) => ({ problems: failure.problems?.length > 0 ? failure.problems : [{ line: null, text: failure.message }] }));
      if (current) checked.value = found;
    }, checked.value === null ? 0 : CHECK_PAUSE);
    return () => { current = false; clearTimeout(asked); };
  }, [text.value]);

  const written = (event) => {
    text.value = event.target.value;
    saved.value = false;
    problem.value = null;
  };
  const keep = () => run(async () => {
    const given = { yaml: text.value };
    const answer = id === null ? await ask("journeys", given) : await ask(at("journeys", id, "draft"), given, "PUT", etag.current);
    etag.current = answer.etag;
    forget();
    saved.value = hasDraft.value = true;
    if (id === null) location.hash = `#/journeys/${answer.definition.id}/edit`;
  });
  const publish = () => run(async () => {
    publishing.value = await ask(at("journeys", id, "dry-run"), {});
  });
  const drop = async () => {
    if (!await confirmed(`Drop the draft of ${words(id)}? Its text will be lost.`, "Drop the draft")) return;
    await run(async () => {
      await ask(at("journeys", id, "draft"), undefined, "DELETE", etag.current);
      restart();
      forget();
      if (told.state === "draft" && !told.shipped) location.hash = "#/journeys";
      else await again();
    });
  };

  const problems = checked.value?.problems ?? [];
  return html`<${Card}>
    <h2>Definition ${hasDraft.value && html`<${Tag}>${saved.value ? "draft" : "draft, changed since it was kept"}<//>`}</h2>
    ${kept.value && html`<p class="note" role="status">This text was not saved when you left. <button onClick=${restart}>Start over</button></p>`}
    <label for="definition">As YAML; <code>docs/journeys.md</code> explains all of it</label>
    <${Lines} text=${text.value} problems=${problems} onInput=${written} />
    <p role="status" class=${problems.length > 0 ? "bad" : "good"}>${checked.value === null ? "" : problems.length === 0 ? "Nothing is wrong with it."
      : `${problems.length === 1 ? "One thing has" : `${problems.length} things have`} to be fixed before it can be published.`}</p>
    <div class="buttons">
      <button disabled=${busy.value} onClick=${keep}>Keep as a draft</button>
      ${id !== null && html`<button class="strong" disabled=${busy.value || !saved.value} onClick=${publish}>Publish …</button>`}
      ${id !== null && hasDraft.value && html`<button class="quiet" disabled=${busy.value} onClick=${drop}>Drop the draft</button>`}
    </div>
    ${problem.value && html`<${Failure} problem=${problem.value} />`}
    ${publishing.value && html`<${Publishing} told=${told} id=${id} found=${publishing.value} etag=${etag.current} close=${() => { publishing.value = null; }} done=${() => { forget(); location.hash = `#/journeys/${id}`; }} />`}
  <//>
  ${checked.value?.definition && checked.value.words && html`<${Card} title="How it goes">
    <${Graph} journey=${checked.value.definition} said=${checked.value.words} label="Steps of the draft, from top to bottom">${(node) => html`<${Plain} of=${node} said=${checked.value.words} />`}<//>
  <//>`}`;
}
