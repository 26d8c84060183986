// The people behind a number of a journey, and what can be done for them.

import { ask, at } from "./api.js";
import { Frame, shown } from "./journey-frame.js";
import { Card, confirmed, ContactLink, Empty, Failure, Job, LoadedPage, Pages, Table, Tag, useActing, useLoaded } from "./parts.js";
import { dayNamed, plural, When, words } from "./words.js";
import { html, useRef, useSignal } from "./vendor/preact.js";

export default function People({ id, query = "" }) {
  const told = useLoaded(() => ask(at("journeys", id)), [id]);
  const turn = useSignal(0);
  const asked = Object.fromEntries(new URLSearchParams(query));
  const path = `${at("journeys", id, "runs")}?${new URLSearchParams(asked)}`;
  return html`<${LoadedPage} of=${told}>${(journey) => html`<${Frame} told=${journey} here="people" again=${told.again}>
    ${journey.state === "draft" ? html`<${Card}><${Empty}>Nobody is on it: it was never switched on.<//><//>` : html`<p class="small">${[["Everybody", {}], ["Waiting", { what: "waiting" }], ["Held for review", { what: "held" }], ["Ended", { what: "ended" }]].map(([name, of], n) => html`${n > 0 && " · "}
      <a href="#/journeys/${id}/people?${new URLSearchParams(of)}" aria-current=${(of.what ?? "") === (asked.what ?? "") && !asked.step ? "true" : null}>${name}</a>`)}</p>
    <${Card} title=${title(asked)}>
      ${asked.step && asked.what === "waiting" && html`<${All} id=${id} step=${asked.step} told=${journey} again=${() => { turn.value += 1; }} />`}
      <${Pages} key="${path} ${turn.value}" path=${path} name="runs" nothing="Nobody, at the moment.">${(runs) => html`
        <${Table} stacked label="People" rows=${runs} columns=${columns(id)} />`}<//>
    <//>`}
  <//>`}<//>`;
}

const columns = (journey) => [
  { title: "Contact", cell: (run) => html`<${ContactLink} of=${run} />` },
  { title: "Where", cell: (run) => run.outcome ? html`<${Tag}>${words(run.outcome).toLowerCase()}<//>` : html`${words(run.step)}${run.held && html` <${Held} journey=${journey} run=${run} />`}` },
  { title: "Since", cell: (run) => html`<${When} at=${run.ended ?? run.since} />` },
  { title: "Goes on", cell: (run) => run.wake_at ? html`<${When} at=${run.wake_at} />` : "" },
  { title: "Run", cell: (run) => html`<a href="#/contacts/${run.contact}/runs/${run.number}">How it goes</a>` },
];

/** An email that waits for a person to look at it, and lets this one go. */
function Held({ journey, run }) {
  const { run: act, busy, problem } = useActing();
  const gone = useSignal(false);
  const release = () => act(async () => {
    await ask("runs/release", { journey, contact: run.contact, run: run.number });
    gone.value = true;
  });
  if (gone.value) return html`<${Tag}>let go<//>`;
  return html`<${Tag} kind="note">held<//> <button disabled=${busy.value} onClick=${release}>Let it go</button>${problem.value && html`<${Failure} problem=${problem.value} />`}`;
}

/** What can be done with all who wait at a step. */
function All({ id, step, told, again }) {
  const { run, busy, problem } = useActing();
  const [to, job] = [useRef(), useSignal(null)];
  const others = shown(told).steps.filter((each) => each.id !== step);
  const act = (path, given, question, yes) => run(async () => {
    const { people } = await ask(path, { journey: id, from: step, ...given, dry_run: true });
    if (people === 0 || !await confirmed(question(plural(people, "person", "people")), yes)) return;
    const done = await ask(path, { journey: id, from: step, ...given });
    job.value = done.job;
    if (done.job === null) again();
  });
  const move = () => act("runs/move", { to: to.current.value }, (people) => `Move ${people} from “${words(step)}” to “${words(to.current.value)}”?`, "Move them");
  const stop = () => act("runs/stop", {}, (people) => `Stop ${people} at “${words(step)}”? They get nothing more of this journey.`, "Stop them");
  return html`<div class="buttons">
      <label for="move-to" class="hidden">To the step</label>
      <select id="move-to" ref=${to}>${others.map((each) => html`<option value=${each.id}>${words(each.id)}</option>`)}</select>
      <button disabled=${busy.value} onClick=${move}>Move all there</button>
      <button class="danger" disabled=${busy.value} onClick=${stop}>Stop all</button>
    </div>
    ${problem.value && html`<${Failure} problem=${problem.value} />`}
    ${job.value && html`<${Job} id=${job.value} done=${again} />`}`;
}

const SAYING = {
  waiting: "People who are waiting", held: "People whose email is held for review", ended: "People who are through", goal: "People who reached the goal",
  started: "People who started", entered: "People who came here", sent: "People who were sent the email", skipped: "People who were not sent the email", left: "People who went on or left",
};

/** "People who are waiting, at the step “Check in”". */
function title({ step, what, outcome, reason, from }) {
  const who = outcome ? `Ended: ${words(outcome).toLowerCase()}` : SAYING[what] ?? "People who are or were on it";
  return `${who}${step ? `, at the step “${words(step)}”` : ""}${reason ? ` (${words(reason).toLowerCase()})` : ""}${from ? ", since " + dayNamed(from) : ""}`;
}
