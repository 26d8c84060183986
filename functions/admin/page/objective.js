// An objective: how it stands, where it is heading, what counts towards it, and its form.

import { ask, at } from "./api.js";
import { read, Saving, Unsaved, useDraft } from "./autosave.js";
import { Bars } from "./charts.js";
import { Duplicate } from "./duplicating.js";
import { between, said, Word } from "./objectives.js";
import { Card, confirmed, Failure, LoadedPage, More, Table, Title, useActing, useLoaded } from "./parts.js";
import { capital, dayNamed } from "./words.js";
import { html, useRef } from "./vendor/preact.js";

const METRICS = [["revenue", "Revenue through email"], ["orders", "Orders"], ["repeat", "Repeat orders, of 100"],
  ["clicks", "Emails clicked in, of 100"], ["subscribers", "New subscribers"], ["members", "Members of a segment"]];

export default function Objective({ id }) {
  const told = useLoaded(() => ask(at("objectives", id)), [id]);
  return html`<${LoadedPage} of=${told}>${(of) => html`
    <${Title}>${of.objective.name} <${Word} of=${of.progress} /><//>
    <p class="lead">${of.progress.words}</p>
    <${Progress} of=${of} />
    <${Editor} key=${of.etag} told=${of} again=${told.again} />`}<//>`;
}

function Progress({ of: { objective, progress, title } }) {
  const { unit } = progress;
  const tile = (name, text) => html`<div><dt>${name}</dt><dd>${text}</dd></div>`;
  return html`<${Card} title=${`${title}, ${dayNamed(objective.start)} to ${dayNamed(objective.by)}`}>
    <dl class="counts">${tile("reached by now", said(unit, progress.value))}${tile("to be reached", said(unit, progress.target))}${progress.even !== null && tile("by now, were each day alike", said(unit, progress.even))}${tile(objective.baseline === "last_year" ? "a year before" : "as the 28 days before", said(unit, progress.base))}</dl>
    <p><strong>Forecast: ${between(progress)}.</strong> ${progress.forecast && `If the weeks to come are like the last ${progress.forecast.weeks}; 95 times of 100 it is in between. It knows of no season and no sale that is planned.`}</p>
    <p class="soft small">Up to and with ${dayNamed(progress.until)}. ${objective.owner} owns it. ${objective.note ?? ""}</p>
    ${progress.weeks.length > 0 && html`<${Bars} days=${progress.weeks.map((each) => ({ day: each.begins, value: each.value }))} of="value" title="Week by week" span="week" words=${(number) => said(unit, number)} last=${dayNamed(progress.until)} adds=${["revenue", "orders"].includes(objective.metric)} />
      <${More} title="As a table"><${Table} label="Week by week" rows=${progress.weeks.toReversed()} columns=${[
        { title: "Week from", cell: (each) => dayNamed(each.begins) }, { title, number: true, cell: (each) => said(unit, each.value) },
      ]} /><//>`}
    ${progress.contributions.length > 0 && html`<h3>What counts towards it, by the last click</h3><${Table} label="What counts towards it" rows=${progress.contributions} columns=${[
      { title: "Channel", cell: (each) => each.name }, { title, number: true, cell: (each) => said(unit === "percent" ? "orders" : unit, each.done) },
    ]} />`}<//>`;
}

const textOf = (told) => told.unfinished ?? JSON.stringify(told.objective);

function Editor({ told, again }) {
  const form = useRef();
  const { run, busy, problem } = useActing();
  const path = at("objectives", told.id);
  const draft = useDraft({
    name: `objective ${told.id}`, began: textOf(told), etag: told.etag,
    send: (text, etag) => ask(path, { unfinished: text }, "PUT", etag),
    look: async () => { const theirs = await ask(path); return { text: textOf(theirs), etag: theirs.etag }; },
  });
  const of = read(draft.text.value) ?? told.objective;
  const written = () => {
    const given = new FormData(form.current);
    const text = (name) => given.get(name).trim();
    const [metric, number] = [text("metric"), text("number")];
    return {
      name: given.get("name"), note: given.get("note"), metric, baseline: text("baseline"), [text("how")]: number === "" ? null : Number(number),
      start: text("start"), by: text("by"), owner: given.get("owner"), ...(metric === "members" && { segment: text("segment") }),
    };
  };
  const change = () => { draft.text.value = JSON.stringify(written()); };
  const save = (event) => {
    event.preventDefault();
    return run(async () => {
      if (!await draft.save()) return;
      await ask(path, { id: told.id, ...written() }, "PUT", draft.etag.current);
      draft.drop();
      await again();
    });
  };
  const remove = async () => {
    if (!await confirmed(`Delete the objective “${told.objective.name}”?`, "Delete it")) return;
    await run(async () => {
      await draft.save();
      await ask(path, undefined, "DELETE", draft.etag.current);
      location.hash = "#/objectives";
    });
  };
  const option = (value, title, chosen) => html`<option value=${value} selected=${value === chosen}>${title}</option>`;
  const how = of.absolute === undefined ? "percent" : "absolute";
  const wrong = (draft.answer.value ?? told).problem;
  return html`<${Card} title="Change it">
    <${Unsaved} of=${draft} what="objective" />
    <form ref=${form} onSubmit=${save} onInput=${change}>
    <div class="fields"><label class="grow">Name <input id="objective-name" name="name" required maxlength="80" autocomplete="off" value=${of.name} /></label>
      <label>Who owns it <input name="owner" required maxlength="80" autocomplete="off" value=${of.owner} /></label></div>
    <div class="fields"><label class="grow">What is measured <select name="metric">${METRICS.map(([value, title]) => option(value, title, of.metric))}</select></label>
      <label>Segment, of members <input name="segment" maxlength="40" autocomplete="off" spellcheck="false" value=${of.segment ?? ""} /></label></div>
    <div class="fields"><label>To be reached <input name="number" type="number" step="any" min="0" required value=${of[how]} /></label>
      <label>It is <select name="how">${option("percent", "percent more", how)}${option("absolute", "the number itself", how)}</select></label>
      <label>Before is <select name="baseline">${option("last_28_days", "the 28 days before", of.baseline)}${option("last_year", "a year before", of.baseline)}</select></label></div>
    <div class="fields"><label>First day <input name="start" type="date" required value=${of.start} /></label><label>Last day <input name="by" type="date" required value=${of.by} /></label>
      <label class="grow">Note <input name="note" maxlength="400" autocomplete="off" value=${of.note ?? ""} /></label></div>
    ${wrong && html`<p class="bad">${capital(wrong)}</p>`}
    <div class="buttons"><button class="strong" disabled=${busy.value || !told.unfinished && draft.answer.value === null && !draft.isChanged()}>Save</button><${Saving} of=${draft} />
      <${Duplicate} kind="objectives" id=${told.id} page=${(copy) => `#/objectives/${copy}`} save=${draft.save} /><button type="button" class="quiet" disabled=${busy.value} onClick=${remove}>Delete</button></div>
    ${problem.value && html`<${Failure} problem=${problem.value} />`}</form><//>`;
}
