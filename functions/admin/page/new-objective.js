// A new objective: from nothing, or like one of the usual ones.

import { ask } from "./api.js";
import { Editor } from "./objective.js";
import { LoadedPage, Title, useLoaded } from "./parts.js";
import { html } from "./vendor/preact.js";

export default function NewObjective({ query = "" }) {
  const wanted = new URLSearchParams(query).get("ready");
  const told = useLoaded(() => ask("objectives?limit=1"));
  return html`<${LoadedPage} of=${told}>${({ ready }) => html`<${Title}>New objective<//>
    <p class="lead">One number, by one day, and somebody who owns it.</p>
    <${Editor} told=${null} like=${ready.find((each) => each.id === wanted)?.objective} />`}<//>`;
}
