// An email: its blocks beside how somebody would get it, what keeps it from being published, a test, its versions. What is
// written is kept as a draft by itself, right or not.

import { ask, at, whole } from "./api.js";
import { read, Saving, Unsaved, useDraft } from "./autosave.js";
import { Blocks } from "./block-editor.js";
import { Code } from "./code.js";
import { Duplicate } from "./duplicating.js";
import { EmailFrame } from "./email-frame.js";
import { Banner, Card, confirmed, Failure, LoadedPage, More, styled, Tag, Title, useActing, useLoaded } from "./parts.js";
import { Versions } from "./versions.js";
import { capital, words } from "./words.js";
import { html, useEffect, useSignal } from "./vendor/preact.js";

await styled("emails.css");

const PAUSE = 500; // milliseconds without a keystroke
const OF_NOBODY = ["example", "nothing"];
const WIDTHS = { desktop: 640, phone: 375 };

export default function Email({ id }) {
  const told = useLoaded(async () => {
    const [found, { segments }] = await Promise.all([ask(at("templates", id)), whole("segments", "segments")]);
    return { found, segments: Object.fromEntries(segments.map((each) => [each.segment, each.name])) };
  }, [id]);
  const done = useSignal(null);
  return html`<${LoadedPage} of=${told}>${({ found, segments }) => html`
    <${Editor} key=${found.etag} id=${id} told=${found} segments=${segments} again=${told.again} done=${done} />`}<//>`;
}

/** What is edited: the text as somebody left it, or what is drafted or sent. */
const textOf = ({ draft, template }) => draft?.unfinished ?? JSON.stringify(draft?.definition ?? template);

