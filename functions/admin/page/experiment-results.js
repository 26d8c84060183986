// What an experiment shows: of a draft what it can show, then arm by arm, as of its looks.

import { at } from "./api.js";
import { exportAssignments } from "./exporting.js";
import { Empty, Failure, More, Section, Table, useActing } from "./parts.js";
import { asked } from "./reports.js";
import { count, money, plural, When, words } from "./words.js";
import { html, useSignal } from "./vendor/preact.js";

const percent = (share) => `${(100 * share).toFixed(1)} %`;
const NIGHTS = 30; // of moves of the shares that are shown, the newest
const DID = { clicked: "clicked", ordered: "ordered" };

/** `as`: when it changes, it is asked again. */
export const Says = ({ id, state, as }) => html`<${Section} title=${state === "draft" ? "What it can show" : "What it says"} on=${[id, state, as]} load=${() => asked(at("experiments", id, "results"))}>${(found) => html`
  ${found.expected.map((each) => html`<p>${each}</p>`)}
  ${!found.balanced && html`<p class="bad" role="alert">The arms’ sizes are not what the draw would give: some people of one arm are missing, and no result is to be trusted.</p>`}
  ${found.compared.map((each) => html`<p class=${each.verdict === "better" ? "good" : ""}>${each.words}${each.look && html` <span class="soft">(look ${each.look} of ${found.looks.length})</span>`}</p>`)}
  ${found.by_segment.length > 0 && html`<h3>For some, and for others</h3>${found.alike && html`<p>${found.alike}</p>`}<ul>${found.by_segment.map((each) => html`<li class=${each.differs ? "note" : ""}>${each.words}</li>`)}</ul>
    <p class="soft small">Of the segments named before it began, as people were in them when they came. All are asked at once, so that one in twenty of the differences told is chance.</p>`}
  ${found.guards?.words.map((each) => html`<p class=${found.guards.harmed ? "note" : "soft"}>${each}</p>`)}
  ${state !== "draft" && (found.arms.every((each) => each.people === 0) ? html`<${Empty}>Nobody has taken part yet.<//>` : html`
    <${Intervals} arms=${found.arms} />
    <${More} title="As a table" open><${Table} stacked label="Arm by arm" rows=${found.arms} columns=${[
      { title: "Arm", cell: (each) => words(each.variant) },
      { title: "People so far", number: true, cell: (each) => count(each.people) },
      { title: "Clicked", number: true, cell: (each) => each.variant === "holdout" ? "–" : count(each.clicked) },
      { title: "Ordered", number: true, cell: (each) => count(each.ordered) },
      { title: "Revenue", number: true, cell: (each) => money(each.revenue) },
      { title: "Unsubscribed", number: true, cell: (each) => count(each.unsubscribed) },
      { title: "Reported as spam", number: true, cell: (each) => count(each.complained) },
    ]} /><//>
    ${found.looks.length > 0 && html`<${More} title="The planned looks"><${Table} label="Looks" rows=${found.looks} columns=${[
      { title: "Look", cell: (each) => each.number },
      { title: "At so many people", number: true, cell: (each) => count(each.people) },
      { title: "Since", cell: (each) => each.at === null ? "to come" : html`<${When} at=${each.at} />` },
    ]} /><//>`}
    <p class="soft small">As of <${When} at=${found.as_of} />. ${found.looks.length > 0 ? "Verdicts come at the planned looks only: who decides at the first difference they see takes chance for a result." : "It has no planned end: look whenever you like. What was found better or worse stays so."}</p>
    <${Export} id=${id} />`)}
  ${found.adaptive && html`<${Adaptive} of=${found.adaptive} />`}`}<//>`;

/** Of those beyond the fixed slice: what they get now, and how that has moved. */
const Adaptive = ({ of }) => html`<${More} title="Who gets what, beyond the fixed slice" open>
  <p>All that is said above is said of a fixed slice, ${of.fixed} in a hundred of the people, whom nothing moves. ${of.words}</p>
  <${Table} stacked label="Beyond the fixed slice" rows=${of.arms} columns=${[
    { title: "Variant", cell: (each) => words(each.variant) },
    { title: "People so far", number: true, cell: (each) => count(each.people) },
    { title: "Clicked", number: true, cell: (each) => count(each.clicked) },
    { title: "Ordered", number: true, cell: (each) => count(each.ordered) },
  ]} />
  ${of.moves.length > 0 && html`<${Table} label="How the shares moved" rows=${of.moves.slice(-NIGHTS).reverse()} columns=${[
    { title: "Since", cell: (each) => html`<${When} at=${each.at} />` },
    ...of.arms.map(({ variant }) => ({ title: words(variant), number: true, cell: (each) => percent(each.shares[variant] ?? 0) })),
  ]} />`}<//>`;

/** Each arm's share, and where the true one may lie. */
function Intervals({ arms }) {
  const most = Math.max(...arms.map((each) => each.interval[1]), 0.01);
  const across = (share) => (100 * share / most).toFixed(1);
  return html`<figure class="intervals"><figcaption>How many of an arm’s people ${[...new Set(arms.map((each) => DID[each.by]))].join(" or ")} so far, and where their true share lies nineteen times of twenty</figcaption>
    ${arms.map((each) => {
      const rate = each.people > 0 ? each[each.by] / each.people : 0;
      const says = `${words(each.variant)}: ${percent(rate)} ${DID[each.by]}, ${percent(each.interval[0])} to ${percent(each.interval[1])}`;
      return html`<div class="interval"><span>${words(each.variant)}</span><svg viewBox="0 0 100 10" preserveAspectRatio="none" role="img" aria-label=${says}><path class="grid" d="M0 5H100" /><path class="reach" d="M${across(each.interval[0])} 5H${across(each.interval[1])}" /><path class="at" d="M${across(rate)} 0V10" /></svg><span class="number">${percent(rate)}</span></div>`;
    })}</figure>`;
}

function Export({ id }) {
  const { run, busy, problem } = useActing();
  const far = useSignal(0);
  const give = () => run(() => exportAssignments(id, (people) => { far.value = people; }));
  return html`<button disabled=${busy.value} onClick=${give}>${busy.value && far.value > 0 ? `${plural(far.value, "person", "people")} so far …` : "Export who is in which arm"}</button>${problem.value && html`<${Failure} problem=${problem.value} />`}`;
}
