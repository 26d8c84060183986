// A journey that is not there yet: a name, and it is a draft, with steps to begin from.

import { ask } from "./api.js";
import { Failure, Title, useActing } from "./parts.js";
import { idOf } from "./words.js";
import { html, useRef } from "./vendor/preact.js";

const BEGINNING = {
  sentence: "Thanks whoever has ordered three times, a day later, and again after a month of quiet.",
  trigger: { kind: "segment", segment: "repeat_buyers" },
  entry: { again: "once" },
  exits: [{ on: { kind: "event", events: ["Order Completed"] }, goal: true }],
  steps: [
    { id: "a_day_later", kind: "wait", for: "1d" },
    { id: "thank_you", kind: "send" },
    { id: "a_month", kind: "wait", for: "30d" },
    { id: "we_miss_you", kind: "send" },
  ],
};

export default function NewJourney() {
  const form = useRef();
  const { run, busy, problem } = useActing();
  const make = (event) => {
    event.preventDefault();
    const name = new FormData(form.current).get("name").trim();
    const id = idOf(name, "journey", 40);
    return run(async () => {
      await ask("journeys", { definition: { id, name, ...BEGINNING } });
      location.hash = `#/journeys/${id}/edit`;
    });
  };
  return html`<${Title}>New journey<//>
    <p class="lead">It begins with an example: say when it starts, what it does, step by step, and what ends it. Nobody is written to until you publish it and switch it on.</p>
    <form class="card" ref=${form} onSubmit=${make}>
      <div class="fields"><label class="grow">Name, as your team sees it<input name="name" required maxlength="80" placeholder="After three orders" /></label></div>
      ${problem.value && html`<${Failure} problem=${problem.value} />`}
      <div class="buttons"><button class="strong" disabled=${busy.value}>Go on</button></div>
    </form>`;
}
