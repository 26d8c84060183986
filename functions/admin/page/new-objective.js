// A new objective: like one of the usual ones, and then changed on its own page.

import { ask } from "./api.js";
import { Failure, LoadedPage, Title, useActing, useLoaded } from "./parts.js";
import { now } from "./settings.js";
import { DAY, idOf } from "./words.js";
import { html, useRef, useSignal } from "./vendor/preact.js";

const MOST_LETTERS = 40; // of an id
const OVER = 90 * DAY;
const dayOf = (instant) => new Date(instant).toISOString().slice(0, 10);

export default function NewObjective({ query = "" }) {
  const wanted = new URLSearchParams(query).get("ready");
  const told = useLoaded(() => ask("objectives?limit=1"));
  return html`<${LoadedPage} of=${told}>${({ ready }) => html`<${Title}>New objective<//>
    <p class="lead">One number, by one day, and somebody who owns it. How much and by when you say next.</p>
    <${Question} ready=${ready} first=${ready.find((each) => each.id === wanted) ?? ready[0]} />`}<//>`;
}

function Question({ ready, first }) {
  const form = useRef();
  const like = useSignal(first);
  const { run, busy, problem } = useActing();
  const make = (event) => {
    event.preventDefault();
    const { name, owner } = Object.fromEntries(new FormData(form.current));
    const id = idOf(name, "objective", MOST_LETTERS);
    return run(async () => {
      await ask("objectives", { ...like.value.objective, id, name, owner, start: dayOf(now()), by: dayOf(now() + OVER) });
      location.hash = `#/objectives/${id}`;
    });
  };
  return html`<form class="card" ref=${form} onSubmit=${make}>
    <div class="fields"><label class="wide">What is to grow <select name="like" onChange=${(event) => { like.value = ready.find((each) => each.id === event.target.value); }}>
        ${ready.map((each) => html`<option value=${each.id} selected=${each === like.value}>${each.title}</option>`)}</select><span class="under">${like.value.about}</span></label>
      <label class="grow">Name <input name="name" required maxlength="80" autocomplete="off" value=${like.value.objective.name} /></label>
      <label>Who owns it <input name="owner" required maxlength="80" autocomplete="off" /></label></div>
    ${problem.value && html`<${Failure} problem=${problem.value} />`}
    <div class="buttons"><button class="strong" disabled=${busy.value}>Go on</button></div></form>`;
}
