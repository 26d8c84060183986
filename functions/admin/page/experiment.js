// One experiment with a journey: what it asks, what it says as of its looks, and what is done with it.

import { ask, at } from "./api.js";
import { Duplicate } from "./duplicating.js";
import { METRICS, State } from "./experiments.js";
import { exportAssignments } from "./exporting.js";
import { Banner, Card, confirmed, Empty, Failure, LoadedPage, More, Section, styled, Table, Title, useActing, useLoaded } from "./parts.js";
import { asked } from "./reports.js";
import { count, money, plural, When, words } from "./words.js";
import { html, useSignal } from "./vendor/preact.js";

await styled("experiments.css");

const percent = (share) => `${(100 * share).toFixed(1)} %`;
const NIGHTS = 30; // of moves of the shares that are shown, the newest
const DID = { clicked: "clicked", ordered: "ordered" };

export default function Experiment({ id }) {
  const told = useLoaded(() => ask(at("experiments", id)), [id]);
  return html`<${LoadedPage} of=${told}>${(held) => html`<${Shown} held=${held} again=${told.again} />`}<//>`;
}

function Shown({ held, again }) {
  const { experiment: made, state, decision } = held;
  return html`<div class="head"><${Title}>${made.name} <${State} of=${state} /><//>
      <div class="buttons"><${Duplicate} kind="experiments" id=${made.id} page=${(copy) => `#/experiments/${copy}`} /></div></div>
    <p class="lead">${made.hypothesis}</p>
    ${held.repeats.map((each) => html`<${Banner}><p><strong>This has been asked before:</strong> <a href="#/experiments/${each.id}">${each.name}</a>, decided <${When} at=${each.at} /> for ${words(each.winner)}. ${each.result.join(" ")}</p><//>`)}
    ${state === "running" && !held.taking_in && html`<${Banner}><p>Nobody new takes part: the journey is paused, or is published without it.</p><//>`}
    ${decision && html`<${Card} title="Decided"><p><strong>${words(decision.winner)}</strong> for everybody since <${When} at=${decision.at} />, by version ${decision.version} of the journey: ${decision.why}</p>
      ${decision.result.map((each) => html`<p>${each}</p>`)}
      <p class="soft small">To take it back, publish an earlier version: <a href="#/journeys/${made.journey}">Versions</a> are on the journey’s page.</p><//>`}
    <${Says} id=${made.id} state=${state} />
    <${Card} title="What it asks"><dl>
      <dt>Where</dt><dd><a href="#/journeys/${made.journey}">${words(made.journey)}</a>, ${words(made.step)}</dd>
      <dt>Arms</dt><dd>${held.arms.map((name, n) => html`${n > 0 && ", "}${words(name)}${n === 0 && held.arms.length > 1 && " (the others are compared with it)"}`)}${made.holdout > 0 && `; ${made.holdout} % held out`}</dd>
      ${made.variants.filter((each) => each.subject || each.template).map((each) => html`<dt>${words(each.id)}</dt><dd>${[each.subject && `subject “${each.subject}”`, each.template && `email ${words(each.template)}`].filter(Boolean).join(", ")}</dd>`)}
      <dt>Better when</dt><dd>${METRICS[made.metric]} within ${made.within}; at least ${made.metric === "revenue" ? `${money(made.least)} a person` : `${(100 * made.least).toFixed(1)} points`} matters</dd>
      ${made.adaptive && html`<dt>Adaptive</dt><dd>beyond a fixed slice, people get what does best so far; only the slice decides</dd>`}
      <dt>Planned for</dt><dd>${made.people === undefined ? "no end: what it says holds whenever you look" : html`${plural(made.people, "person", "people")}${made.adaptive && " of the fixed slice"}, with ${plural(made.looks, "look")}`}</dd>
      ${made.by_segments.length > 0 && html`<dt>Asked apart for</dt><dd>${made.by_segments.map(words).join(", ")}</dd>`}
      ${held.began && html`<dt>Began</dt><dd><${When} at=${held.began} />, with version ${held.version}</dd>`}
    </dl><//>
    ${state === "draft" && html`<${Start} held=${held} again=${again} />`}
    ${state === "running" && html`<${Decide} held=${held} again=${again} />`}`;
}

const Says = ({ id, state }) => html`<${Section} title=${state === "draft" ? "What it can show" : "What it says"} on=${[id, state]} load=${() => asked(at("experiments", id, "results"))}>${(found) => html`
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

const UnderWay = ({ of }) => html`<label class="check"><input type="checkbox" checked=${of.value} onChange=${(event) => { of.value = event.target.checked; }} /> Runs under way go on by the new version, too</label>`;

function Start({ held, again }) {
  const { run, busy, problem } = useActing();
  const moves = useSignal(false);
  const { experiment: made, etag } = held;
  const path = at("experiments", made.id);
  const begin = async () => {
    if (!await confirmed(`Publish a new version of the journey with this experiment? From then on it stays as it is.`, "Start it")) return;
    await run(async () => { await ask(`${path}/start`, { under_way: moves.value ? "move" : "finish" }); await again(); });
  };
  const drop = async () => {
    if (!await confirmed("Delete this draft?", "Delete it")) return;
    await run(async () => { await ask(path, undefined, "DELETE", etag); location.hash = "#/experiments"; });
  };
  return html`<${Card} title="Start it"><p>It is published with the journey. Who comes to the step by a run that begins from then on takes part.</p>
    <${UnderWay} of=${moves} />
    <div class="buttons"><button class="strong" disabled=${busy.value} onClick=${begin}>Start the experiment</button><button disabled=${busy.value} onClick=${drop}>Delete the draft</button></div>
    ${problem.value && html`<${Failure} problem=${problem.value} />`}<//>`;
}

function Decide({ held, again }) {
  const { run, busy, problem } = useActing();
  const [winner, why, moves] = [useSignal(held.arms[0]), useSignal(""), useSignal(false)];
  const path = at("experiments", held.experiment.id, "decide");
  const decide = async (event) => {
    event.preventDefault();
    if (!await confirmed(`Publish a new version of the journey in which everybody gets ${words(winner.value)}?`, "Decide it")) return;
    await run(async () => {
      const body = { winner: winner.value, why: why.value, under_way: moves.value ? "move" : "finish" };
      let told = await ask(path, body);
      while (told.query) told = await ask(`${path}?query=${encodeURIComponent(told.query)}`, body);
      await again();
    });
  };
  return html`<${Card} title="Decide it"><form onSubmit=${decide}>
    <p>Any arm, whenever you like: what it says now is kept with it. Runs under way keep their arm.</p>
    <div class="fields">
      <label>For everybody <select value=${winner.value} onChange=${(event) => { winner.value = event.target.value; }}>${held.arms.map((name) => html`<option value=${name} selected=${name === winner.value}>${words(name)}</option>`)}</select></label>
      <label class="grow">Why <input required maxlength="500" value=${why.value} onInput=${(event) => { why.value = event.target.value; }} /></label></div>
    <${UnderWay} of=${moves} />
    <div class="buttons"><button class="strong" disabled=${busy.value}>Decide it</button></div>
    ${problem.value && html`<${Failure} problem=${problem.value} />`}</form><//>`;
}
