// The builder: a segment as rows, as JSON and in SQL, three views of one text; beside it who that is. What is written is kept
// as a draft by itself, right or not; publishing asks for it to be right.

import { ask, at, Problem } from "./api.js";
import { Difference } from "./diff.js";
import { Lines } from "./lines.js";
import { confirmed, Failure, LoadedPage, Tag, Title, useActing, useKept, useLoaded } from "./parts.js";
import { Beside } from "./segment-beside.js";
import { languageOf, lineOf, linesOf } from "./segment-language.js";
import { Publishing } from "./segment-publishing.js";
import { Rows } from "./segment-rows.js";
import { asText } from "./segment-text.js";
import { capital, idOf } from "./words.js";
import { html, useEffect, useRef, useSignal } from "./vendor/preact.js";

const ESTIMATE_PAUSE = 250; // milliseconds without a change
const SAVE_PAUSE = 900;
const MOST_LETTERS = 40; // of an id
const MOST_TRIES = 9; // for an id that nobody has
const TABS = [["rows", "Rows"], ["json", "JSON"], ["sql", "SQL"]];
const GROUPS = ["behavioural", "lifecycle", "demographic", "geographic", "psychographic"];
const SAVED = { saved: "Draft saved", saving: "Saving …", unsaved: "Not saved yet", unnamed: "Give it a name, and it is saved as a draft", failed: "Not saved", conflict: "Not saved" };

const read = (text) => {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
};
const isEmpty = (when) => when === undefined || when === null || (["all", "any"].includes(when.kind) && Array.isArray(when.of) && when.of.length === 0);

export default function SegmentEditor({ id }) {
  const told = useLoaded(() => ask(at("segments", id)), [id]);
  return html`<${LoadedPage} of=${told}>${(segment) => html`<${Editor} key=${id} id=${id} told=${segment}
    text=${segment.draft?.text ?? asText(segment.draft?.definition ?? segment.definition)} />`}<//>`;
}

