// A lead score that is not there yet: it is a draft from its name on.

import { ask } from "./api.js";
import { Failure, Title, useActing } from "./parts.js";
import { idOf } from "./words.js";
import { html, useRef } from "./vendor/preact.js";

const BEGINS = { half_life: "30d", threshold: 10, rules: [{ kind: "event", event: "Product Viewed", points: 2, up_to: 5 }] };

export default function NewLeadScore() {
  const form = useRef();
  const { run, busy, problem } = useActing();
  const make = (event) => {
    event.preventDefault();
    const name = new FormData(form.current).get("name").trim();
    const id = idOf(name, "lead_score", 40);
    return run(async () => {
      await ask("lead-scores", { definition: { id, name, ...BEGINS } });
      location.hash = `#/lead-scores/${id}`;
    });
  };
  return html`<${Title}>New lead score<//>
    <p class="lead">It is a draft until you publish it.</p>
    <form class="card" ref=${form} onSubmit=${make}>
      <div class="fields"><label class="grow">Name <input name="name" required maxlength="80" autocomplete="off" placeholder="Lead" /></label></div>
      ${problem.value && html`<${Failure} problem=${problem.value} />`}
      <div class="buttons"><button class="strong" disabled=${busy.value}>Go on</button></div>
    </form>`;
}
