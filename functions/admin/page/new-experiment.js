// A new experiment with a journey: it is a draft from its question on.

import { ask } from "./api.js";
import { placeName, places, VARIANTS } from "./experiment-editor.js";
import { Failure, LoadedPage, Title, useActing, useLoaded } from "./parts.js";
import { idOf } from "./words.js";
import { html, useRef } from "./vendor/preact.js";

const MOST = 40; // letters of an id
const BEGINS = { metric: "clicked", within: "5d", least: 0.02, people: 1000, looks: 4 };

export default function NewExperiment() {
  const told = useLoaded(places);
  return html`<${LoadedPage} of=${told}>${(found) => html`<${Title}>New experiment<//>
    <p class="lead">One question of one step of a journey. First you see what it can show; nothing begins until you say so.</p>
    ${found.length === 0 ? html`<p>No journey with an email is switched on yet: <a href="#/journeys">publish one</a> first.</p>` : html`<${Question} found=${found} />`}`}<//>`;
}

function Question({ found }) {
  const form = useRef();
  const { run, busy, problem } = useActing();
  const make = (event) => {
    event.preventDefault();
    const { name, hypothesis, place } = Object.fromEntries(new FormData(form.current));
    const { journey, step, kind } = found[place];
    const id = idOf(name, "experiment", MOST);
    return run(async () => {
      await ask("experiments", { id, name, hypothesis, journey, step, ...BEGINS, ...(kind === "send" && { variants: VARIANTS }) });
      location.hash = `#/experiments/${id}`;
    });
  };
  return html`<form class="card" ref=${form} onSubmit=${make}>
    <div class="fields">
      <label class="grow">Name <input name="name" required maxlength="128" autocomplete="off" placeholder="Welcome: which subject" /></label>
      <label class="wide">What you expect, and why <textarea name="hypothesis" required maxlength="1000" rows="2" placeholder="A subject that asks is clicked more, since …"></textarea></label>
      <label class="wide">Where <select name="place">${found.map((each, n) => html`<option value=${n}>${placeName(each)}</option>`)}</select></label></div>
    ${problem.value && html`<${Failure} problem=${problem.value} />`}
    <div class="buttons"><button class="strong" disabled=${busy.value}>Go on</button></div></form>`;
}
