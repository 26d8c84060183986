// An experiment is decided: one arm for everybody, by a new version of its journey.

import { ask, at } from "./api.js";
import { Card, confirmed, Failure, useActing } from "./parts.js";
import { words } from "./words.js";
import { html, useSignal } from "./vendor/preact.js";

export const UnderWay = ({ of }) => html`<label class="check"><input type="checkbox" checked=${of.value} onChange=${(event) => { of.value = event.target.checked; }} /> Runs under way go on by the new version, too</label>`;

export function Decide({ held, again }) {
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
