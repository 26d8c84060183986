// A journey: how it goes, and the people on their way along it.

import { ask, at } from "./api.js";
import { Card, Empty, LoadedPage, SegmentLink, Title, useLoaded } from "./parts.js";
import { count, words } from "./words.js";
import { html } from "./vendor/preact.js";

export default function Journey({ id }) {
  const told = useLoaded(() => ask(at("journeys", id)), [id]);
  return html`<${LoadedPage} of=${told}>${({ journey: { name, sentence, enters, exits }, runs, segments, state_machine: machine }) => {
    const start = html`<${SegmentLink} id=${enters} names=${segments} />`;
    return html`
      <${Title}>${name}<//>
      <p class="lead">${sentence}</p>
      <${Card} title="Runs">${runs.some((each) => each.runs > 0)
        ? html`<dl>${runs.map((each) => html`<dt>${words(each.status)}</dt><dd>${count(each.runs)}${each.more && " or more"}</dd>`)}</dl>`
        : html`<${Empty}>No run yet. The first one begins when a contact enters ${start}.<//>`}<//>
      <${Card} title="How it goes">
        <p>Starts when a contact enters ${start}.</p>
        <ul>${exits.map((exit) => html`<li>Ends early when the contact ${exit.when} <${SegmentLink} id=${exit.segment} names=${segments} />${
          exit.first && " for the first time"}${exit.by.length > 0 && ` by ${exit.by.join(", ")}`}${
          exit.path && `, and goes on with the path ${words(exit.path)}`}.</li>`)}</ul>
        <p class="small soft">Its steps are in the Step Functions console: <code>${machine}</code></p>
      <//>`;
  }}<//>`;
}
