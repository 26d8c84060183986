// An experiment is decided: one arm for everybody, by a new version of its journey or segment; or, with a segment, stopped.

import { ask, at } from "./api.js";
import { Card, confirmed, Failure, Loaded, useActing, useLoaded } from "./parts.js";
import { words } from "./words.js";
import { html, useSignal } from "./vendor/preact.js";

export const UnderWay = ({ of }) => html`<label class="check"><input type="checkbox" checked=${of.value} onChange=${(event) => { of.value = event.target.checked; }} /> Runs under way go on by the new version, too</label>`;

/** `Effects`, of experiment-criteria.js: loaded for those with a segment only. */
export function OnSegment(of) {
  const loaded = useLoaded(() => import("./experiment-criteria.js"), []);
  return html`<${Loaded} of=${loaded}>${({ Effects }) => html`<${Effects} ...${of} />`}<//>`;
}

const NOBODY = "";

export function Decide({ held, again }) {
  const { run, busy, problem } = useActing();
  const isSegment = held.experiment.segment !== undefined;
  const [winner, why, moves, journeys] = [useSignal(held.arms[0]), useSignal(""), useSignal(false), useSignal(false)];
  const path = at("experiments", held.experiment.id, "decide");
  const question = () => {
    if (winner.value === NOBODY) return "Stop it, and publish the segment as it was?";
    return `Publish a new version of the ${isSegment ? "segment" : "journey"} in which everybody gets ${words(winner.value)}?`;
  };
  const decide = async (event) => {
    event.preventDefault();
    if (!await confirmed(question(), winner.value === NOBODY ? "Stop it" : "Decide it")) return;
    await run(async () => {
      const how = isSegment ? { start_journeys: journeys.value } : { under_way: moves.value ? "move" : "finish" };
      const body = { why: why.value, ...how, ...(winner.value !== NOBODY && { winner: winner.value }) };
      let told = await ask(path, body);
      while (told.query) told = await ask(`${path}?query=${encodeURIComponent(told.query)}`, body);
      await again();
    });
  };
  return html`<${Card} title="Decide it"><form class="deciding" onSubmit=${decide}>
    <p>Any arm, whenever you like: what it says now is kept with it.${!isSegment && " Runs under way keep their arm."}</p>
    <div class="fields">
      <label>For everybody <select value=${winner.value} onChange=${(event) => { winner.value = event.target.value; }}>${held.arms.map((name) => html`<option value=${name} selected=${name === winner.value}>${words(name)}</option>`)}${isSegment && html`<option value=${NOBODY} selected=${winner.value === NOBODY}>neither: stop it, and leave the segment as it was</option>`}</select></label>
      <label class="grow">Why <input required maxlength="500" value=${why.value} onInput=${(event) => { why.value = event.target.value; }} /></label></div>
    ${isSegment ? html`<${OnSegment} id=${held.experiment.id} winner=${winner.value} journeys=${journeys} />` : html`<${UnderWay} of=${moves} />`}
    <div class="buttons"><button class="strong" disabled=${busy.value}>${winner.value === NOBODY ? "Stop it" : "Decide it"}</button></div>
    ${problem.value && html`<${Failure} problem=${problem.value} />`}</form><//>`;
}
