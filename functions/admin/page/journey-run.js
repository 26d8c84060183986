// One contact's way along a journey: what happened at which step, and what comes next.

import { ask, at } from "./api.js";
import { Banner, Card, confirmed, ContactLink, Empty, Failure, LoadedPage, Title, useActing, useLoaded } from "./parts.js";
import { distance, When, words } from "./words.js";
import { html } from "./vendor/preact.js";

export default function Run({ contact, number }) {
  const told = useLoaded(async () => {
    const [who, run] = await Promise.all([ask(at("contacts", contact)), ofContact(contact, Number(number))]);
    return { who, run };
  }, [contact, number]);
  return html`<${LoadedPage} of=${told}>${({ who, run }) => run === undefined
    ? html`<${Title}>Nothing is here<//><${Empty}>This contact has no such run.<//>`
    : html`<${Whole} who=${who} run=${run} again=${told.again} />`}<//>`;
}

async function ofContact(contact, number) {
  let page = await ask(at("contacts", contact, "runs"));
  for (;;) {
    const found = page.runs.find((each) => each.number === number);
    if (found || page.cursor === null) return found;
    page = await ask(`${at("contacts", contact, "runs")}?cursor=${encodeURIComponent(page.cursor)}`);
  }
}

function Whole({ who, run: of, again }) {
  const { run, busy, problem } = useActing();
  const stop = async () => {
    if (!await confirmed(`Stop this run? ${who.name ?? who.email ?? "The contact"} gets nothing more of it.`, "Stop it")) return;
    await run(async () => {
      await ask("runs/stop", { journey: of.journey, run: of.run, contact: who.contact });
      await again();
    });
  };
  return html`
    <div class="head"><${Title}>${of.name}<//>${of.outcome === null && html`<button class="danger" disabled=${busy.value} onClick=${stop}>Stop this run</button>`}</div>
    <p class="lead">For <${ContactLink} of=${who} />, by version ${of.version} of <a href="#/journeys/${of.journey}">the journey</a>.</p>
    ${problem.value && html`<${Failure} problem=${problem.value} />`}
    <${Banner}>${of.outcome === null
      ? html`<p>At <strong>${words(of.step)}</strong> since <${When} at=${of.since} />${of.held ? ", with an email that waits for you to let it go" : ""}${of.wake_at ? html`; goes on <${When} at=${of.wake_at} />, ${distance(of.wake_at)}` : ""}.</p>`
      : html`<p>Ended: <strong>${words(of.outcome).toLowerCase()}</strong>, <${When} at=${of.ended} />.</p>`}<//>
    <${Card} title="How it went"><ol class="timeline">${of.records.toReversed().map((each) => html`<${Happened} of=${each} />`)}</ol><//>`;
}

const LOOKS = { sent: "transition", sent_after: "transition", goal: "transition", skipped: "refused" };
const OF_THE_RUN = ["began", "goal", "ended"]; // and not of the step at which it was

const Happened = ({ of }) => html`<li class=${LOOKS[of.what]}><span class="when"><${When} at=${of.time} /></span>${
  of.step && !OF_THE_RUN.includes(of.what) && html`<strong>${words(of.step)}</strong>: `}${
  of.what === "passed" && of.why && of.why !== "timed_out" ? html`went on to ${words(of.why)}.` : of.words}</li>`;
