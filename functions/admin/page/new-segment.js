// A segment that is not there yet.

import { Editor } from "./segment-editor.js";
import { Card, Title } from "./parts.js";
import { html, useRef } from "./vendor/preact.js";

const BEGINNING = {
  name: "Espresso lovers",
  sentence: "People who bought espresso three times or more within the last 180 days.",
  group: "behavioural",
  when: {
    kind: "event", event: "Order Completed", at_least: 3, within: "180d",
    where: [{ property: "category", value: "espresso" }],
  },
};
const NOTHING = { etag: null, draft: null, definition: null };

export default function NewSegment() {
  const name = useRef();
  return html`<${Title}>New segment<//>
    <p class="lead">Describe who belongs, see how many that is, then publish. Nobody is in it until then.</p>
    <${Card}>
      <label for="new-id">Id</label>
      <input id="new-id" ref=${name} required pattern="[a-z][a-z0-9_]{0,39}" autocomplete="off" spellcheck="false" placeholder="espresso_lovers" aria-describedby="new-id-rule" />
      <p id="new-id-rule" class="small soft">Lower-case letters, digits and _. Other segments and journeys refer to it by this id, so it never changes.</p>
    <//>
    <${Editor} id=${() => name.current.reportValidity() ? name.current.value : null} definition=${BEGINNING} told=${NOTHING} />`;
}