/** `id` is null for a segment that is not there yet: it is made of its name. `told` is the segment as the API tells it. */
export function Editor({ id: given, told, text: began }) {
  const name = given === null ? "new segment" : `segment ${given}`;
  const { text, kept, forget, restart } = useKept(name, began);
  const language = useLoaded(async () => languageOf(await ask("vocabulary")), []);
  const [id, etag, saved] = [useRef(given), useRef(told?.etag ?? null), useRef(began)];
  const [tab, state, conflict] = [useSignal("rows"), useSignal(told?.draft ? "saved" : "new"), useSignal(null)];
  const [found, failure, isOld] = [useSignal(null), useSignal(null), useSignal(true)];
  const [hasDraft, publishing, line] = [useSignal(Boolean(told?.draft)), useSignal(false), useRef(Promise.resolve())];
  const { run, busy, problem } = useActing();
  const definition = read(text.value);
  const nothing = definition !== null && isEmpty(definition.when);

  // ── who that is ──

  useEffect(() => {
    let current = true;
    isOld.value = true;
    if (nothing) return undefined;
    const asked = setTimeout(async () => {
      try {
        if (definition === null) throw new Problem("This is not valid JSON yet", { problems: [{ at: null, text: "This is not valid JSON yet" }] });
        const answer = await ask("segments/estimate", { ...definition, ...(id.current && { id: id.current }) });
        if (current) [found.value, failure.value] = [answer, null];
      } catch (problem) {
        if (current) failure.value = problem;
      }
      if (current) isOld.value = false;
    }, found.value === null && failure.value === null ? 0 : ESTIMATE_PAUSE);
    return () => { current = false; clearTimeout(asked); };
  }, [text.value]);

  // ── kept by itself ──

  /** Keeps the newest text, after what is being kept. Whether it is kept. */
  const save = () => { line.current = line.current.then(saveNow, saveNow); return line.current; };
  async function saveNow() {
    const now = text.value;
    if (now === saved.current) return true;
    if (conflict.value) return false;
    state.value = "saving";
    try {
      const answer = id.current === null ? await create(now) : await ask(at("segments", id.current, "draft"), { text: now }, "PUT", etag.current);
      if (answer === null) return false;
      [etag.current, saved.current, hasDraft.value, problem.value] = [answer.etag, now, true, null];
      if (text.value === now) forget();
      state.value = text.value === now ? "saved" : "unsaved";
      return true;
    } catch (failed) {
      if (failed.status === 412 || failed.status === 409) {
        const theirs = await ask(at("segments", id.current)).catch(() => null);
        if (theirs) conflict.value = { text: theirs.draft?.text ?? asText(theirs.draft?.definition ?? theirs.definition), etag: theirs.etag };
      }
      state.value = conflict.value ? "conflict" : "failed";
      problem.value = conflict.value ? null : failed;
      return false;
    }
  }
  async function create(now) {
    const called = (read(now)?.name ?? "").trim();
    if (called === "") {
      state.value = "unnamed";
      return null;
    }
    const wanted = idOf(called, "segment", MOST_LETTERS - 2);
    for (let n = 1; ; n += 1) {
      const tried = n === 1 ? wanted : `${wanted}_${n}`;
      try {
        const answer = await ask("segments", { id: tried, text: now });
        id.current = tried;
        history.replaceState(null, "", `#/segments/${tried}/edit`);
        return answer;
      } catch (failed) {
        if (failed.field !== "id" || failed.status !== 409 || n === MOST_TRIES) throw failed;
      }
    }
  }
  const isChanged = () => text.value !== saved.current;
  useEffect(() => {
    if (!isChanged()) return undefined;
    sessionStorage.setItem(`base ${name}`, etag.current ?? "");
    if (id.current === null) state.value = "unnamed"; // until the name is written: an id is for good
    else if (state.value !== "conflict") state.value = "unsaved";
    const asked = setTimeout(() => { if (id.current !== null) save(); }, SAVE_PAUSE);
    return () => clearTimeout(asked);
  }, [text.value]);
  useEffect(() => {
    const before = sessionStorage.getItem(`base ${name}`);
    if (kept.value && before !== null && before !== (etag.current ?? "")) conflict.value = { text: began, etag: etag.current };
    const leaving = (event) => { if (isChanged()) event.preventDefault(); };
    const followed = async (event) => {
      const link = event.target.closest?.("a[href^='#']");
      if (!link || link.target || !isChanged()) return;
      event.preventDefault();
      if (await save() || await confirmed("This is not saved. Leave it?", "Leave")) location.hash = link.getAttribute("href");
    };
    addEventListener("beforeunload", leaving);
    document.addEventListener("click", followed, true);
    return () => {
      removeEventListener("beforeunload", leaving);
      document.removeEventListener("click", followed, true);
      if (isChanged() && id.current !== null) save();
    };
  }, []);

  // ── what is done ──

  const set = (made) => { text.value = JSON.stringify(made, null, 2); };
  const setField = (field, value) => set({ ...read(text.value), [field]: value });
  const mine = async () => {
    [etag.current, conflict.value] = [conflict.value.etag, null];
    await save();
  };
  const theirs = () => {
    [etag.current, saved.current, text.value] = [conflict.value.etag, conflict.value.text, conflict.value.text];
    [conflict.value, state.value] = [null, "saved"];
    forget();
  };
  const publish = () => run(async () => {
    if (!(definition?.name ?? "").trim()) {
      document.getElementById("segment-name").focus();
      throw new Problem("Give it a name first");
    }
    if (!definition.sentence && found.value) setField("sentence", `${capital(`somebody who ${found.value.words}`)}.`.slice(0, 400));
    if (await save()) publishing.value = true;
  });
  const drop = async () => {
    if (!await confirmed(`Drop the draft of “${definition?.name || id.current}”? Its text will be lost.`, "Drop the draft")) return;
    await run(async () => {
      await ask(at("segments", id.current, "draft"), undefined, "DELETE", etag.current);
      saved.current = text.value;
      forget();
      location.hash = told?.definition ? `#/segments/${id.current}` : "#/segments";
    });
  };

  const all = failure.value?.problems ?? [];
  const problems = isOld.value && found.value ? [] : all.filter((each) => each.at);
  const hints = isOld.value || failure.value ? [] : found.value?.hints ?? [];
  return html`
    <div class="head"><${Title}>${definition?.name || "New segment"} ${hasDraft.value && html`<${Tag}>draft<//>`}<//>
      <div class="buttons"><span class="small soft" role="status">${state.value === "new" ? "" : SAVED[state.value]}</span>
        ${hasDraft.value && html`<button class="quiet" disabled=${busy.value} onClick=${drop}>Drop the draft</button>`}
        <button class="strong" disabled=${busy.value || nothing || definition === null} onClick=${publish}>Publish …</button></div></div>
    ${kept.value && !conflict.value && html`<p class="note" role="status">This text was not saved when you left. <button onClick=${restart}>Start over</button></p>`}
    ${problem.value && html`<${Failure} problem=${problem.value} />`}
    ${conflict.value && html`<${Conflict} theirs=${conflict.value.text} mine=${text.value} keep=${mine} take=${theirs} />`}
    <div class="building">
      <section class="card">
        ${definition && html`<div class="fields">
          <label class="grow">Name <input id="segment-name" maxlength="80" required value=${definition.name ?? ""} placeholder="Regulars in Germany" autocomplete="off"
            onInput=${(event) => setField("name", event.target.value)} onChange=${() => { if (id.current === null) save(); }} /></label>
          <label>Kind <select value=${definition.group ?? "behavioural"} onChange=${(event) => setField("group", event.target.value)}>${GROUPS.map((each) => html`<option value=${each} selected=${each === (definition.group ?? "behavioural")}>${capital(each)}</option>`)}</select></label>
        </div>`}
        <div class="switch" role="group" aria-label="Seen as">${TABS.map(([each, title]) => html`<button aria-pressed=${String(tab.value === each)} onClick=${() => { tab.value = each; }}>${title}</button>`)}</div>
        ${tab.value === "rows" && html`<div class="rows">${definition === null ? html`<p class="note">The JSON cannot be read: fix line ${linesOf(text.value).broken ?? 1} there, and the rows come back. <button onClick=${() => { tab.value = "json"; }}>To the JSON</button></p>`
          : language.value ? html`<${Rows} language=${language.value} when=${definition.when} problems=${problems} hints=${hints} change=${(when) => set({ ...read(text.value), when: when ?? { kind: "all", of: [] } })} />`
            : language.problem ? html`<${Failure} problem=${language.problem} again=${language.again} />` : html`<p class="soft" aria-busy="true">Loading …</p>`}
          ${definition && html`<details><summary>What others read of it</summary><label class="wide">In a sentence <input maxlength="400" value=${definition.sentence ?? ""} placeholder=${found.value ? `Somebody who ${found.value.words}.` : ""}
            onInput=${(event) => setField("sentence", event.target.value)} /></label></details>`}</div>`}
        ${tab.value === "json" && html`<${Written} text=${text.value} problems=${all} hints=${hints} onInput=${(event) => { text.value = event.target.value; }} />`}
        ${tab.value === "sql" && html`<${InSql} definition=${definition} id=${id.current} />`}
      </section>
      <${Beside} told=${found.value} failure=${failure.value} isOld=${isOld.value && !nothing} nothing=${nothing} />
    </div>
    ${publishing.value && html`<${Publishing} id=${id.current} name=${definition.name} definition=${definition} etag=${() => etag.current} isNew=${!told?.definition} close=${() => { publishing.value = false; }}
      done=${() => { saved.current = text.value; forget(); location.hash = `#/segments/${id.current}`; }} />`}`;
}

/** The text, with what is wrong beside its lines. */
function Written({ text, problems, hints, onInput }) {
  const { lines, broken } = linesOf(text);
  const noted = broken ? [{ line: broken, text: "This is not valid JSON from here on" }]
    : [...problems.filter((each) => each.at), ...hints].map((each) => ({ line: lineOf(lines, each.at), text: each.text }));
  return html`<label for="definition">As JSON; <code>docs/segments.md</code> explains all of it</label>
    <${Lines} text=${text} problems=${noted} onInput=${onInput} />`;
}

/** Read only: what a dry run and the nightly refresh would ask of the lake. */
function InSql({ definition, id }) {
  const told = useLoaded(() => ask("segments/sql", { ...definition, ...(id && { id }) }), []);
  if (told.problem) return html`<p class="note">There is SQL once the definition is right.</p>`;
  return told.value ? html`<p class="soft small">The same condition for all contacts at once, as Athena is asked. It is made from the rows and cannot be edited.</p><pre tabindex="0" class="sql">${told.value.sql}</pre>` : html`<p class="soft" aria-busy="true">Loading …</p>`;
}

/** Two have edited it: both texts stay until one is chosen. */
const Conflict = ({ theirs, mine, keep, take }) => html`<div class="banner wrong" role="alert">
  <p><strong>Somebody else has changed this segment while you were editing it.</strong> Nothing of yours is lost. Lines with − are theirs alone, lines with + are yours.</p>
  <${Difference} before=${theirs} after=${mine} label="Their text and yours" />
  <div class="buttons"><button class="strong" onClick=${keep}>Keep mine</button><button onClick=${take}>Take theirs</button></div></div>`;
