// A segment's definition as text, and the way it goes: estimated as it is written, kept as a draft, tried on everybody,
// published.

import { ask, at, Problem } from "./api.js";
import { Card, confirmed, Failure, Tag, useActing, useKept } from "./parts.js";
import { count, When } from "./words.js";
import { html, useEffect, useRef, useSignal } from "./vendor/preact.js";

const ESTIMATE_PAUSE = 600; // milliseconds without a keystroke
const DRY_RUN_PAUSE = 2_000;

/** `id` may be a function, which gives null while there is none. `told` is the segment as the API tells it: its `etag`
 *  names the form the text began as. */
export function Editor({ id, definition, told: { etag: began, draft, definition: published }, again }) {
  const { id: _, ...shown } = definition;
  const whole = JSON.stringify(shown, null, 2);
  const isNew = typeof id === "function";
  const { text, kept, forget, restart } = useKept(isNew ? "new segment" : `segment ${id}`, whole);
  const [etag, saved] = [useRef(began), useSignal(draft !== null && text.value === whole)];
  const [estimate, outcome] = [useSignal(null), useSignal(null)];
  const [journeys, here] = [useRef(), useRef(true)];
  const hasDraft = useSignal(draft !== null);
  const { run, busy, problem } = useActing();
  const name = () => isNew ? id() : id;

  useEffect(() => {
    if (draft?.dry_run) run(() => watch(draft.dry_run));
    return () => { here.current = false; };
  }, []);
  useEffect(() => {
    let current = true;
    const asked = setTimeout(async () => {
      let found;
      try {
        found = await ask("segments/estimate", { ...parsed(text.value), ...(isNew ? {} : { id }) });
      } catch (failure) {
        found = { failure };
      }
      if (current) estimate.value = found;
    }, estimate.value === null ? 0 : ESTIMATE_PAUSE);
    return () => { current = false; clearTimeout(asked); };
  }, [text.value]);

  const written = (event) => {
    text.value = event.target.value;
    saved.value = false;
    outcome.value = problem.value = null;
  };

  const keep = () => run(async () => {
    const named = name();
    if (named === null) return;
    const given = parsed(text.value);
    const answer = etag.current === null ? await ask("segments", { ...given, id: named })
      : await ask(at("segments", named, "draft"), given, "PUT", etag.current);
    etag.current = answer.etag;
    forget();
    saved.value = hasDraft.value = true;
    outcome.value = html`<p><strong class="good">Kept as a draft. </strong>It reads: somebody who <em>${answer.words}</em>.</p>`;
  });

  const tryOut = () => run(async () => {
    const started = await ask(at("segments", name(), "dry-run"), { start_journeys: journeys.current.checked }, "POST", etag.current);
    await watch(started.run);
  });

  async function watch(dryRun) {
    outcome.value = html`<p class="soft">All contacts are being evaluated, which takes some minutes. Nothing changes meanwhile, and you can leave this page: the result will be here.</p>`;
    let found;
    while ((found = await ask(at("segments", name(), "dry-run", dryRun))).status === "running" && here.current) {
      await new Promise((resolve) => setTimeout(resolve, DRY_RUN_PAUSE));
    }
    if (found.status === "failed") throw new Problem("The dry run failed. The refresh workflow's log says why; try again");
    if (found.status === "done") outcome.value = html`<${DryRun} found=${found} />`;
  }

  const publish = async () => {
    const starts = journeys.current.checked ? "Journeys start for everybody who enters by it." : "No journeys start.";
    if (!await confirmed(`Publish this version of ${name()}? ${starts}`, "Publish")) return;
    await run(async () => {
      const { segment } = await ask(at("segments", name(), "publish"), { start_journeys: journeys.current.checked }, "POST", etag.current);
      forget();
      if (location.hash === `#/segments/${segment}`) await again();
      else location.hash = `#/segments/${segment}`;
    });
  };

  const drop = async () => {
    if (!await confirmed(`Drop the draft of ${name()}? Its text will be lost.`, "Drop the draft")) return;
    await run(async () => {
      await ask(at("segments", name(), "draft"), undefined, "DELETE", etag.current);
      restart();
      forget();
      if (published === null) location.hash = "#/segments";
      else await again();
    });
  };

  return html`<${Card}>
    <h2>Definition ${draft !== null && published !== null && html`<${Tag}>a draft, not published yet<//>`}</h2>
    ${draft !== null && html`<p>The draft reads: somebody who <em>${draft.words}</em>.</p>`}
    ${kept.value && html`<p class="note" role="status">This text was not saved when you left. <button onClick=${restart}>Start over</button></p>`}
    <label for="definition">As JSON; <code>docs/segments.md</code> lists all conditions</label>
    <textarea id="definition" class="code" spellcheck="false" rows="18" value=${text.value} onInput=${written}></textarea>
    <div role="status" class="estimate"><${Estimate} told=${estimate.value} /></div>
    <p><label class="check"><input type="checkbox" id="start-journeys" ref=${journeys} /> Start journeys for everybody who enters by it</label></p>
    <div class="buttons">
      <button disabled=${busy.value} onClick=${keep}>Keep as a draft</button>
      <button disabled=${busy.value || !saved.value} onClick=${tryOut}>Dry run</button>
      <button class="strong" disabled=${busy.value || !saved.value} onClick=${publish}>Publish</button>
      ${hasDraft.value && html`<button class="quiet" disabled=${busy.value} onClick=${drop}>Drop the draft</button>`}
    </div>
    <div role="status">${outcome.value}${problem.value && html`<${Shown} problem=${problem.value} />`}</div>
  <//>`;
}

/** A failure that comes into sight, below a long text. */
function Shown({ problem }) {
  const place = useRef();
  useEffect(() => place.current.scrollIntoView({ block: "nearest" }), [problem]);
  return html`<div ref=${place}><${Failure} problem=${problem} /></div>`;
}

/** How many a definition has, whether that is exact, and what was never seen. */
function Estimate({ told }) {
  if (told === null) return null;
  if (told.failure) return html`<${Failure} problem=${told.failure} />`;
  const known = told.exact ? "all contacts were looked at" : `${count(told.looked_at)} of about ${count(told.contacts.number)} contacts were looked at`;
  return html`
    <p><${About} of=${told.members} />${told.members.number === 1 ? " person is in it: " : " people are in it: "}<${About} of=${told.entering} /> enter, <${About} of=${told.leaving} /> leave. <span class="small soft">Right now; ${known}.</span></p>
    ${told.warnings.map((warning) => html`<p class="note">${warning}</p>`)}`;
}

const About = ({ of }) => html`<strong>${count(of.number)}</strong>${of.give_or_take > 0 && ` ± ${count(of.give_or_take)}`}`;

const DryRun = ({ found }) => html`
  <dl class="outcome">${[["Enter", "entering"], ["Leave", "leaving"], ["Stay", "staying"], ["Emails started", "mails_started"]].map(([title, of]) =>
    html`<dt>${title}</dt><dd>${count(found[of])}</dd>`)}</dl>
  <p class="small soft">If it had been published at <${When} at=${found.as_of} />.</p>`;

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Problem(`This is not valid JSON yet: ${error.message}`);
  }
}
