// All tests there are: experiments with journeys, campaigns' tests, the shop's holdout; and what was learnt of those that are
// decided.

import { at, whole } from "./api.js";
import { Listing } from "./listing.js";
import { Card, LoadedPage, styled, Table, Tag, Title, useLoaded } from "./parts.js";
import { asked } from "./reports.js";
import { When, words } from "./words.js";
import { html } from "./vendor/preact.js";

await styled("experiments.css");

export const METRICS = { clicked: "more people click", ordered: "more people order", revenue: "people spend more" };
const KINDS = { journey: "journey", campaign: "campaign", shop: "the whole shop" };
const STATES = { draft: "draft", running: "running", ended: "sent", decided: "decided" };
const SORTS = {
  newest: ["Newest", (one, other) => other.since - one.since],
  name: ["Name", (one, other) => one.name.localeCompare(other.name)],
};
const LINKS = { journey: (each) => `#/experiments/${each.id}`, campaign: (each) => `#/campaigns/${each.id}`, shop: () => "#/reports" };
const RESULTS = { journey: (each) => at("experiments", each.id, "results"), campaign: (each) => at("campaigns", each.id, "results"), shop: () => "reports/holdout" };

export const State = ({ of }) => html`<${Tag} kind=${of === "running" ? "good" : ""}>${STATES[of]}<//>`;

export default function Experiments({ query = "" }) {
  const told = useLoaded(() => whole("experiments", "experiments"));
  return html`<${LoadedPage} of=${told}>${({ experiments }) => html`
    <div class="head"><${Title}>Experiments<//><a class="button strong" href="#/new-experiment">New experiment</a></div>
    <p class="lead">What works, asked of people by lot. Each says what it is decided by before it begins, and what it showed stays here: search it before you ask the same again.</p>
    <${Card}><${Listing} path="#/experiments" query=${query} rows=${experiments} sorts=${SORTS} nothing="No experiment yet, no campaign with variants, and nobody is held out."
      text=${(each) => [each.id, each.name, each.hypothesis, each.journey, each.step, each.winner, each.why, ...each.result].join(" ")}
      filters=${[{ name: "state", title: "State", of: (each) => each.state, choices: STATES }, { name: "kind", title: "Of", of: (each) => each.kind, choices: KINDS }]}>${(found) => html`<${Table} label="Experiments" stacked rows=${found} columns=${[
      { title: "Experiment", cell: (each) => html`<a href=${LINKS[each.kind](each)}>${each.name}</a> <${State} of=${each.state} /><span class="under">${each.hypothesis}</span>` },
      { title: "Where", cell: (each) => each.journey ? html`<a href="#/journeys/${each.journey}">${words(each.journey)}</a><span class="under">${words(each.step)}</span>` : KINDS[each.kind] },
      { title: "Better when", cell: (each) => METRICS[each.metric] },
      { title: "Began", cell: (each) => each.began === null ? "" : html`<${When} at=${each.began} />` },
      { title: "What it says", cell: (each) => html`<div class="found"><${Says} of=${each} key=${`${each.kind} ${each.id}`} /></div>` },
    ]} />`}<//><//>`}<//>`;
}

/** Of a decided one what was said then; of others what can be said now. */
function Says({ of }) {
  const told = useLoaded(async () => of.state === "decided" || of.state === "draft" ? null : asked(RESULTS[of.kind](of)));
  if (of.state === "draft") return html`<span class="soft">not begun</span>`;
  if (of.state === "decided") {
    return html`<strong>${words(of.winner)}</strong> for everybody: ${of.why}${of.result.map((each) => html`<span class="under">${each}</span>`)}`;
  }
  if (told.problem) return html`<span class="soft">could not be loaded</span>`;
  if (!told.value) return html`<span class="soft" aria-busy="true">Loading …</span>`;
  const said = of.kind === "shop" ? [told.value.words] : told.value.compared.map((each) => each.words);
  return html`${told.value.balanced === false && html`<strong class="bad">The arms’ sizes are not what the draw would give. </strong>`}${said.length > 0 ? said.map((each) => html`<p>${each}</p>`) : html`<span class="soft">nobody has taken part yet</span>`}`;
}
