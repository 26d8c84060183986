// A segment: what it means, who is in it, what the next days bring, and how it is edited.

import { ask, at } from "./api.js";
import { instead } from "./address.js";
import { Flow, Trend } from "./charts.js";
import { Difference } from "./diff.js";
import { Duplicate } from "./duplicating.js";
import { wholeForecast } from "./forecasting.js";
import {
  Banner, Card, confirmed, ContactLink, Failure, LoadedPage, More, Pages, Section, Table, Tag, Title, useActing, useLoaded, useRefreshed,
} from "./parts.js";
import { asText } from "./segment-text.js";
import { Uses } from "./segments.js";
import { count, datesNamed, dayNamed, plural, When } from "./words.js";
import { html, useEffect } from "./vendor/preact.js";

export default function Segment({ id }) {
  const told = useLoaded(() => ask(at("segments", id)), [id]);
  useRefreshed(told.again, told.value?.filling && told.value.filling.status !== "filled");
  useEffect(() => { if (told.value?.definition === null) instead(`#/segments/${id}/edit`); }, [told.value]);
  return html`<${LoadedPage} of=${told}>${(segment) => segment.definition !== null && html`<${Published} id=${id} told=${segment} again=${told.again} />`}<//>`;
}

function Published({ id, told, again }) {
  return html`
    <div class="head"><${Title}>${told.name}<//><div class="buttons">
      <${Duplicate} kind="segments" id=${id} page=${(copy) => `#/segments/${copy}/edit`} />
      ${!told.experiment && html`<a class="button strong" href="#/segments/${id}/edit">${told.draft ? "Edit the draft" : "Edit"}</a>`}</div></div>
    <p class="lead">${told.sentence}</p>
    <p>Somebody who <em>${datesNamed(told.words)}</em>. <${Tag}>${told.group}<//></p>
    <${Filling} told=${told.filling} />
    ${told.experiment && html`<${Banner}><p>${id.startsWith("base__") ? html`Whom either definition brings in that an <a href="#/experiments/${told.experiment}">experiment</a> compares: it goes when that is decided.` : html`An <a href="#/experiments/${told.experiment}">experiment</a> decides half of all contacts by another definition, so nothing else changes this segment until it is decided.`}</p><//>`}
    <${Section} title="How many, and how many in the next 30 days" load=${(tell) => forecast(id, tell)}>${(found) =>
      html`<${Forecast} told=${found} members=${told.members} past=${told.sizes} />`}<//>
    <${Card} title=${plural(told.members, "member")}>
      <${Pages} path=${at("segments", id, "members")} name="members" nothing="Nobody is in this segment at the moment. Contacts enter it by themselves, at the instant its condition becomes true; a contact's page says when that will be.">${
        (members) => html`<${Table} label="Members" rows=${members} columns=${[
          { title: "Contact", cell: (member) => html`<${ContactLink} of=${member} />` },
          { title: "In since", cell: (member) => html`<span class="nowrap"><${When} at=${member.since} /></span>` },
        ]} />`}<//>
    <//>
    ${told.used_by.length > 0 && html`<${Card} title="Used by"><p><${Uses} of=${told.used_by} most=${50} /></p><//>`}
    <${Card} title="Versions">
      <${Pages} path=${at("segments", id, "versions")} name="versions" nothing="It has none.">${(versions) => html`
        <ul class="list">${versions.map((each, n) => html`<li><${Version} id=${id} told=${told} of=${each} before=${versions[n + 1]} isNow=${n === 0} /></li>`)}</ul>`}<//>
    <//>
    <${Card} title="For everybody at once">
      <p>The same definition in SQL, as a dry run and the nightly refresh ask it of the lake for all contacts.</p>
      <${More} title="SQL"><pre tabindex="0">${told.sql}</pre><//>
    <//>
    ${!told.experiment && html`<${Deletion} id=${id} name=${told.name} etag=${told.etag} />`}`;
}

/** One form it has had: what it changed, and a way back to it. */
function Version({ id, told, of, before, isNow }) {
  const { run, busy, problem } = useActing();
  const restore = () => run(async () => {
    if (told.draft && !await confirmed("There is a draft. Replace it by this version?", "Replace it")) return;
    await ask(at("segments", id, "draft"), { text: asText(of.definition) }, "PUT", told.etag);
    location.hash = `#/segments/${id}/edit`;
  });
  return html`<div class="head"><span>Publication ${of.publication}${isNow && html` <${Tag} kind="good">now<//>`}${of.experiment && html` <${Tag}>in an experiment<//>`} <span class="small soft"><${When} at=${of.published} /></span></span>
      ${!isNow && !of.experiment && html`<button disabled=${busy.value} onClick=${restore}>Restore</button>`}</div>
    <${More} title=${before ? "What it changed" : "As JSON"}>${before ? html`<${Difference} before=${asText(before.definition)} after=${asText(of.definition)} label="What it changed" />` : html`<pre tabindex="0">${asText(of.definition)}</pre>`}<//>
    ${problem.value && html`<${Failure} problem=${problem.value} />`}`;
}

function Filling({ told }) {
  if (told.status === "filled") return null;
  return html`<div class="banner" role="status"><p><strong>Rolling out. </strong>${told.status === "waiting"
    ? "Published a moment ago; all contacts are re-evaluated from about two minutes on. "
    : `${plural(told.contacts, "contact")} re-evaluated so far. `}Contacts with new activity already use the new version.</p></div>`;
}

function Deletion({ id, name, etag }) {
  const { run, busy, problem } = useActing();
  const remove = async () => {
    if (!await confirmed(`Delete the segment “${name}”? Its members leave it, and no journey starts from it any more.`, "Delete")) return;
    await run(async () => {
      await ask(at("segments", id), undefined, "DELETE", etag);
      location.hash = "#/segments";
    });
  };
  return html`<${Card} title="Delete">
    <p class="soft">What uses this segment, a journey or another segment, has to let go of it first.</p>
    <button class="danger" disabled=${busy.value} onClick=${remove}>Delete this segment</button>
    ${problem.value && html`<${Failure} problem=${problem.value} />`}
  <//>`;
}

