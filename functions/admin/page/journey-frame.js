// What all pages of a journey have: its name and state, the switch, and the way between them.

import { ask, at } from "./api.js";
import { Duplicate } from "./duplicating.js";
import { confirmed, Failure, Tag, Title, useActing } from "./parts.js";
import { words } from "./words.js";
import { html, useSignal } from "./vendor/preact.js";

const KINDS = { live: "good", paused: "note", review: "note", draft: "" };
const TABS = [["", "Overview"], ["edit", "Edit"], ["play", "Play"], ["simulate", "Simulate"], ["people", "People"]];

export const StateTag = ({ of }) => html`<${Tag} kind=${KINDS[of.state]}>${of.state}<//>${
  (of.has_draft || of.draft) && of.state !== "draft" && html` <${Tag}>draft changes<//>`}`;

/** What there is of it: as it is published, or else the draft. */
export const shown = (told) => told.journey ?? told.draft.definition;

/** `told` is the journey as the API tells it, `here` the tab. */
export function Frame({ told, here, again, children }) {
  const { id, name, sentence } = shown(told);
  return html`
    <div class="head"><${Title}>${name}${TABS.find(([tab]) => tab === here && tab !== "") && html`<span class="hidden">: ${here}</span>`}<//>
      <div class="buttons"><${Duplicate} kind="journeys" id=${id} page=${(copy) => `#/journeys/${copy}/edit`} /><${Switch} told=${told} again=${again} /></div></div>
    <p class="lead">${sentence}</p>
    <nav class="tabs" aria-label="Of this journey">${TABS.map(([tab, title]) => html`
      <a href="#/journeys/${id}${tab && `/${tab}`}" aria-current=${tab === here ? "page" : null}>${title}</a>`)}</nav>
    ${children}`;
}

const QUESTIONS = {
  live: (name) => [`Let “${name}” go on? What waited meanwhile goes out now, unless it has become too late for it.`, "Go on"],
  paused: (name) => [`Pause “${name}”? Nobody starts, and those under way wait where they are. They can still leave it, by an order or an unsubscribe.`, "Pause"],
};

/** Draft, live or paused. A draft is switched on by being published; a journey that was on once does not become a draft again. */
function Switch({ told, again }) {
  const { run, busy, problem } = useActing();
  const publishing = useSignal(null);
  const { id, name } = shown(told);
  const turn = async (state) => {
    if (state === told.state) return;
    if (told.state === "draft") {
      await run(async () => {
        const { etag } = await ask(at("journeys", id)); // what is written meanwhile is kept by itself
        publishing.value = { ...await import("./journey-publishing.js"), ...await ask(at("journeys", id, "dry-run"), {}), etag };
      });
      return;
    }
    if (!await confirmed(...QUESTIONS[state](name))) return;
    await run(async () => {
      await ask(at("journeys", id, "state"), { state });
      await again();
    });
  };
  return html`<div><div class="switch" role="group" aria-label="State of the journey">
    ${["draft", "live", "paused"].map((state) => html`<button aria-pressed=${String(told.state === state)} class=${KINDS[state]}
      disabled=${busy.value || (state === "draft" ? told.state !== "draft" : state === "paused" && told.state === "draft")} onClick=${() => turn(state)}>${words(state)}</button>`)}
  </div>${problem.value && html`<${Failure} problem=${problem.value} />`}
  ${publishing.value && html`<${publishing.value.Publishing} told=${told} id=${id} found=${publishing.value} etag=${publishing.value.etag} done=${again} close=${() => { publishing.value = null; }} />`}</div>`;
}
