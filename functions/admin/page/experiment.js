// One experiment with a journey or a segment: its draft, or what it asks and says, and how it is decided.

import { ask, at } from "./api.js";
import { Duplicate } from "./duplicating.js";
import { METRICS, State } from "./experiments.js";
import { Decide } from "./experiment-deciding.js";
import { Drafted } from "./experiment-editor.js";
import { Says } from "./experiment-results.js";
import { Banner, Card, LoadedPage, styled, Title, useLoaded } from "./parts.js";
import { money, plural, When, words } from "./words.js";
import { html } from "./vendor/preact.js";

await styled("experiments.css");

/** A duration as the API writes it, "30d": "30 days". */
const lasting = (text) => plural(parseInt(text, 10), { d: "day", h: "hour", min: "minute", s: "second" }[text.replace(/^\d+/, "")]);

export default function Experiment({ id }) {
  const told = useLoaded(() => ask(at("experiments", id)), [id]);
  return html`<${LoadedPage} of=${told}>${(held) => html`<${Shown} held=${held} again=${told.again} />`}<//>`;
}

function Shown({ held, again }) {
  const { experiment: made, state, decision } = held;
  return html`<div class="head"><${Title}>${made.name} <${State} of=${state} /><//>
      <div class="buttons"><${Duplicate} kind="experiments" id=${made.id} page=${(copy) => `#/experiments/${copy}`} /></div></div>
    ${state !== "draft" && html`<p class="lead">${made.hypothesis}</p>`}
    ${held.repeats.map((each) => html`<${Banner}><p><strong>This has been asked before:</strong> <a href="#/experiments/${each.id}">${each.name}</a>, ${each.winner === null ? "stopped" : "decided"} <${When} at=${each.at} />${each.winner !== null && ` for ${words(each.winner)}`}. ${each.result.join(" ")}</p><//>`)}
    ${state === "running" && !held.taking_in && html`<${Banner}><p>Nobody new takes part: ${made.segment ? "the segment is not decided by it" : "the journey is paused, or is published without it"}.</p><//>`}
    ${decision && html`<${Card} title="Decided"><p>${decision.winner === null ? html`<strong>Stopped</strong>, with nobody’s win, ` : html`<strong>${words(decision.winner)}</strong> for everybody since `}<${When} at=${decision.at} />, by ${made.segment ? `publication ${decision.version}` : `version ${decision.version} of the journey`}: ${decision.why}</p>
      ${decision.result.map((each) => html`<p>${each}</p>`)}
      <p class="soft small">To take it back, publish an earlier version: <a href=${made.segment ? `#/segments/${made.segment}` : `#/journeys/${made.journey}`}>Versions</a> are on the ${made.segment ? "segment" : "journey"}’s page.</p><//>`}
    ${state === "draft" ? html`<${Drafted} held=${held} again=${again} />` : html`
    <${Says} id=${made.id} state=${state} />
    <${Card} title="What it asks"><dl>
      <dt>Where</dt><dd>${made.segment ? html`<a href="#/segments/${made.segment}">${words(made.segment)}</a>, its criteria` : html`<a href="#/journeys/${made.journey}">${words(made.journey)}</a>, ${words(made.step)}`}</dd>
      <dt>Arms</dt><dd>${held.arms.map((name, n) => html`${n > 0 && ", "}${words(name)}${n === 0 && held.arms.length > 1 && " (the others are compared with it)"}`)}${made.holdout > 0 && `; ${made.holdout} % held out`}</dd>
      ${made.segment && html`<dt>A</dt><dd>the segment as it was, for half of all contacts</dd><dt>B</dt><dd>for the other half, somebody who ${held.words}</dd>`}
      ${made.variants.filter((each) => each.subject || each.template).map((each) => html`<dt>${words(each.id)}</dt><dd>${[each.subject && `subject “${each.subject}”`, each.template && `email ${words(each.template)}`].filter(Boolean).join(", ")}</dd>`)}
      <dt>Better when</dt><dd>${METRICS[made.metric]} within ${lasting(made.within)}; at least ${made.metric === "revenue" ? `${money(made.least)} a person` : `${(100 * made.least).toFixed(1)} points`} matters</dd>
      ${made.adaptive && html`<dt>Adaptive</dt><dd>beyond a fixed slice, people get what does best so far; only the slice decides</dd>`}
      <dt>Planned for</dt><dd>${made.people === undefined ? "no end: what it says holds whenever you look" : html`${plural(made.people, "person", "people")}${made.adaptive && " of the fixed slice"}, with ${plural(made.looks, "look")}`}</dd>
      ${made.by_segments.length > 0 && html`<dt>Asked apart for</dt><dd>${made.by_segments.map(words).join(", ")}</dd>`}
      ${held.began && html`<dt>Began</dt><dd><${When} at=${held.began} />, with ${made.segment ? "publication" : "version"} ${held.version}</dd>`}
    </dl><//>`}
    ${state === "running" && html`<${Decide} held=${held} again=${again} />`}`;
}
