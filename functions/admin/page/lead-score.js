// The points of a lead score, to be edited: each rule a row with its points in front, and beside them whom that qualifies. What
// is written is kept as a draft by itself, right or not; it holds once it is published.

import { ask, at } from "./api.js";
import { read, Saving, Unsaved, useDraft } from "./autosave.js";
import { Duplicate } from "./duplicating.js";
import { confirmed, Failure, LoadedPage, Tag, Title, useActing, useLoaded } from "./parts.js";
import { About, Who } from "./segment-beside.js";
import { Deed, Duration, Num } from "./segment-controls.js";
import { languageOf } from "./segment-language.js";
import { Rows } from "./segment-rows.js";
import { capital, count, plural } from "./words.js";
import { html, useEffect, useSignal } from "./vendor/preact.js";

const ESTIMATE_PAUSE = 250; // milliseconds without a change
const WHOLE = { minimum: -1000, maximum: 1000 };

const textOf = ({ draft, definition }) => draft?.text ?? JSON.stringify(draft?.definition ?? definition);

export default function LeadScore({ id }) {
  const told = useLoaded(() => ask(at("lead-scores", id)), [id]);
  return html`<${LoadedPage} of=${told}>${(model) => html`<${Editor} key=${model.etag} id=${id} told=${model} again=${told.again} />`}<//>`;
}

