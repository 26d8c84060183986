// A campaign that is not there yet: a name, and it is a draft.

import { ask, whole } from "./api.js";
import { Failure, LoadedPage, Title, useActing, useLoaded } from "./parts.js";
import { idOf } from "./words.js";
import { html, useRef } from "./vendor/preact.js";

export default function NewCampaign() {
  const told = useLoaded(async () => {
    const [{ templates }, { segments }] = await Promise.all([whole("templates", "templates"), whole("segments", "segments")]);
    return { templates, segments };
  });
  return html`<${LoadedPage} of=${told}>${(value) => html`<${Form} ...${value} />`}<//>`;
}

function Form({ templates, segments }) {
  const form = useRef();
  const { run, busy, problem } = useActing();
  const make = (event) => {
    event.preventDefault();
    const given = new FormData(form.current);
    const name = given.get("name").trim();
    const id = idOf(name, "campaign", 48);
    return run(async () => {
      const made = await ask("campaigns", { id, name, template: given.get("template"), segments: [given.get("segment")] });
      location.hash = `#/campaigns/${made.id}`;
    });
  };
  return html`<${Title}>New campaign<//>
    <p class="lead">Choose an email and whom it is for. Nothing is sent before you have seen the audience and pressed send.</p>
    <form class="card" ref=${form} onSubmit=${make}>
      <div class="fields"><label class="grow">Name, as your team sees it<input name="name" required maxlength="80" /></label></div>
      <div class="fields">
        <label>Email<select name="template" required>${templates.map((each) => html`<option value=${each.id}>${each.name}</option>`)}</select></label>
        <label>To the segment<select name="segment" required>${segments.map((each) => html`<option value=${each.segment}>${each.name}</option>`)}</select></label>
      </div>
      ${problem.value && html`<${Failure} problem=${problem.value} />`}
      <div class="buttons"><button class="strong" disabled=${busy.value}>Go on</button></div>
    </form>`;
}
