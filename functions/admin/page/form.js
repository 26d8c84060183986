// A form: what it asks and says, and what is pasted into the shop's pages. What is written is kept by itself; the web has it
// once it is published.

import { ask, at } from "./api.js";
import { read, Saving, Unsaved, useDraft } from "./autosave.js";
import { Duplicate } from "./duplicating.js";
import { Banner, Card, confirmed, Failure, LoadedPage, Tag, Title, useActing, useLoaded } from "./parts.js";
import { OfForm } from "./report-forms.js";
import { Versions } from "./versions.js";
import { capital } from "./words.js";
import { html, useSignal } from "./vendor/preact.js";

const ASKED = { first_name: "First name", interests: "Interests", birthday: "Birthday" };
const OFTEN = { no: "do not ask", optional: "may be left out", required: "must be filled in" };
const BOXES = { none: "with the button itself", empty: "with a box of its own" };

export default function Form({ id }) {
  const told = useLoaded(async () => {
    const [found, { settings }] = await Promise.all([ask(at("forms", id)), ask("settings")]);
    return { found, settings };
  }, [id]);
  const done = useSignal(null);
  return html`<${LoadedPage} of=${told}>${({ found, settings }) => html`
    <${Editor} key=${found.etag} id=${id} told=${found} settings=${settings} again=${told.again} done=${done} />`}<//>`;
}

const textOf = (told) => told.unfinished ?? JSON.stringify(told.form);

