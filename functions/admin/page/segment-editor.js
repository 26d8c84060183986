// The builder: a segment as rows, as JSON and in SQL, three views of one text; beside it who that is. What is written is kept
// as a draft by itself, right or not; publishing asks for it to be right.

import { ask, at, Problem } from "./api.js";
import { read, Saving, Unsaved, useDraft } from "./autosave.js";
import { Duplicate } from "./duplicating.js";
import { confirmed, Failure, Loaded, LoadedPage, Tag, Title, useActing, useLoaded } from "./parts.js";
import { Beside } from "./segment-beside.js";
import { languageOf, linesOf } from "./segment-language.js";
import { Rows } from "./segment-rows.js";
import { asText } from "./segment-text.js";
import { capital, idOf } from "./words.js";
import { html, useEffect, useRef, useSignal } from "./vendor/preact.js";

const ESTIMATE_PAUSE = 250; // milliseconds without a change
const MOST_LETTERS = 40; // of an id
const MOST_TRIES = 9; // for an id that nobody has
const TABS = [["rows", "Rows"], ["json", "JSON"], ["sql", "SQL"]];
const GROUPS = ["behavioural", "lifecycle", "demographic", "geographic", "psychographic"];

const isEmpty = (when) => when === undefined || when === null || (["all", "any"].includes(when.kind) && Array.isArray(when.of) && when.of.length === 0);

export default function SegmentEditor({ id }) {
  const told = useLoaded(() => ask(at("segments", id)), [id]);
  return html`<${LoadedPage} of=${told}>${(segment) => html`<${Editor} key=${id} id=${id} told=${segment}
    text=${textOf(segment)} />`}<//>`;
}

const textOf = ({ draft, definition }) => draft?.text ?? asText(draft?.definition ?? definition);

