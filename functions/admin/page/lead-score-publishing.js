// Publishing a lead score: whom it would qualify, and whether that starts journeys, is said first.

import { Changed } from "./lead-score.js";
import { Failure } from "./parts.js";
import { plural } from "./words.js";
import { html, useEffect, useRef, useSignal } from "./vendor/preact.js";

export function Publishing({ name, isNew, told, busy, problem, publish, close }) {
  const [dialog, journeys] = [useRef(), useSignal(false)];
  useEffect(() => { dialog.current.showModal(); }, []);
  const segments = told?.segments ?? [];
  return html`<dialog ref=${dialog} aria-labelledby="publishing" onClose=${close}><form onSubmit=${(event) => { event.preventDefault(); publish(journeys.value); }}>
    <h2 id="publishing">Publish “${name}”?</h2>
    ${isNew && html`<p>Its points count from then on, for everything that people have done before, too.</p>`}
    ${told && html`<${Changed} told=${told} />`}
    ${segments.length > 0 && html`<p>${plural(segments.length, "segment")} ${segments.length === 1 ? "asks" : "ask"} for these points: ${segments.map((each) => each.name).join(", ")}. Everybody is decided again.</p>
      <label class="check choice"><input type="checkbox" checked=${journeys.value} onChange=${(event) => { journeys.value = event.target.checked; }} />
        <span>Also start journeys for the people who enter<span class="under">Left out, no email is sent by publishing it.</span></span></label>`}
    ${problem && html`<${Failure} problem=${problem} />`}
    <div class="buttons end"><button type="button" onClick=${() => dialog.current.close()}>Cancel</button><button class="strong" disabled=${busy}>Publish</button></div>
  </form></dialog>`;
}
