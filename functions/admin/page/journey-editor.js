// A journey as its steps, as a form of one of them, and as YAML: one definition, seen three ways beside each other. The text is
// the one state; a form's change is made in it by the API, which keeps its comments. Checked as it is written, kept as a draft,
// tried on those under way, published.

import { ask, at } from "./api.js";
import { Frame } from "./journey-frame.js";
import { Drawn } from "./journey-parts.js";
import { Publishing } from "./journey-publishing.js";
import { Lines } from "./lines.js";
import { Card, confirmed, Failure, LoadedPage, Tag, useActing, useKept, useLoaded } from "./parts.js";
import { words } from "./words.js";
import { html, useEffect, useRef, useSignal } from "./vendor/preact.js";

const CHECK_PAUSE = 700; // milliseconds without a keystroke
const MOST_STEPS_BACK = 50;

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
  const [keptText, publishing] = [useRef(hasDraft.value ? yaml : null), useSignal(null)];
  const { checked, edit, back, failed } = useChecked(() => id ?? /^id:\s*["']?(\w+)/m.exec(text.value)?.[1] ?? "new", text);
  const { run, busy, problem } = useActing();
  const isSaved = hasDraft.value && text.value === keptText.current;

  const keep = () => run(async () => {
    const given = { yaml: text.value };
    const answer = id === null ? await ask("journeys", given) : await ask(at("journeys", id, "draft"), given, "PUT", etag.current);
    etag.current = answer.etag;
    forget();
    [keptText.current, hasDraft.value] = [given.yaml, true];
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
    <div class="head"><h2>Definition ${hasDraft.value && html`<${Tag}>${isSaved ? "draft" : "draft, changed since it was kept"}<//>`}</h2>
      <div class="buttons">
        <button disabled=${busy.value} onClick=${keep}>Keep as a draft</button>
        ${id !== null && html`<button class="strong" disabled=${busy.value || !isSaved} onClick=${publish}>Publish …</button>`}
        ${id !== null && hasDraft.value && html`<button class="quiet" disabled=${busy.value} onClick=${drop}>Drop the draft</button>`}
      </div></div>
    ${kept.value && html`<p class="note" role="status">This text was not saved when you left. <button onClick=${restart}>Start over</button></p>`}
    ${problem.value && html`<${Failure} problem=${problem.value} />`}
    <p role="status" class=${problems.length > 0 ? "bad" : "good"}>${checked.value === null ? "" : problems.length === 0 ? "Nothing is wrong with it."
      : `${problems.length === 1 ? "One thing has" : `${problems.length} things have`} to be fixed before it can be published.`}</p>
    <div class="editing">
      <${Drawn} checked=${checked.value} edit=${edit} back=${back} failed=${failed.value} />
      <section class="written" aria-label="As YAML"><label for="definition">As YAML; <code>docs/journeys.md</code> explains all of it</label>
        ${checked.value?.whole && html`<p class="note" role="status">The whole text was written again by this: its comments could not be kept. <button onClick=${back}>Undo</button></p>`}
        <${Lines} text=${text.value} problems=${problems} onInput=${(event) => { text.value = event.target.value; problem.value = null; }} /></section>
    </div>
    ${publishing.value && html`<${Publishing} told=${told} id=${id} found=${publishing.value} etag=${etag.current} close=${() => { publishing.value = null; }} done=${() => { forget(); location.hash = `#/journeys/${id}`; }} />`}
  <//>`;
}

/** What the API says of the text, once nobody has written for a while; and changes of it by a form, one after the other. `edit`
 *  gives the answer, or null where it cannot be done (`failed` says why). `back` undoes the last of them (null: there is none). */
function useChecked(named, text) {
  const [checked, failed, before] = [useSignal(null), useSignal(null), useSignal([])];
  const [line, known] = [useRef(Promise.resolve()), useRef(null)];
  useEffect(() => {
    if (known.current === text.value) return undefined;
    let current = true;
    const asked = setTimeout(async () => {
      const found = await ask(at("journeys", named(), "check"), { yaml: text.value })
        .catch((failure) => ({ problems: failure.problems?.length > 0 ? failure.problems : [{ line: null, text: failure.message }], places: [] }));
      if (current) checked.value = found;
    }, checked.value === null ? 0 : CHECK_PAUSE);
    return () => { current = false; clearTimeout(asked); };
  }, [text.value]);
  const change = async (wanted) => {
    failed.value = null;
    try {
      const old = text.value;
      const answer = await ask(at("journeys", named(), "edit"), { yaml: old, change: wanted });
      if (text.value !== old) return await change(wanted); // somebody has written meanwhile
      if (answer.yaml !== old) before.value = [...before.value, old].slice(-MOST_STEPS_BACK);
      [known.current, text.value, checked.value] = [answer.yaml, answer.yaml, answer];
      return answer;
    } catch (failure) {
      failed.value = failure;
      return null;
    }
  };
  const edit = (wanted) => {
    line.current = line.current.then(() => change(wanted));
    return line.current;
  };
  const back = before.value.length > 0 ? () => {
    text.value = before.value.at(-1);
    before.value = before.value.slice(0, -1);
  } : null;
  return { checked, edit, back, failed };
}