/** `id` is null for a segment that is not there yet: it is made of its name. `told` is the segment as the API tells it. */
export function Editor({ id: given, told, text: began }) {
  const id = useRef(given);
  const draft = useDraft({
    name: given === null ? "new segment" : `segment ${given}`, began, etag: told?.etag ?? null,
    send: (text, etag) => id.current === null ? create(text) : ask(at("segments", id.current, "draft"), { text }, "PUT", etag),
    look: async () => { const theirs = await ask(at("segments", id.current)); return { text: textOf(theirs), etag: theirs.etag }; },
    mayKeep: () => id.current !== null || called() !== "", byItself: () => id.current !== null,
  });
  const { text, save } = draft;
  const called = () => (read(text.value)?.name ?? "").trim();
  const language = useLoaded(async () => languageOf(await ask("vocabulary")), []);
  const tab = useSignal("rows");
  const [found, failure, isOld] = [useSignal(null), useSignal(null), useSignal(true)];
  const publishing = useSignal(null);
  const hasDraft = Boolean(told?.draft) || draft.answer.value !== null;
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

  // ── kept by itself, from its name on ──

  async function create(now) {
    const wanted = idOf(called(), "segment", MOST_LETTERS - 2);
    for (let n = 1; ; n += 1) {
      const tried = n === 1 ? wanted : `${wanted}_${n}`;
      try {
        const answer = await ask("segments", { id: tried, text: now });
        id.current = tried;
        history.replaceState(history.state, "", `#/segments/${tried}/edit`);
        return answer;
      } catch (failed) {
        if (failed.field !== "id" || failed.status !== 409 || n === MOST_TRIES) throw failed;
      }
    }
  }

  // ── what is done ──

  const set = (made) => { text.value = JSON.stringify(made, null, 2); };
  const setField = (field, value) => set({ ...read(text.value), [field]: value });
  const publish = () => run(async () => {
    if (!(definition?.name ?? "").trim()) {
      document.getElementById("segment-name").focus();
      throw new Problem("Give it a name first");
    }
    if (!definition.sentence && found.value) setField("sentence", `${capital(`somebody who ${found.value.words}`)}.`.slice(0, 400));
    if (await save()) publishing.value = await import("./segment-publishing.js");
  });
  const drop = async () => {
    if (!await confirmed(`Drop the draft of “${definition?.name || id.current}”? Its text will be lost.`, "Drop the draft")) return;
    await run(async () => {
      await save();
      await ask(at("segments", id.current, "draft"), undefined, "DELETE", draft.etag.current);
      draft.drop();
      location.hash = told?.definition ? `#/segments/${id.current}` : "#/segments";
    });
  };

  const all = failure.value?.problems ?? [];
  const problems = isOld.value && found.value ? [] : all.filter((each) => each.at);
  const outside = (draft.answer.value ?? told?.draft)?.problems?.filter((each) => each.at.length > 0 && each.at[0] !== "when") ?? []; // of the condition
  const hints = isOld.value || failure.value ? [] : found.value?.hints ?? [];
  return html`
    <div class="head"><${Title}>${definition?.name || "New segment"} ${hasDraft && html`<${Tag}>draft<//>`}<//>
      <div class="buttons"><${Saving} of=${draft} unnamed="Give it a name, and it is saved as a draft" />${id.current !== null && html`<${Duplicate} kind="segments" id=${id.current} page=${(copy) => `#/segments/${copy}/edit`} save=${save} />`}
        ${hasDraft && html`<button class="quiet" disabled=${busy.value} onClick=${drop}>Drop the draft</button>`}
        <button class="strong" disabled=${busy.value || nothing || definition === null} onClick=${publish}>Publish …</button></div></div>
    <${Unsaved} of=${draft} what="segment" />
    ${problem.value && html`<${Failure} problem=${problem.value} />`}
    <div class="building">
      <section class="card">
        ${definition && html`<div class="fields">
          <label class="grow">Name <input id="segment-name" maxlength="80" required value=${definition.name ?? ""} placeholder="Regulars in Germany" autocomplete="off"
            onInput=${(event) => setField("name", event.target.value)} onChange=${() => { if (id.current === null) save(); }} /></label>
          <label>Kind <select value=${definition.group ?? "behavioural"} onChange=${(event) => setField("group", event.target.value)}>${GROUPS.map((each) => html`<option value=${each} selected=${each === (definition.group ?? "behavioural")}>${capital(each)}</option>`)}</select></label>
        </div>`}
        ${outside.length > 0 && html`<ul class="said">${outside.map((each) => html`<li class="bad">${capital(each.at.join(" "))}: ${each.text}</li>`)}</ul>`}
        <div class="switch" role="group" aria-label="Seen as">${TABS.map(([each, title]) => html`<button aria-pressed=${String(tab.value === each)} onClick=${() => { tab.value = each; }}>${title}</button>`)}</div>
        ${tab.value === "rows" && html`<div class="rows">${definition === null ? html`<p class="note">The JSON cannot be read: fix line ${linesOf(text.value).broken ?? 1} there, and the rows come back. <button onClick=${() => { tab.value = "json"; }}>To the JSON</button></p>`
          : language.value ? html`<${Rows} language=${language.value} when=${definition.when} problems=${problems} hints=${hints} change=${(when) => set({ ...read(text.value), when: when ?? { kind: "all", of: [] } })} />`
            : language.problem ? html`<${Failure} problem=${language.problem} again=${language.again} />` : html`<p class="soft" aria-busy="true">Loading …</p>`}
          ${definition && html`<details><summary>What others read of it</summary><label class="wide">In a sentence <input maxlength="400" value=${definition.sentence ?? ""} placeholder=${found.value ? `Somebody who ${found.value.words}.` : ""}
            onInput=${(event) => setField("sentence", event.target.value)} /></label></details>`}</div>`}
        ${tab.value === "json" && html`<${Other} view="Written" text=${text.value} problems=${all} hints=${hints} onInput=${(event) => { text.value = event.target.value; }} />`}
        ${tab.value === "sql" && html`<${Other} view="InSql" definition=${definition} id=${id.current} />`}
      </section>
      <${Beside} told=${found.value} failure=${failure.value} isOld=${isOld.value && !nothing} nothing=${nothing} />
    </div>
    ${publishing.value && html`<${publishing.value.Publishing} id=${id.current} name=${definition.name} definition=${definition} etag=${() => draft.etag.current} isNew=${!told?.definition} close=${() => { publishing.value = null; }}
      done=${() => { draft.drop(); location.hash = `#/segments/${id.current}`; }} />`}`;
}

/** The segment seen in another way than as rows: loaded when it is asked for. */
function Other({ view, ...of }) {
  const views = useLoaded(() => import("./segment-views.js"), []);
  return html`<${Loaded} of=${views}>${(loaded) => html`<${loaded[view]} ...${of} />`}<//>`;
}