function Editor({ id, told: first, settings, again, done }) {
  const draft = useDraft({
    name: `form ${id}`, began: textOf(first), etag: first.etag,
    send: (text, etag) => ask(at("forms", id), { unfinished: text }, "PUT", etag),
    look: async () => { const theirs = await ask(at("forms", id)); return { text: textOf(theirs), etag: theirs.etag }; },
  });
  const { text } = draft;
  const { run, busy, problem } = useActing();
  const told = draft.answer.value ?? first;
  const made = read(text.value) ?? first.form;
  const set = (name, value) => {
    const { [name]: _, ...rest } = made;
    text.value = JSON.stringify(value === null ? rest : { ...rest, [name]: value });
    done.value = null;
  };
  const act = (path, saying) => run(async () => {
    if (!await draft.save()) return;
    await ask(path, {}, "POST", draft.etag.current);
    await again();
    done.value = saying;
  });
  const takeDown = async () => {
    if (await confirmed(`Take “${made.name}” off the web? Who has signed up and not confirmed yet still can.`, "Take it down")) await act(at("forms", id, "unpublish"), "It is off the web.");
  };
  const line = (name, title, more = {}) => html`<label class="grow">${title}<input value=${made[name] ?? ""} onInput=${(event) => set(name, event.target.value || null)} ...${more} /></label>`;
  const long = (name, title) => html`<label class="wide">${title}<textarea rows="3" value=${made[name] ?? ""} onInput=${(event) => set(name, event.target.value || null)}></textarea></label>`;
  return html`
    <div class="head"><${Title}>${made.name}<//><div class="buttons"><${Saving} of=${draft} /> ${told.published ? html`<${Tag} kind="good">on the web, version ${told.version}<//>` : html`<${Tag}>not on the web<//>`}
      <${Duplicate} kind="forms" id=${id} page=${(copy) => `#/forms/${copy}`} save=${draft.save} /></div></div>
    <${Unsaved} of=${draft} what="form" />
    ${done.value && html`<${Banner}><p>${done.value}</p><//>`}
    <${Card} title="Words">
      <div class="fields">${line("name", "Name, as your team sees it")}</div>
      <div class="fields">${line("title", "Title")}${line("button", "Button", { placeholder: "Sign up" })}</div>
      ${long("text", "Text")}
      ${made.topics && long("wording", "What one agrees to, kept with every yes")}
      ${long("thanks", "What it says afterwards (may stay empty)")}
    <//>
    <${Card} title="What it asks">
      <div class="fields">${Object.entries(ASKED).map(([name, title]) => html`<label>${title}<select value=${made[name] ?? "no"} onChange=${(event) => set(name, event.target.value === "no" ? null : event.target.value)}>
        ${Object.entries(OFTEN).map(([value, says]) => html`<option value=${value} selected=${(made[name] ?? "no") === value}>${says}</option>`)}</select></label>`)}</div>
      ${made.topics && html`<${Topics} chosen=${made.topics} topics=${settings.topics} change=${(topics) => set("topics", topics)} />
        <label class="check"><input type="checkbox" checked=${made.tracking ?? false} onChange=${(event) => set("tracking", event.target.checked || null)} /> Ask whether their opens and clicks may be measured, with a box of its own</label>
        <label class="check"><input type="checkbox" checked=${made.double_opt_in ?? true} onChange=${(event) => set("double_opt_in", event.target.checked ? null : false)} /> They confirm by email before they are signed up</label>
        <div class="fields">${line("promise", "Promises a code of the pool (may stay empty)")}</div>`}
      ${made.style === "popup" && html`<${PopUp} rules=${made.popup ?? {}} change=${(rules) => set("popup", rules)} />`}
    <//>
    ${problem.value && html`<${Failure} problem=${problem.value} />`}
    ${told.problems.length > 0 && html`<div class="bad"><p>This keeps it from being published:</p><ul>${told.problems.map((each) => html`<li>${capital(each)}</li>`)}</ul></div>`}
    <div class="buttons">
      <button class="strong" disabled=${busy.value || told.problems.length > 0 || (told.published && !told.changed && !draft.isChanged())} onClick=${() => act(at("forms", id, "publish"), "It is on the web within a minute.")}>Publish</button>
      ${told.published && html`<button class="quiet" disabled=${busy.value} onClick=${takeDown}>Take it off the web</button>`}
    </div>
    ${told.version > 0 && html`<${OfForm} id=${id} />`}
    <${Card} title="Put it on your site">
      <p>Its own page: <a href=${told.url} target="_blank" rel="noopener">${told.url}</a></p>
      ${told.snippet && html`<p class="soft small">${made.style === "page" ? "" : "Paste this into your pages, where the form is to be:"}</p><pre tabindex="0">${told.snippet}</pre>`}
    <//>
    <${Versions} path=${at("forms", id, "versions")} of=${(each) => each.form} busy=${busy.value} nothing="It was never published."
      restore=${(each) => { text.value = JSON.stringify(each.form); scrollTo(0, 0); }} />`;
}

function Topics({ chosen, topics, change }) {
  const of = (id) => chosen.find((each) => each.id === id);
  const turn = (id, on) => change(on ? [...chosen, { id }] : chosen.filter((each) => each.id !== id));
  const box = (id, value) => change(chosen.map((each) => each.id === id ? { id, box: value } : each));
  return html`<fieldset><legend>Signs up for</legend>${topics.map(({ id, name }) => html`<div class="fields">
    <label class="check"><input type="checkbox" checked=${of(id) !== undefined} disabled=${of(id) !== undefined && chosen.length === 1} onChange=${(event) => turn(id, event.target.checked)} /> ${name}</label>
    ${of(id) && html`<label><span class="hidden">How one agrees to ${name}</span><select value=${of(id).box ?? "none"} onChange=${(event) => box(id, event.target.value)}>
      ${Object.entries(BOXES).map(([value, says]) => html`<option value=${value} selected=${(of(id).box ?? "none") === value}>${says}</option>`)}</select></label>`}</div>`)}</fieldset>`;
}

function PopUp({ rules, change }) {
  const number = (name, title) => html`<label>${title}<input type="number" min="0" value=${rules[name] ?? (name === "delay" && !("delay" in rules) ? 8 : "")} onInput=${(event) => change({ ...rules, [name]: event.target.value === "" ? null : Number(event.target.value) })} /></label>`;
  return html`<fieldset><legend>When it opens</legend><div class="fields">${number("delay", "After seconds")}${number("scroll", "Once so much was scrolled, in per cent")}${number("again_after_days", "Again after days (empty: once)")}
    <label class="check"><input type="checkbox" checked=${rules.exit ?? false} onChange=${(event) => change({ ...rules, exit: event.target.checked })} /> As the mouse leaves the page</label></div></fieldset>`;
}