function Editor({ id, told, segments, again, done }) {
  const draft = useDraft({
    name: `email ${id}`, began: textOf(told), etag: told.etag,
    send: (text, etag) => ask(at("templates", id, "draft"), { text }, "PUT", etag),
    look: async () => { const theirs = await ask(at("templates", id)); return { text: textOf(theirs), etag: theirs.etag }; },
  });
  const { text } = draft;
  const { run, busy, problem } = useActing();
  const [checked, test] = [useSignal(null), useSignal(false)];
  const made = read(text.value);
  const hasDraft = told.draft !== null || draft.answer.value !== null;
  const set = (name, value) => {
    text.value = JSON.stringify({ ...read(text.value), [name]: value });
    done.value = null;
  };
  useEffect(() => {
    let current = true;
    ask(at("templates", id, "check"), { text: text.value }).catch((failure) => ({ problems: failure.problems ?? [], advice: [] })).then((found) => { if (current) checked.value ??= found; });
    return () => { current = false; };
  }, []);
  useEffect(() => { if (draft.answer.value) checked.value = draft.answer.value; }, [draft.answer.value]);
  const publish = async () => {
    const sends = told.journeys.length > 0 ? `${told.journeys.map(words).join(", ")} will send it from the next minute on, also to people who are under way.` : "No journey sends it yet.";
    if (!await draft.save() || !await confirmed(`Publish “${made.name}”? ${sends}`, "Publish")) return;
    await run(async () => {
      const { version } = await ask(at("templates", id, "publish"), {}, "POST", draft.etag.current);
      await again();
      done.value = `Published as version ${version}.`;
    });
  };
  const drop = async () => {
    if (!await confirmed("Drop the draft? What is sent stays as it is.", "Drop it")) return;
    await run(async () => {
      await draft.save();
      await ask(at("templates", id, "draft"), undefined, "DELETE", draft.etag.current);
      draft.drop();
      if (told.template === null) location.hash = "#/emails";
      else await again();
    });
  };
  const takeBack = async () => {
    const after = told.shipped ? "The shipped one is sent again." : "It is gone then.";
    if (!await confirmed(`Take your own “${made.name}” back? ${after}`, "Take it back")) return;
    await run(async () => {
      await ask(at("templates", id), undefined, "DELETE", told.etag);
      if (told.shipped) await again();
      else location.hash = "#/emails";
    });
  };
  const problems = checked.value?.problems ?? [];
  if (made === null) return html`<${Unreadable} draft=${draft} drop=${hasDraft ? drop : null} problems=${problems} />`;
  return html`
    <div class="head"><${Title}>${made.name}<//><div class="buttons"><${Saving} of=${draft} /> ${told.version > 0 ? html`<${Tag} kind="good">version ${told.version}<//>` : told.shipped && html`<${Tag}>as shipped<//>`} ${hasDraft && html`<${Tag} kind="note">draft<//>`}
      <${Duplicate} kind="templates" id=${id} page=${(copy) => `#/emails/${copy}`} save=${draft.save} /></div></div>
    <p class="lead">${told.journeys.length > 0 ? html`Sent by ${told.journeys.map((each, n) => html`${n > 0 && ", "}<a href="#/journeys/${each}">${words(each)}</a>`)}.` : "No journey sends it."}</p>
    <${Unsaved} of=${draft} what="email" />
    ${done.value && html`<${Banner}><p>${done.value}</p><//>`}
    <div class="editor"><div>
      <${Card} title="Words">
        <label class="wide">Name, as your team sees it<input maxlength="80" value=${made.name ?? ""} onInput=${(event) => set("name", event.target.value)} /></label>
        <label class="wide">Subject<input value=${made.subject ?? ""} onInput=${(event) => set("subject", event.target.value)} /></label>
        <label class="wide">Preview: what an inbox shows beside the subject<input value=${made.preview ?? ""} onInput=${(event) => set("preview", event.target.value)} /></label>
        ${made.mjml === undefined || made.mjml === null ? html`<${Blocks} blocks=${made.blocks ?? []} change=${(blocks) => set("blocks", blocks)} segments=${segments} />`
          : html`<${Code} title="MJML" kind="xml" text=${made.mjml} change=${(mjml) => set("mjml", mjml)} />
            <label class="wide">Text part<textarea rows="8" value=${made.text ?? ""} onInput=${(event) => set("text", event.target.value)}></textarea></label>`}
        ${Object.keys(made.translations ?? {}).length > 0 && html`<p class="small soft">Its translations (${Object.keys(made.translations).join(", ")}) are changed as YAML: <code>beckon template</code>.</p>`}
      <//>
      <${Checked} of=${checked.value} />
      ${problem.value && html`<${Failure} problem=${problem.value} />`}
      <div class="buttons">
        <button class="strong" disabled=${busy.value || problems.length > 0 || !(hasDraft || draft.isChanged())} onClick=${publish}>Publish …</button>
        ${hasDraft && html`<button class="quiet" disabled=${busy.value} onClick=${drop}>Drop the draft</button>`}
        ${told.version > 0 && html`<button class="quiet" disabled=${busy.value} onClick=${takeBack}>Take yours back</button>`}
        <button class="quiet" onClick=${() => { test.value = !test.value; }}>Send a test</button>
      </div>
      ${test.value && html`<${Test} id=${id} definition=${text.value} />`}
    </div><${Preview} id=${id} definition=${text.value} languages=${Object.keys(made.translations ?? {})} /></div>
    <${Versions} path=${at("templates", id, "versions")} of=${(each) => each.template} busy=${busy.value} nothing=${told.shipped ? "It is as it was shipped." : "It was never published."}
      restore=${(each) => { text.value = JSON.stringify(each.template); scrollTo(0, 0); }} />`;
}

/** A draft that is no object yet, by a script or by hand: it is put right as a text. */
const Unreadable = ({ draft, drop, problems }) => html`<${Title}>A draft that cannot be read<//>
  <${Unsaved} of=${draft} what="email" />
  <${Card}><label class="wide">As JSON or YAML<textarea class="code" rows="24" spellcheck="false" value=${draft.text.value} onInput=${(event) => { draft.text.value = event.target.value; }}></textarea></label>
    <${Checked} of=${{ problems, advice: [] }} />
    <div class="buttons"><${Saving} of=${draft} />${drop && html`<button class="quiet" onClick=${drop}>Drop the draft</button>`}</div><//>`;

function Checked({ of }) {
  if (of === null) return null;
  return html`<div role="status">
    ${of.problems.length === 0 ? html`<p class="good">Nothing keeps it from being published.</p>`
      : html`<div class="bad"><p>${of.problems.length === 1 ? "One thing has" : `${of.problems.length} things have`} to be fixed before it can be published.</p>
        <ul>${of.problems.map((each) => html`<li>${each.step && html`<strong>${each.step}: </strong>`}${capital(each.text)}</li>`)}</ul></div>`}
    ${of.advice.length > 0 && html`<${More} title="Advice"><ul>${of.advice.map((each) => html`<li>${capital(each)}</li>`)}</ul><//>`}</div>`;
}

function Test({ id, definition }) {
  const { run, busy, problem } = useActing();
  const sent = useSignal(null);
  const send = (event) => {
    event.preventDefault();
    const to = new FormData(event.target).get("to");
    return run(async () => {
      await ask(at("templates", id, "test"), { definition: JSON.parse(definition), to });
      sent.value = to;
    });
  };
  return html`<form class="fields" onSubmit=${send}><label>To<input name="to" type="email" required placeholder="you@example.com" /></label><button disabled=${busy.value}>Send</button>
    ${sent.value && html`<span class="good" role="status">On its way to ${sent.value}.</span>`}</form>
    ${problem.value && html`<${Failure} problem=${problem.value} />`}`;
}

/** As the example, as somebody of whom nothing is known, or as a contact would get it. */
function Preview({ id, definition, languages }) {
  const [as, width, dark, language] = [useSignal("example"), useSignal("desktop"), useSignal(false), useSignal("")];
  const [shown, problem] = [useSignal(null), useSignal(null)];
  const { run, problem: unknown } = useActing();
  useEffect(() => {
    let current = true;
    const asked = setTimeout(async () => {
      try {
        const whose = OF_NOBODY.includes(as.value) ? { as: as.value } : { contact: as.value };
        const found = await ask(at("templates", id, "preview"), { definition: JSON.parse(definition), ...whose, ...(language.value && { language: language.value }) });
        if (current) [shown.value, problem.value] = [found, null];
      } catch (failure) {
        if (current) problem.value = failure;
      }
    }, shown.value === null ? 0 : PAUSE);
    return () => { current = false; clearTimeout(asked); };
  }, [definition, as.value, language.value]);
  const find = (event) => {
    event.preventDefault();
    const email = new FormData(event.target).get("email");
    return run(async () => { as.value = (await ask("contacts/find", { email })).contact; });
  };
  return html`<${Card} title="As it arrives">
    <div class="buttons">
      <div class="switch" role="group" aria-label="Whose email">${[["example", "Example"], ["nothing", "Nothing known"]].map(([each, title]) => html`<button aria-pressed=${String(as.value === each)} onClick=${() => { as.value = each; }}>${title}</button>`)}</div>
      <div class="switch" role="group" aria-label="Screen">${Object.keys(WIDTHS).map((each) => html`<button aria-pressed=${String(width.value === each)} onClick=${() => { width.value = each; }}>${capital(each)}</button>`)}
        <button aria-pressed=${String(dark.value)} onClick=${() => { dark.value = !dark.value; }}>Dark</button></div>
      ${languages.length > 0 && html`<label><span class="hidden">Language</span><select onChange=${(event) => { language.value = event.target.value; }}><option value="">first language</option>${languages.map((each) => html`<option value=${each}>${each}</option>`)}</select></label>`}
    </div>
    <form class="fields" onSubmit=${find}><label>As a contact gets it<input name="email" type="email" required placeholder="ada@example.com" /></label><button>Look</button></form>
    ${unknown.value && html`<${Failure} problem=${unknown.value} />`}
    ${problem.value && html`<${Failure} problem=${problem.value} />`}
    ${shown.value && html`<p><strong>${shown.value.subject}</strong></p>
      <${EmailFrame} source=${shown.value.html} width=${WIDTHS[width.value]} dark=${dark.value} title="The email" />
      <p class="small soft">${Math.ceil(shown.value.size / 1000)} KB; Gmail cuts an email off at 102 KB.</p>
      <${More} title="As text"><pre tabindex="0">${shown.value.text}</pre><//>`}
  <//>`;
}
