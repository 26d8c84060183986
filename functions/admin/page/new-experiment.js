// A new experiment with a journey or a segment: it is a draft from its question on.

import { ask, at, whole } from "./api.js";
import { placeName, places, VARIANTS } from "./experiment-editor.js";
import { Failure, LoadedPage, Title, useActing, useLoaded } from "./parts.js";
import { idOf } from "./words.js";
import { html, useRef } from "./vendor/preact.js";

const MOST = 40; // letters of an id
const MOST_OF_SEGMENT = 34;
const BEGINS = { metric: "clicked", within: "5d", least: 0.02, people: 1000, looks: 4 };

async function known() {
  const [steps, { segments }] = await Promise.all([places(), whole("segments", "segments")]);
  return { steps, segments };
}

export default function NewExperiment() {
  const told = useLoaded(known);
  return html`<${LoadedPage} of=${told}>${(found) => html`<${Title}>New experiment<//>
    <p class="lead">One question of one step of a journey, or of a segment’s criteria. First you see what it can show; nothing begins until you say so.</p>
    ${found.steps.length === 0 && html`<p>No journey with an email is switched on yet: <a href="#/journeys">publish one</a> to ask about its steps.</p>`}
    <${Question} ...${found} />`}<//>`;
}

function Question({ steps, segments }) {
  const form = useRef();
  const { run, busy, problem } = useActing();
  const make = (event) => {
    event.preventDefault();
    const { name, hypothesis, place } = Object.fromEntries(new FormData(form.current));
    const step = steps[place];
    const id = idOf(name, "experiment", step ? MOST : MOST_OF_SEGMENT);
    return run(async () => {
      await ask("experiments", { id, name, hypothesis, ...BEGINS, ...(step ? ofStep(step) : await ofSegment(place)) });
      location.hash = `#/experiments/${id}`;
    });
  };
  return html`<form class="card" ref=${form} onSubmit=${make}>
    <div class="fields">
      <label class="grow">Name <input name="name" required maxlength="128" autocomplete="off" placeholder="Welcome: which subject" /></label>
      <label class="wide">What you expect, and why <textarea name="hypothesis" required maxlength="1000" rows="2" placeholder="A subject that asks is clicked more, since …"></textarea></label>
      <label class="wide">Where <select name="place">${steps.length > 0 && html`<optgroup label="A step of a journey">${steps.map((each, n) => html`<option value=${n}>${placeName(each)}</option>`)}</optgroup>`}
        <optgroup label="The criteria of a segment">${segments.filter((each) => !each.experiment).map((each) => html`<option value=${each.segment}>${each.name}</option>`)}</optgroup></select></label></div>
    ${problem.value && html`<${Failure} problem=${problem.value} />`}
    <div class="buttons"><button class="strong" disabled=${busy.value}>Go on</button></div></form>`;
}

const ofStep = ({ journey, step, kind }) => ({ journey, step, ...(kind === "send" && { variants: VARIANTS }) });

/** It begins as the segment is, to be changed. */
async function ofSegment(segment) {
  const { definition } = await ask(at("segments", segment));
  return { segment, criteria: definition.when, metric: "ordered", within: "30d" };
}
