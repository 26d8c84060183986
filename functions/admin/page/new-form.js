// A form that is not there yet.

import { ask } from "./api.js";
import { Failure, Title, useActing } from "./parts.js";
import { idOf } from "./words.js";
import { html, useRef } from "./vendor/preact.js";

const WORDING = "By signing up you agree to get emails about news and offers. You can stop them at any time with the link in each.";

export default function NewForm() {
  const form = useRef();
  const { run, busy, problem } = useActing();
  const make = (event) => {
    event.preventDefault();
    const given = new FormData(form.current);
    const name = given.get("name").trim();
    const id = idOf(name, "form", 40);
    return run(async () => {
      const { settings } = await ask("settings");
      await ask("forms", { id, name, style: given.get("style"), title: given.get("title"), wording: WORDING, topics: [{ id: settings.topics[0].id }] });
      location.hash = `#/forms/${id}`;
    });
  };
  return html`<${Title}>New form<//>
    <p class="lead">It is on the web once you publish it.</p>
    <form class="card" ref=${form} onSubmit=${make}>
      <div class="fields"><label class="grow">Name, as your team sees it<input name="name" required maxlength="80" /></label>
        <label>Shown as<select name="style"><option value="page">a page</option><option value="inline">inside a page</option><option value="popup">a pop-up</option><option value="footer">a line in the footer</option></select></label></div>
      <div class="fields"><label class="grow">Title, as visitors see it<input name="title" required maxlength="200" placeholder="News from our shop" /></label></div>
      ${problem.value && html`<${Failure} problem=${problem.value} />`}
      <div class="buttons"><button class="strong" disabled=${busy.value}>Go on</button></div>
    </form>`;
}
