// All tests there are: experiments with journeys and segments, campaigns' tests, the shop's holdout; and what was learnt of those that are
// decided.

import { whole } from "./api.js";
import { Listing } from "./listing.js";
import { Card, LoadedPage, styled, Table, Tag, Title, useLoaded } from "./parts.js";
import { When, words } from "./words.js";
import { html } from "./vendor/preact.js";

await styled("experiments.css");

export const METRICS = { clicked: "more people click", ordered: "more people order", revenue: "people spend more" };
const KINDS = { journey: "journey", segment: "segment", campaign: "campaign", shop: "the whole shop" };
const STATES = { draft: "draft", running: "running", ended: "ended", decided: "decided" };
const SORTS = {
  newest: ["Newest", (one, other) => other.since - one.since],
  name: ["Name", (one, other) => one.name.localeCompare(other.name)],
};
const LINKS = { journey: (each) => `#/experiments/${each.id}`, segment: (each) => `#/experiments/${each.id}`, campaign: (each) => `#/campaigns/${each.id}`, shop: () => "#/reports" };

export const State = ({ of }) => html`<${Tag} kind=${of === "running" ? "good" : ""}>${STATES[of]}<//>`;

export default function Experiments({ query = "" }) {
  const told = useLoaded(() => whole("experiments", "experiments"));
  return html`<${LoadedPage} of=${told}>${({ experiments, as_of: asOf }) => html`
    <div class="head"><${Title}>Experiments<//><a class="button strong" href="#/new-experiment">New experiment</a></div>
    <p class="lead">What works, asked of people by lot. Each says what it is decided by before it begins, and what it showed stays here: search it before you ask the same again.${asOf !== null && html` What the others say is as of <${When} at=${asOf} />.`}</p>
    <${Card}><${Listing} path="#/experiments" query=${query} rows=${experiments} sorts=${SORTS} nothing="No experiment yet, no campaign with variants, and nobody is held out."
      text=${(each) => [each.id, each.name, each.hypothesis, each.journey, each.step, each.segment, each.winner, each.why, ...each.result].join(" ")}
      filters=${[{ name: "state", title: "State", of: (each) => each.state, choices: STATES }, { name: "kind", title: "Of", of: (each) => each.kind, choices: KINDS }]}>${(found) => html`<${Table} label="Experiments" stacked rows=${found} columns=${[
      { title: "Experiment", cell: (each) => html`<a href=${LINKS[each.kind](each)}>${each.name}</a> <${State} of=${each.state} /><span class="under">${each.hypothesis}</span>` },
      { title: "Where", cell: (each) => each.journey ? html`<a href="#/journeys/${each.journey}">${words(each.journey)}</a><span class="under">${words(each.step)}</span>` : each.segment ? html`<a href="#/segments/${each.segment}">${words(each.segment)}</a><span class="under">its criteria</span>` : KINDS[each.kind] },
      { title: "Better when", cell: (each) => METRICS[each.metric] },
      { title: "Began", cell: (each) => each.began === null ? "" : html`<${When} at=${each.began} />` },
      { title: "What it says", cell: (each) => html`<div class="found"><${Says} of=${each} /></div>` },
    ]} />`}<//><//>`}<//>`;
}

/** Of a decided one what was said then, of a campaign's test what its end said; of others what the last night has found. */
function Says({ of }) {
  if (of.state === "draft") return html`<span class="soft">not begun</span>`;
  if (of.state === "decided") {
    return html`${of.winner === null ? html`<strong>Stopped</strong>` : html`<strong>${words(of.winner)}</strong> for everybody`}: ${of.why}${of.result.map((each) => html`<span class="under">${each}</span>`)}`;
  }
  const says = of.result.length > 0 ? of.result : of.says;
  return html`${!of.balanced && html`<strong class="bad">The arms’ sizes are not what the draw would give. </strong>`}${says.length > 0 ? says.map((each) => html`<p>${each}</p>`) : html`<span class="soft">the next night says it here</span>`}`;
}
