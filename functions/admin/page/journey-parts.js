// The steps of a journey that is written: a graph whose cards are chosen, and of the one that is chosen its form and what can be
// done with it: a step after it, another place, gone.

import { Graph } from "./graph.js";
import { Kind, KINDS, Outside } from "./journey-steps.js";
import { ask } from "./api.js";
import { confirmed, Failure, Loaded, useLoaded } from "./parts.js";
import { capital, words } from "./words.js";
import { html, useEffect, useRef, useSignal } from "./vendor/preact.js";

const PARTS = { begin: "How it starts", exits: "What ends it early", whole: "The journey itself" };
const NO_WORDS = { steps: {}, exits: [], trigger: "" };
const isDrawn = (value) => Array.isArray(value?.steps) && value.steps.length > 0 && value.trigger !== undefined
  && value.steps.every((each) => typeof each?.id === "string" && typeof each.kind === "string" && (!["branch", "split"].includes(each.kind) || Array.isArray(each.ways)));

/** `checked` is what the API says of the text, null until it has. */
export function Drawn({ checked, edit, back, failed }) {
  const [chosen, good] = [useSignal(null), useRef(null)];
  const panel = useRef();
  if (checked?.words) good.current = checked.words;
  const value = checked?.value;
  useEffect(() => { if (chosen.value !== null) panel.current?.focus({ preventScroll: innerWidth > 800 }); }, [chosen.value]);
  if (checked === null) return html`<div class="steps"><p class="soft" aria-busy="true">Loading …</p></div>`;
  if (!isDrawn(value)) return html`<div class="steps"><p class="note">The steps are drawn as soon as the text can be read. What is wrong stands beside its line.</p></div>`;
  const said = good.current ?? NO_WORDS;
  const step = value.steps.find((each) => each.id === chosen.value);
  const wrong = (id) => checked.problems.some((each) => each.step === id);
  const card = (node) => {
    if (!node.step) return html`<${Outside} of=${node} said=${said} /><${Chooser} of=${node.kind === "trigger" ? "begin" : "exits"} chosen=${chosen} over><span class="hidden">${node.kind === "trigger" ? "Change how it starts" : "Change what ends it early"}</span><//>`;
    const text = node.kind === "branch" ? "" : said.steps[node.id]?.text ?? "";
    return html`<${Kind} icon=${node.kind}>${KINDS[node.kind] ?? node.kind}${wrong(node.id) && html` <span class="tag bad">to fix</span>`}<//>
      <${Chooser} of=${node.id} chosen=${chosen}>${words(node.id)}<//><span class="clipped soft" title=${text}>${text}</span>`;
  };
  return html`<div class="steps">
    <div class="buttons">${[["whole", "Name, topic, hours"], ["begin", "Start"], ["exits", "Early ends"]].map(([of, title]) => html`
      <button aria-pressed=${String(chosen.value === of)} onClick=${() => { chosen.value = chosen.value === of ? null : of; }}>${title}</button>`)}
      <button class="quiet" disabled=${back === null} onClick=${back}>Undo</button></div>
    <${Graph} journey=${value} said=${said} label="Steps of the draft, from top to bottom">${card}<//>
  </div>
  ${(step || chosen.value in PARTS) ? html`<aside class="chosen" tabindex="-1" ref=${panel} aria-label=${step ? `The step ${words(step.id)}` : PARTS[chosen.value]}>
    <div class="head"><h3>${step ? words(step.id) : PARTS[chosen.value]}</h3><button class="quiet" aria-label="Close" onClick=${() => { chosen.value = null; }}>✕</button></div>
    ${failed && html`<${Failure} problem=${failed} />`}
    <${Chosen} key=${chosen.value} of=${chosen.value} step=${step} value=${value} checked=${checked} said=${said} edit=${edit} choose=${(id) => { chosen.value = id; }} />
  </aside>` : html`<aside class="chosen soft"><p>Choose a card to change it, or to put a step after it.</p></aside>`}`;
}

