// A journey as its steps, as a form of one of them, and as YAML: one definition, seen three ways beside each other. The text is
// the one state; a form's change is made in it by the API, which keeps its comments. Kept as a draft and checked as
// it is written, tried on those under way, published.

import { ask, at } from "./api.js";
import { Saving, Unsaved, useDraft } from "./autosave.js";
import { useCode } from "./code.js";
import { Frame } from "./journey-frame.js";
import { Drawn } from "./journey-parts.js";
import { Lines } from "./lines.js";
import { Card, confirmed, Failure, LoadedPage, Tag, useActing, useLoaded } from "./parts.js";
import { words } from "./words.js";
import { html, useEffect, useRef, useSignal } from "./vendor/preact.js";

const CHECK_PAUSE = 700; // milliseconds without a keystroke
const MOST_STEPS_BACK = 50;

async function yamlOf(id) {
  const journey = await ask(at("journeys", id));
  return { journey, yaml: journey.draft?.text ?? (await ask(at("journeys", id, "yaml"))).yaml };
}

export default function JourneyEditor({ id }) {
  const told = useLoaded(() => yamlOf(id), [id]);
  return html`<${LoadedPage} of=${told}>${({ journey, yaml }) => html`<${Frame} told=${journey} here="edit" again=${told.again}>
    <${Editor} key=${journey.etag} id=${id} yaml=${yaml} told=${journey} again=${told.again} />
  <//>`}<//>`;
}

function Editor({ id, yaml, told, again }) {
  const draft = useDraft({
    name: `journey ${id}`, began: yaml, etag: told.etag,
    send: (text, etag) => ask(at("journeys", id, "draft"), { text }, "PUT", etag),
    look: async () => { const theirs = await yamlOf(id); return { text: theirs.yaml, etag: theirs.journey.etag }; },
  });
  const { text } = draft;
  const publishing = useSignal(null);
  const { checked, edit, back, failed } = useChecked(id, text);
  const { run, busy, problem } = useActing();
  const hasDraft = Boolean(told.draft) || draft.answer.value !== null;

  const publish = () => run(async () => {
    if (await draft.save()) publishing.value = { ...await import("./journey-publishing.js"), found: await ask(at("journeys", id, "dry-run"), {}) };
  });
  const drop = async () => {
    if (!await confirmed(`Drop the draft of ${words(id)}? Its text will be lost.`, "Drop the draft")) return;
    await run(async () => {
      await draft.save();
      await ask(at("journeys", id, "draft"), undefined, "DELETE", draft.etag.current);
      draft.drop();
      if (told.state === "draft" && !told.shipped) location.hash = "#/journeys";
      else await again();
    });
  };

  const problems = checked.value?.problems ?? [];
  const write = (value) => {
    text.value = value;
    problem.value = null;
  };
  const code = useCode({ kind: "yaml", text: text.value, label: "The definition as YAML", wrong: problems.map((each) => each.line ?? 0), change: write });
  return html`<${Card}>
    <div class="head"><h2>Definition ${hasDraft && html`<${Tag}>draft<//>`}</h2>
      <div class="buttons"><${Saving} of=${draft} />
        <button class="strong" disabled=${busy.value || !(hasDraft || draft.isChanged())} onClick=${publish}>Publish …</button>
        ${hasDraft && html`<button class="quiet" disabled=${busy.value} onClick=${drop}>Drop the draft</button>`}
      </div></div>
    <${Unsaved} of=${draft} what="journey" />
    ${problem.value && html`<${Failure} problem=${problem.value} />`}
    <p role="status" class=${problems.length > 0 ? "bad" : "good"}>${checked.value === null ? "" : problems.length === 0 ? "Nothing is wrong with it."
      : `${problems.length === 1 ? "One thing has" : `${problems.length} things have`} to be fixed before it can be published.`}</p>
    <div class="editing">
      <${Drawn} checked=${checked.value} edit=${edit} back=${back} failed=${failed.value} />
      <section class="written" aria-label="As YAML"><label for="definition">As YAML; <code>docs/journeys.md</code> explains all of it</label>
        ${checked.value?.whole && html`<p class="note" role="status">The whole text was written again by this: its comments could not be kept. <button onClick=${back}>Undo</button></p>`}
        <${Lines} code=${code} text=${text.value} problems=${problems} onInput=${(event) => write(event.target.value)} /></section>
    </div>
    ${publishing.value && html`<${publishing.value.Publishing} told=${told} id=${id} found=${publishing.value.found} etag=${draft.etag.current} close=${() => { publishing.value = null; }} done=${() => { draft.drop(); location.hash = `#/journeys/${id}`; }} />`}
  <//>`;
}

/** What the API says of the text, once nobody has written for a while; and changes of it by a form, one after the other. `edit`
 *  gives the answer, or null where it cannot be done (`failed` says why). `back` undoes the last of them (null: there is none). */
function useChecked(id, text) {
  const [checked, failed, before] = [useSignal(null), useSignal(null), useSignal([])];
  const [line, known] = [useRef(Promise.resolve()), useRef(null)];
  useEffect(() => {
    if (known.current === text.value) return undefined;
    let current = true;
    const asked = setTimeout(async () => {
      const found = await ask(at("journeys", id, "check"), { yaml: text.value })
        .catch((failure) => ({ problems: failure.problems?.length > 0 ? failure.problems : [{ line: null, text: failure.message }], places: [] }));
      if (current) checked.value = found;
    }, checked.value === null ? 0 : CHECK_PAUSE);
    return () => { current = false; clearTimeout(asked); };
  }, [text.value]);
  const change = async (wanted) => {
    failed.value = null;
    try {
      const old = text.value;
      const answer = await ask(at("journeys", id, "edit"), { yaml: old, change: wanted });
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
