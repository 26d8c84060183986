// All journeys.

import { ask } from "./api.js";
import { Card, LoadedPage, SegmentLink, Title, useLoaded } from "./parts.js";
import { html } from "./vendor/preact.js";

export default function Journeys() {
  const told = useLoaded(() => ask("journeys"));
  return html`<${LoadedPage} of=${told}>${({ journeys, segments }) => html`
    <${Title}>Journeys<//>
    <${Card}><ul class="list">${journeys.map((each) => html`<li>
      <h2><a href="#/journeys/${each.id}">${each.name}</a></h2>
      <p>${each.sentence}</p>
      <p class="small soft">Starts when a contact enters <${SegmentLink} id=${each.enters} names=${segments} />.</p></li>`)}</ul><//>`}<//>`;
}
