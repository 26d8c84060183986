// Publishing a journey that people are in: what becomes of them is asked for first.

import { ask, at } from "./api.js";
import { Difference } from "./diff.js";
import { Failure, Job, Loaded, More, useActing, useLoaded } from "./parts.js";
import { capital, count, plural, words } from "./words.js";
import { html, useEffect, useRef, useSignal } from "./vendor/preact.js";

const CHOICES = [
  ["finish", "Let them finish on the version they began with", "Nothing changes for them; whoever starts from now on takes the new version."],
  ["move", "Move them to the new version", "Each stays at their step, and waits are counted from their beginning. It holds within a minute."],
  ["stop", "Stop them", "They get nothing more of this journey."],
];

/** `found` is what the dry run says: how many are under way, and how many of them wait where the new version has no step. */
export function Publishing({ told, id, found, etag, done, close }) {
  const [dialog, form] = [useRef(), useRef()];
  const { run, busy, problem } = useActing();
  const job = useSignal(null);
  useEffect(() => dialog.current.showModal(), []);
  const leave = async () => {
    close();
    await done();
  };
  const publish = (event) => {
    event.preventDefault();
    const given = new FormData(form.current);
    return run(async () => {
      const answer = await ask(at("journeys", id, "publish"), {
        under_way: given.get("under_way") ?? "finish",
        include_present: given.has("include_present"),
        ...(given.get("over") && { over: given.get("over") }),
        ...(given.get("continue_finished") && { continue_finished: given.get("continue_finished") }),
        ...(told.state === "draft" && { state: given.get("state") }),
        ...(given.has("unknown_events") && { unknown_events: true }),
        ...(given.get("why")?.trim() && { why: given.get("why") }),
      }, "POST", etag);
      if (answer.job) job.value = answer.job;
      else await leave();
    });
  };
  const gone = found.gone.filter((each) => each.waiting > 0);
  return html`<dialog ref=${dialog} class="wide" aria-labelledby="publishing" onClose=${close}>
    <h2 id="publishing">Publish ${words(id)}?</h2>
    ${job.value ? html`<${Job} id=${job.value} /><div class="buttons end"><button class="strong" onClick=${leave}>Close</button></div>` : html`<form ref=${form} onSubmit=${publish}>
      ${told.state !== "draft" && html`<p>${found.under_way > 0
        ? html`<strong>${plural(found.under_way, "person is", "people are")} under way</strong>${gone.length > 0
          ? html`, and <strong>${plural(gone.reduce((sum, each) => sum + each.waiting, 0), "waits", "wait")} at a step that is gone</strong>: ${gone.map((each) => `${words(each.step)} (${count(each.waiting)})`).join(", ")}.` : "."}`
        : "Nobody is under way."}</p>`}
      ${told.state !== "draft" && html`<${Changed} id=${id} />`}
      ${found.problems.length > 0 && html`<div class="bad"><p>This stands against it:</p><ul>${found.problems.map((each) => html`<li>${each.step && html`<strong>${words(each.step)}: </strong>`}${capital(each.text)}</li>`)}</ul></div>
        <label class="check choice"><input type="checkbox" name="unknown_events" /><span>An event that has not come in yet is no reason<span class="under">It will come, spelled as it is written here.</span></span></label>`}
      ${told.state === "draft" && html`<fieldset><legend>When</legend>
        <label class="check choice"><input type="radio" name="state" value="live" checked /><span>Switch it on now<span class="under">It writes to whoever it starts for from now on.</span></span></label>
        <label class="check choice"><input type="radio" name="state" value="paused" /><span>Publish it paused<span class="under">Nobody is written to until you switch it on.</span></span></label></fieldset>`}
      ${found.under_way > 0 && html`<fieldset><legend>What becomes of those under way</legend>${CHOICES.map(([value, title, what], n) => html`
        <label class="check choice"><input type="radio" name="under_way" value=${value} checked=${n === 0} /><span>${title}<span class="under">${what}</span></span></label>`)}</fieldset>`}
      ${found.present !== null && html`<label class="check choice"><input type="checkbox" name="include_present" /><span>Also start for the ${count(found.present)} who are in the segment already<span class="under">Each at the step where they would stand by now.</span></span></label>
        <div class="fields"><label>Spread over <input name="over" placeholder="at once" pattern="\\d+(min|h|d)" title="Such as 30min, 2h or 1d" /></label></div>`}
      ${found.finished > 0 && html`<div class="fields"><label>Go on with those who ended within <input name="continue_finished" placeholder="nobody" pattern="\\d+(min|h|d)" title="Such as 60d" /></label>
        <span class="small soft">${count(found.finished)} have ended; new steps at the end can be for them, too.</span></div>`}
      <div class="fields"><label class="grow">Why, for whoever looks back <input name="why" maxlength="200" autocomplete="off" /></label></div>
      ${problem.value && html`<${Failure} problem=${problem.value} />`}
      <div class="buttons end"><button type="button" onClick=${() => dialog.current.close()}>Cancel</button><button class="strong" disabled=${busy.value}>Publish</button></div>
    </form>`}
  </dialog>`;
}

/** What the draft changes of what is published, line by line. */
function Changed({ id }) {
  const told = useLoaded(async () => {
    const draft = await ask(at("journeys", id, "yaml"));
    const { versions } = await ask(`${at("journeys", id, "versions")}?limit=1`);
    return { after: draft.yaml, before: (await ask(`${at("journeys", id, "yaml")}?version=${versions[0].version}`)).yaml };
  });
  return html`<${More} title="What changes" open><${Loaded} of=${told}>${({ before, after }) => html`<${Difference} before=${before} after=${after} label="What is published, and the draft" near=${2} />`}<//><//>`;
}