// ── its forecast ──

async function forecast(id, tell) {
  const { days, contacts, flows } = await wholeForecast((so) => tell(`${plural(so, "contact")} looked at so far …`));
  return { days: flows.get(id) ?? days.map((day) => ({ day, entering: 0, leaving: 0 })), contacts };
}

function Forecast({ told: { days, contacts }, members, past }) {
  const [enter, leave] = ["entering", "leaving"].map((way) => days.reduce((sum, row) => sum + row[way], 0));
  const note = html`<p class="small soft">If nothing happens: this foresees neither what contacts do nor the emails that journeys send them. ${
    plural(contacts, "contact")} with something to come in these days were looked at.</p>`;
  const line = html`<${Trend} tall past=${past} now=${members} days=${days} />
    <div class="reach" aria-hidden="true"><span>${past.length > 0 ? `${plural(past.length, "day")} ago` : "now"}</span><span>in 30 days</span></div>`;
  if (enter + leave === 0) return html`${line}<p>Nobody will enter or leave in the next 30 days unless they do something.</p>${note}`;
  return html`${line}
    <p><strong class="good">${count(enter)} enter</strong>, <strong class="bad">${count(leave)} leave</strong>: from ${count(members)} to ${count(members + enter - leave)}.</p>
    <${Flow} days=${days} />
    <${More} title="As a table"><${Table} rows=${days} columns=${[
      { title: "Day", cell: (row) => dayNamed(row.day) },
      { title: "Enter", number: true, cell: (row) => count(row.entering) },
      { title: "Leave", number: true, cell: (row) => count(row.leaving) },
    ]} /><//>
    ${note}`;
}