/** `told` is the model as the API tells it. */
function Editor({ id, told, again }) {
  const path = at("lead-scores", id);
  const draft = useDraft({
    name: `lead score ${id}`, began: textOf(told), etag: told.etag,
    send: (text, etag) => ask(`${path}/draft`, { text }, "PUT", etag),
    look: async () => { const theirs = await ask(path); return { text: textOf(theirs), etag: theirs.etag }; },
  });
  const { text, save } = draft;
  const holds = told.definition !== null;
  const isDraft = Boolean(told.draft) || draft.answer.value !== null;
  const language = useLoaded(async () => languageOf(await ask("vocabulary")), []);
  const [found, failure, isOld, publishing] = [useSignal(null), useSignal(null), useSignal(true), useSignal(null)];
  const behind = useLoaded(async () => ({ ...await import("./lead-scores.js"), ...await import("./versions.js") }), []);
  const { run, busy, problem } = useActing();
  const written = read(text.value) ?? told.definition ?? {};
  const definition = { ...written, name: written.name ?? "", rules: Array.isArray(written.rules) ? written.rules : [] };
  const set = (made) => { text.value = JSON.stringify({ ...definition, ...made }); };
  const setRule = (place, made) => set({ rules: made === null ? definition.rules.filter((_, n) => n !== place) : definition.rules.map((each, n) => n === place ? made : each) });

  useEffect(() => {
    let current = true;
    isOld.value = true;
    const asked = setTimeout(async () => {
      try {
        const answer = await ask("lead-scores/estimate", { definition: { ...definition, id } });
        if (current) [found.value, failure.value] = [answer, null];
      } catch (wrong) {
        if (current) failure.value = wrong;
      }
      if (current) isOld.value = false;
    }, found.value === null && failure.value === null ? 0 : ESTIMATE_PAUSE);
    return () => { current = false; clearTimeout(asked); };
  }, [text.value]);

  const publish = (journeys) => run(async () => {
    await ask(`${path}/publish`, { start_journeys: journeys }, "POST", draft.etag.current);
    publishing.value = null;
    await again();
  });
  const drop = async () => {
    if (!await confirmed(`Drop the draft of “${definition.name || id}”? Its text will be lost.`, "Drop the draft")) return;
    await run(async () => {
      await save();
      await ask(`${path}/draft`, undefined, "DELETE", draft.etag.current);
      draft.drop();
      if (holds) await again();
      else location.hash = "#/lead-scores";
    });
  };
  const remove = async () => {
    if (!await confirmed(`Delete the lead score “${told.name}”?`, "Delete it")) return;
    await run(async () => {
      await ask(path, undefined, "DELETE", draft.etag.current);
      location.hash = "#/lead-scores";
    });
  };
  const wrong = isOld.value && found.value ? [] : failure.value?.problems ?? [];
  const of = (place) => wrong.filter((each) => each.at?.[1] === "rules" && each.at[2] === place);
  const others = wrong.filter((each) => each.at?.[1] !== "rules" || typeof each.at[2] !== "number");
  return html`
    <div class="head"><${Title}>${definition.name || "Lead score"} ${isDraft && html`<${Tag}>draft<//>`}<//>
      <div class="buttons"><${Saving} of=${draft} /><${Duplicate} kind="lead-scores" id=${id} page=${(copy) => `#/lead-scores/${copy}`} save=${save} />
        ${isDraft ? html`<button class="quiet" disabled=${busy.value} onClick=${drop}>Drop the draft</button>` : html`<button class="quiet" disabled=${busy.value} onClick=${remove}>Delete</button>`}
        <button class="strong" disabled=${busy.value || !isDraft && !draft.isChanged()} onClick=${() => run(async () => { if (await save()) publishing.value = await import("./lead-score-publishing.js"); })}>Publish …</button></div></div>
    <${Unsaved} of=${draft} what="lead score" />
    ${problem.value && !publishing.value && html`<${Failure} problem=${problem.value} />`}
    <div class="building">
      <section class="card">
        <div class="fields">
          <label class="grow">Name <input id="model-name" maxlength="80" required value=${definition.name} placeholder="Lead" autocomplete="off" onInput=${(event) => set({ name: event.target.value })} /></label>
          <label>Qualified from <span class="field"><${Num} label="Qualified from so many points" value=${definition.threshold} schema=${{ minimum: 1 }} change=${(threshold) => set({ threshold })} /> points</span></label>
        </div>
        <p class="sentence"><label class="check"><input type="checkbox" checked=${definition.half_life !== undefined} onChange=${(event) => {
          const { half_life: _, ...rest } = definition;
          text.value = JSON.stringify(event.target.checked ? { ...rest, half_life: "30d" } : rest);
        }} /> What events have given fades</label>
          ${definition.half_life !== undefined && html`<span class="word">and half of it is left after</span><${Duration} label="Half-life" value=${definition.half_life} change=${(half_life) => set({ half_life })} />`}</p>
        <${Said} problems=${others} />
        <h2>Points</h2>
        ${language.value ? html`<ul class="rules">${definition.rules.map((rule, n) => html`<li key=${n}><${Row} language=${language.value} rule=${rule} problems=${of(n)}
            people=${isOld.value || failure.value ? null : found.value?.rules[n]?.people} change=${(made) => setRule(n, made)} remove=${() => setRule(n, null)} /></li>`)}</ul>
          <div class="buttons"><button type="button" onClick=${() => set({ rules: [...definition.rules, { kind: "event", event: "", points: 5, up_to: 1 }] })}>+ For something they do</button>
            <button type="button" onClick=${() => set({ rules: [...definition.rules, { kind: "state", when: { kind: "all", of: [] }, points: 5 }] })}>+ For what they are</button></div>`
          : language.problem ? html`<${Failure} problem=${language.problem} again=${language.again} />` : html`<p class="soft" aria-busy="true">Loading …</p>`}
      </section>
      <${Beside} told=${found.value} failure=${failure.value} isOld=${isOld.value} model=${holds && told} parts=${behind.value} />
    </div>
    ${holds && behind.value && html`<${behind.value.Versions} path=${`${path}/versions`} number="publication" of=${(each) => each.definition} busy=${busy.value} nothing="It has none."
      restore=${(each) => { text.value = JSON.stringify(each.definition); scrollTo(0, 0); }} />`}
    ${publishing.value && html`<${publishing.value.Publishing} name=${definition.name} isNew=${!holds} told=${isOld.value || failure.value ? null : found.value} busy=${busy.value} problem=${problem.value} publish=${publish} close=${() => { publishing.value = null; }} />`}`;
}

// ── a rule ──

function Row({ language, rule, problems, people, change, remove }) {
  const isEvent = rule.kind === "event";
  const given = people === null || people === undefined ? "" : people.number === 0 ? "gives nobody points now" : `gives ${about(people)} ${people.number === 1 ? "person" : "people"} points now`;
  return html`<div class="row rule ${problems.length > 0 ? "wrong" : ""}">
    <div class="sentence"><span class="points"><${Num} label="Points" value=${rule.points} schema=${WHOLE} change=${(points) => change({ ...rule, points })} /> ${Math.abs(rule.points) === 1 ? "point" : "points"}</span>
      ${isEvent ? html`<${OfEvent} language=${language} rule=${rule} change=${change} />` : html`<span class="word">while this is so:</span>`}</div>
    <button type="button" class="quiet remove" aria-label="Remove this rule" onClick=${remove}>✕</button>
    ${!isEvent && html`<div class="whole"><${Rows} language=${language} when=${rule.when} problems=${[]} hints=${[]} change=${(when) => change({ ...rule, when: when ?? { kind: "all", of: [] } })} /></div>`}
    ${given && html`<p class="small soft whole">${capital(given)}.</p>`}
    <${Said} problems=${problems} />
  </div>`;
}

function OfEvent({ language, rule, change }) {
  const { event, where = [] } = rule;
  const set = ({ where: filters = [], ...made }) => change({ ...rule, ...made, where: filters });
  return html`<span class="word">${rule.up_to > 1 ? "each time:" : "once:"}</span>
    <${Deed} language=${language} schema=${language.of("#/$defs/Filtered")} node=${{ event, ...(where.length > 0 && { where }) }} change=${set} />
    <span class="field"><span class="word">counting the newest</span><${Num} label="How many times it counts" value=${rule.up_to ?? 1} schema=${{ minimum: 1, maximum: 20 }} change=${(up_to) => change({ ...rule, up_to })} /></span>
    ${rule.within === undefined ? html`<button type="button" class="quiet" onClick=${() => change({ ...rule, within: "30d" })}>+ lately only</button>`
      : html`<span class="field"><span class="word">in the last</span><${Duration} label="In the last" value=${rule.within} change=${(within) => change({ ...rule, within })} />
        <button type="button" class="quiet" aria-label="Whenever it was" onClick=${() => { const { within: _, ...rest } = rule; change(rest); }}>✕</button></span>`}`;
}

const Said = ({ problems }) => problems.length > 0 && html`<ul class="said" role="status">${problems.map((each) => html`<li class="bad">${capital(each.text)}</li>`)}</ul>`;

// ── whom that qualifies ──

const about = (of) => `${of.give_or_take > 0 ? "about " : ""}${count(of.number)}`;

function Beside({ told, failure, isOld, model, parts }) {
  return html`<aside class="beside-it card ${isOld ? "old" : ""}" aria-label="Whom that qualifies" aria-busy=${isOld ? "true" : null}>
    ${failure && !isOld ? failure.problems?.length > 0 ? html`<p role="status">${plural(failure.problems.length, "thing")} to fix before it can be counted.</p>` : html`<${Failure} problem=${failure} />`
      : told === null ? html`<p class="soft" aria-busy="true">Counting …</p>` : html`<${Found} told=${told} />`}
    ${model && parts && html`<h2>On your own history</h2><${parts.Calibrated} of=${model.calibration} /><${parts.UsedBy} of=${model} />`}
  </aside>`;
}

function Found({ told }) {
  return html`
    <p class="how-many" role="status"><strong><${About} of=${told.qualified} /></strong> <span>qualified, of ${told.exact ? "" : "about "}${count(told.contacts.number)}</span></p>
    <${Changed} told=${told} />
    ${told.people.length > 0 && html`<h2>Most points</h2><ul class="people">${told.people.map((each) => html`<li key=${each.contact}><${Who} of=${each} />: ${count(each.points)}
      <details><summary>${capital(each.parts[0] ?? "why")}</summary><ul class="why">${each.parts.map((part) => html`<li>${capital(part)}</li>`)}</ul></details></li>`)}</ul>`}`;
}

export const Changed = ({ told }) => told.entering.number + told.leaving.number === 0 ? html`<p class="soft">The same people as now.</p>` : html`<p>
  ${told.entering.number > 0 && html`<strong class="good"><${About} of=${told.entering} /> would be qualified</strong> who ${told.entering.number === 1 ? "is" : "are"} not now. `}
  ${told.leaving.number > 0 && html`<strong class="bad"><${About} of=${told.leaving} /> would be it no longer</strong>.`}</p>`;
