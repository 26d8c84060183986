// An email that is not there yet: a name, a subject, and it is a draft.

import { ask } from "./api.js";
import { Failure, Title, useActing } from "./parts.js";
import { idOf } from "./words.js";
import { html, useRef } from "./vendor/preact.js";

export default function NewEmail() {
  const form = useRef();
  const { run, busy, problem } = useActing();
  const make = (event) => {
    event.preventDefault();
    const given = new FormData(form.current);
    const name = given.get("name").trim();
    const id = idOf(name, "email", 48);
    const blocks = [
      { kind: "heading", text: name },
      { kind: "text", text: "Hello{% if contact.first_name %} {{ contact.first_name }}{% endif %}," },
      { kind: "button", text: "Take a look", url: "{{ shop.url }}" },
    ];
    return run(async () => {
      await ask("templates", { definition: { id, name, class: given.get("class"), subject: given.get("subject"), preview: given.get("preview"), blocks } });
      location.hash = `#/emails/${id}`;
    });
  };
  return html`<${Title}>New email<//>
    <p class="lead">It is a draft until you publish it. Then journeys and campaigns can send it.</p>
    <form class="card" ref=${form} onSubmit=${make}>
      <div class="fields"><label class="grow">Name, as your team sees it<input name="name" required maxlength="80" /></label>
        <label>Kind<select name="class"><option value="marketing">an offer or news</option><option value="lifecycle">an answer to what a contact does</option><option value="transactional">what a contact asked for</option></select></label></div>
      <div class="fields"><label class="grow">Subject<input name="subject" required maxlength="150" /></label></div>
      <div class="fields"><label class="grow">Preview: what an inbox shows beside the subject<input name="preview" required maxlength="200" /></label></div>
      ${problem.value && html`<${Failure} problem=${problem.value} />`}
      <div class="buttons"><button class="strong" disabled=${busy.value}>Go on</button></div>
    </form>`;
}
