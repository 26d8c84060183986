// Publishing a segment: who enters and leaves by it, and how many emails would start, are said first.

import { ask, at, Problem } from "./api.js";
import { Failure, useActing, useLoaded } from "./parts.js";
import { About, listed } from "./segment-beside.js";
import { count, When } from "./words.js";
import { html, useEffect, useRef, useSignal } from "./vendor/preact.js";

const DRY_RUN_PAUSE = 2_000;

/** `etag` gives that of the draft as it was saved. */
export function Publishing({ id, name, definition, etag, isNew, close, done }) {
  const [dialog, here] = [useRef(), useRef(true)];
  const { run, busy, problem } = useActing();
  const [journeys, counted] = [useSignal(false), useSignal(null)];
  const told = useLoaded(() => ask("segments/estimate", { ...definition, id }), []);
  useEffect(() => {
    dialog.current.showModal();
    return () => { here.current = false; };
  }, []);
  const publish = (event) => {
    event.preventDefault();
    return run(async () => {
      await ask(at("segments", id, "publish"), { start_journeys: journeys.value }, "POST", etag());
      done();
    });
  };
  const countAll = () => run(async () => {
    const { run: started } = await ask(at("segments", id, "dry-run"), { start_journeys: journeys.value }, "POST", etag());
    counted.value = { status: "running" };
    while (here.current && (counted.value = await ask(at("segments", id, "dry-run", started))).status === "running") {
      await new Promise((resolve) => setTimeout(resolve, DRY_RUN_PAUSE));
    }
    if (counted.value.status === "failed") throw new Problem("That did not come to its end. Try again; the refresh workflow's log says why");
  });
  return html`<dialog ref=${dialog} class="wide" aria-labelledby="publishing" onClose=${close}><form onSubmit=${publish}>
    <h2 id="publishing">Publish “${name}”?</h2>
    ${told.problem ? html`<${Failure} problem=${told.problem} />` : !told.value ? html`<p class="soft" aria-busy="true">Counting …</p>` : html`
      <p>${isNew ? "" : "Compared with who is in it now: "}<strong class="good"><${About} of=${told.value.entering} /> ${told.value.entering.number === 1 ? "person enters" : "people enter"}</strong>${told.value.enter.length > 0 && html`: ${listed(told.value.enter, told.value.entering.number)}`}.</p>
      ${(told.value.leaving.number > 0 || !isNew) && html`<p><strong class=${told.value.leaving.number > 0 ? "bad" : "soft"}><${About} of=${told.value.leaving} /> ${told.value.leaving.number === 1 ? "leaves" : "leave"}</strong>${told.value.leave.length > 0 && html`: ${listed(told.value.leave, told.value.leaving.number)}`}.</p>`}
      <label class="check choice"><input type="checkbox" id="start-journeys" checked=${journeys.value} onChange=${(event) => { journeys.value = event.target.checked; }} />
        <span>Also start journeys for the people who enter<span class="under">${told.value.mails_started > 0 ? `${count(told.value.mails_started)} emails would start.` : "No journey begins with this segment yet, so no email would start."}</span></span></label>
      <p role="status">${journeys.value && told.value.mails_started > 0 ? html`<strong>${count(told.value.mails_started)} emails start.</strong>` : "No emails are sent by publishing it."}</p>
      ${!told.value.exact && html`<p class="small soft">Some contacts were looked at, so the numbers are about right. ${counted.value === null && html`<button type="button" disabled=${busy.value} onClick=${countAll}>Count everybody first</button>`}</p>`}
      ${counted.value?.status === "running" && html`<p class="soft" aria-busy="true">Everybody is being evaluated, which takes some minutes. Nothing changes meanwhile.</p>`}
      ${counted.value?.status === "done" && html`<p>Exactly, as of <${When} at=${counted.value.as_of} />: ${count(counted.value.entering)} enter, ${count(counted.value.leaving)} leave, ${count(counted.value.staying)} stay, ${count(counted.value.mails_started)} emails start.</p>`}`}
    ${problem.value && html`<${Failure} problem=${problem.value} />`}
    <div class="buttons end"><button type="button" onClick=${() => dialog.current.close()}>Cancel</button><button class="strong" disabled=${busy.value || !told.value}>Publish</button></div>
  </form></dialog>`;
}