const Chooser = ({ of, chosen, over = false, children }) => html`<button class=${over ? "name over" : "name"} aria-expanded=${String(chosen.value === of)} onClick=${() => { chosen.value = chosen.value === of ? null : of; }}>${children}</button>`;

function Chosen({ of, step, value, checked, said, edit, choose }) {
  const told = useLoaded(loaded, []);
  const doing = async (change) => {
    const answer = await edit(change);
    if (answer?.step) choose(answer.step);
    else if (answer) choose(null);
  };
  const changed = async (change) => {
    const answer = await edit(change);
    if (answer && change.do === "step" && answer.step !== of) choose(answer.step);
    return answer !== null;
  };
  const mine = checked.problems.filter((each) => step ? each.step === of : of === "whole" && each.step === null).map((each) => ({ ...each, text: capital(each.text) }));
  return html`
    <${Loaded} of=${told}>${({ Form, language }) => html`<${Form} of=${of} step=${step} value=${value} language=${language} problems=${mine} edit=${changed} />`}<//>
    ${(step || of === "begin") && html`<${Doing} of=${step ? of : null} step=${step} checked=${checked} said=${said} doing=${doing} />`}`;
}

let known = null; // the words of a shop change seldom while a journey is written
/** The form and what it speaks of, with the first card that is chosen. */
async function loaded() {
  known ??= ask("vocabulary").catch((failure) => { known = null; throw failure; });
  const [form, language, told] = await Promise.all([import("./journey-form.js"), import("./segment-language.js"), known]);
  return { Form: form.default, language: language.languageOf(told) };
}

/** How a way out of a step is called: where a step can be put. */
function placed({ after, way }, said) {
  if (after === null) return "at the beginning";
  const ways = said.steps[after]?.ways ?? [];
  const name = words(after);
  if (typeof way === "number") return `after ${name}, if: ${ways[way] ?? `way ${way + 1}`}`;
  return way === "otherwise" ? `after ${name}, if not` : ways.length > 0 ? `after ${name}, otherwise` : `after ${name}`;
}

function Doing({ of, step, checked, said, doing }) {
  const own = checked.places.filter((each) => each.after === of);
  const way = useSignal(0);
  const add = (event) => {
    const kind = event.target.value;
    event.target.value = "";
    const place = own[way.value] ?? own[0];
    if (kind) doing({ do: "add", kind, after: place.after, way: place.way });
  };
  const move = (event) => {
    const place = checked.places[Number(event.target.value)];
    event.target.value = "";
    if (place) doing({ do: "move", step: of, after: place.after, way: place.way });
  };
  const remove = async () => {
    if (await confirmed(`Remove the step “${words(of)}”? Who led here leads to where it led.`, "Remove it")) doing({ do: "remove", step: of });
  };
  return html`<div class="doing">
    ${own.length > 0 && html`<div class="buttons">
      <select aria-label="Add a step ${of === null ? "at the beginning" : "after it"}" value="" onChange=${add}><option value="">+ Add a step ${of === null ? "here" : "after it"} …</option>
        ${Object.entries(KINDS).map(([kind, title]) => html`<option value=${kind}>${title}</option>`)}</select>
      ${own.length > 1 && html`<select aria-label="On which way" value=${way.value} onChange=${(event) => { way.value = Number(event.target.value); }}>${own.map((each, n) => html`<option value=${n} selected=${n === way.value}>${placed(each, said)}</option>`)}</select>`}
    </div>`}
    ${step && html`<div class="buttons">
      <button type="button" onClick=${() => doing({ do: "move", step: of, by: -1 })}><span aria-hidden="true">↑</span> Up</button>
      <button type="button" onClick=${() => doing({ do: "move", step: of, by: 1 })}><span aria-hidden="true">↓</span> Down</button>
      <select aria-label="Move it to" value="" onChange=${move}><option value="">Move to …</option>
        ${checked.places.map((each, n) => each.after !== of && each.to !== of && html`<option value=${n}>${placed(each, said)}</option>`)}</select>
      <button type="button" class="danger" onClick=${remove}>Remove</button></div>`}
  </div>`;
}
