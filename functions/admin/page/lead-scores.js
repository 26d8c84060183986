// Lead scores: models of points that the shop sets itself. All of them, with what each gives points for.

import { whole } from "./api.js";
import { Card, Empty, LoadedPage, More, Tag, Title, useLoaded } from "./parts.js";
import { capital, plural } from "./words.js";
import { html } from "./vendor/preact.js";

const LINKS = { segment: (id) => `#/segments/${id}`, journey: (id) => `#/journeys/${id}`, email: (id) => `#/emails/${id}` };

export default function LeadScores() {
  const told = useLoaded(() => whole("lead-scores", "models", "drafts"));
  return html`<${LoadedPage} of=${told}>${({ models, drafts }) => html`
    <div class="head"><${Title}>Lead scores<//><a class="button strong" href="#/new-lead-score">New lead score</a></div>
    <p class="lead">Points for what people do and are. You set them, everybody sees them, and they fade by themselves. Who has enough is qualified: a segment of them can begin a journey or tell sales.</p>
    ${drafts.length > 0 && html`<${Card} title="Drafts"><ul class="list">${drafts.map((each) => html`<li key=${each.model}><a href="#/lead-scores/${each.model}">${each.name}</a><span class="soft">, not published yet</span></li>`)}</ul><//>`}
    ${models.length === 0 ? html`<${Card}><${Empty}>There is none yet.<//><//>` : models.map((each) => html`<${Model} key=${each.model} of=${each} />`)}`}<//>`;
}

const Model = ({ of }) => html`<section class="card" aria-label=${of.name}>
  <div class="head"><h2>${of.name} ${of.shipped && html`<${Tag}>as shipped<//>`} ${of.drafted && html`<${Tag}>draft changes<//>`}</h2><a class="button" href="#/lead-scores/${of.model}" aria-label="Edit the points of ${of.name}">Edit the points</a></div>
  ${of.sentence && html`<p>${of.sentence}</p>`}
  <p>Qualified from <strong>${plural(of.threshold, "point")}</strong> on, of ${of.most} at most. <span class="soft">${of.decay}</span></p>
  <${More} title=${plural(of.rules.length, "rule")}><ul class="list">${of.rules.map((each) => html`<li>${each}</li>`)}</ul><//>
  <${UsedBy} of=${of} />
  <${Calibrated} of=${of.calibration} />
</section>`;

export const UsedBy = ({ of }) => html`<p class="small soft">${of.used_by.length === 0 ? "Nothing asks for it yet: a segment with the condition “Points of a lead score” does."
  : html`Asked for by ${of.used_by.map((each, n) => html`${n > 0 && ", "}<a href=${LINKS[each.kind](each.id)}>${each.name}</a>`)}.`}</p>`;

const percent = (share) => `${(100 * share).toLocaleString("en", { maximumFractionDigits: 1 })} %`;

/** What points have come to on the shop's own history. */
export const Calibrated = ({ of }) => of === null ? html`<p class="small soft">How likely an order is with how many points is worked out at night.</p>` : html`
  <p class="small">${capital(of.sentence)}</p>
  ${of.bands.length > 0 && html`<div class="scroll" tabindex="0" role="region" aria-label="Orders by points"><table>
    <thead><tr><th scope="col">Points</th><th scope="col" class="number">People</th><th scope="col" class="number">Ordered in 30 days</th><th scope="col" class="number">Most likely between</th></tr></thead>
    <tbody>${of.bands.map((each) => html`<tr><th scope="row">${each.most === null ? `${each.least} and more` : each.least === each.most ? each.least : `${each.least} to ${each.most}`}</th>
      <td class="number">${each.people.toLocaleString("en")}</td><td class="number">${percent(each.share)}</td><td class="number">${percent(each.low)} and ${percent(each.high)}</td></tr>`)}</tbody></table></div>
    <p class="small soft">Of people who had not ordered yet, by the points that events had given them; those for what somebody is are not in it.</p>`}`;
