// What could not be processed, and what can be done about it.

import { useAddress } from "./address.js";
import { ask, at } from "./api.js";
import { Choice } from "./listing.js";
import { Banner, Card, confirmed, Failure, LoadedPage, Title, useActing, useLoaded } from "./parts.js";
import { count, plural, When, words } from "./words.js";
import { html, useSignal } from "./vendor/preact.js";

export default function DeadLetters({ query = "" }) {
  const [asked, choose] = useAddress("#/dead-letters", query);
  const told = useLoaded(() => ask("dead-letters"));
  const done = useSignal(null);
  return html`<${LoadedPage} of=${told}>${({ queues }) => {
    const full = queues.filter((queue) => queue.depth > 0).toSorted((one, other) => asked.sort === "depth" ? other.depth - one.depth : 0);
    const shown = full.filter((queue) => !asked.queue || queue.queue === asked.queue);
    const empty = queues.filter((queue) => queue.depth === 0).map((queue) => words(queue.queue));
    return html`
      <${Title}>Dead letters<//>
      ${done.value && html`<${Banner}><p>${done.value}</p><//>`}
      <p class="lead">What could not be processed. Nothing is lost: fix the cause, then replay it.</p>
      ${full.length === 0 && !done.value && html`<${Banner}><p><strong>None. </strong>Everything that came in was processed.</p><//>`}
      ${full.length > 1 && html`<search class="fields"><${Choice} title="Queue" value=${asked.queue ?? ""} all="All" choices=${Object.fromEntries(full.map((each) => [each.queue, words(each.queue)]))} choose=${(value) => choose("queue", value)} />
        <${Choice} title="Sorted by" value=${asked.sort ?? ""} choices=${{ "": "Kind", depth: "Most messages" }} choose=${(value) => choose("sort", value)} /></search>`}
      ${shown.map((queue) => html`<${Queue} key=${queue.queue} queue=${queue} done=${(text) => { done.value = text; return told.again(); }} />`)}
      ${full.length > 0 && empty.length > 0 && html`<p class="soft small">Empty: ${empty.join(", ")}.</p>`}`;
  }}<//>`;
}

function Queue({ queue, done }) {
  const { run, busy, problem } = useActing();
  const replay = async () => {
    const sure = await confirmed(`Send ${plural(queue.depth, "message")} of ${queue.queue} back to be processed again? ` +
      "What has been processed before changes nothing; what fails again comes back here.", "Replay");
    if (!sure) return;
    await run(async () => {
      await ask(at("dead-letters", queue.queue, "replay"), {});
      await done(`${plural(queue.depth, "message")} of ${queue.queue} on the way back.`);
    });
  };
  const dismiss = async () => {
    if (!await confirmed(`Throw ${plural(queue.depth, "message")} of ${queue.queue} away? They cannot be replayed after that.`, "Dismiss")) return;
    await run(async () => {
      await ask(at("dead-letters", queue.queue, "dismiss"), {});
      await done(null);
    });
  };
  return html`<${Card}>
    <div class="head"><h2>${words(queue.queue)}: ${plural(queue.depth, "message")}</h2>
      <div class="buttons">
        ${queue.replayable && html`<button disabled=${busy.value} onClick=${replay}>Replay</button>`}
        <button disabled=${busy.value} onClick=${dismiss}>Dismiss</button>
      </div></div>
    ${problem.value && html`<${Failure} problem=${problem.value} />`}
    ${!queue.replayable && html`<p class="small soft">${queue.queue === "refresh"
      ? "A scheduled task that failed three times. The next one does what this one left, so there is nothing to replay."
      : "They cannot be replayed."}</p>`}
    ${["transition", "lake"].includes(queue.queue) && html`<p class="small soft">What Lambda itself gave up on (“Lambda gave up”) names no contact and stays here when the others are replayed; the function's log says more. Dismiss it then.</p>`}
    ${queue.messages.length < queue.depth && html`<p class="small soft">${plural(queue.messages.length, "message")} of about ${count(queue.depth)}:</p>`}
    <ul class="list">${queue.messages.map((of) => html`<li>
      <p>${of.reason}</p>
      <p class="small soft">${of.type ?? "Of an unknown type"}${of.source && ` from ${of.source}`}, received <${When} at=${of.received ?? of.set_aside} />, taken up ${
        plural(of.receives, "time")} (looks at this page included). ${of.id && html`Id <code>${of.id}</code>.`}</p></li>`)}</ul>
  <//>`;
}
