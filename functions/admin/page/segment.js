// A segment: what it means, who is in it, what the next days bring, and how it is edited.

import { ask, at } from "./api.js";
import { Flow } from "./charts.js";
import { Editor } from "./segment-editor.js";
import {
  Card, confirmed, ContactLink, Failure, Json, LoadedPage, More, Pages, Section, Table, Tag, Title, useActing, useLoaded, useRefreshed,
} from "./parts.js";
import { count, plural, When } from "./words.js";
import { html } from "./vendor/preact.js";

export default function Segment({ id }) {
  const told = useLoaded(() => ask(at("segments", id)), [id]);
  useRefreshed(told.again, told.value?.filling && told.value.filling.status !== "filled");
  return html`<${LoadedPage} of=${told}>${(segment) => segment.definition === null
    ? html`<${Title}>${segment.draft.definition.name} <${Tag}>draft<//><//>
      <p class="lead">${segment.draft.definition.sentence}</p>
      <${Editor} id=${id} told=${segment} definition=${segment.draft.definition} again=${told.again} />`
    : html`<${Published} id=${id} told=${segment} again=${told.again} />`}<//>`;
}

function Published({ id, told, again }) {
  return html`
    <${Title}>${told.name}<//>
    <p class="lead">${told.sentence}</p>
    <p>Somebody who <em>${told.words}</em>. <${Tag}>${told.group}<//></p>
    <${Filling} told=${told.filling} />
    <${Section} title="Today and the next 30 days" load=${(tell) => forecast(id, tell)}>${(found) =>
      html`<${Forecast} told=${found} members=${told.members} />`}<//>
    <${Card} title=${plural(told.members, "member")}>
      <${Pages} path=${at("segments", id, "members")} name="members" nothing="Nobody is in this segment at the moment. Contacts enter it by themselves, at the instant its condition becomes true; a contact's page says when that will be.">${
        (members) => html`<${Table} label="Members" rows=${members} columns=${[
          { title: "Contact", cell: (member) => html`<${ContactLink} of=${member} />` },
          { title: "In since", cell: (member) => html`<span class="nowrap"><${When} at=${member.since} /></span>` },
        ]} />`}<//>
    <//>
    <${Editor} key=${told.etag} id=${id} told=${told} definition=${(told.draft ?? told).definition} again=${again} />
    <${Card} title="Versions">
      <${Pages} path=${at("segments", id, "versions")} name="versions" nothing="It has none.">${(versions) => html`
        <ul class="list">${versions.map((each) => html`<li>
          <div class="head"><span>Publication ${each.publication}</span><span class="small soft"><${When} at=${each.published} /></span></div>
          <${Json} title=${each.definition.name} value=${each.definition} /></li>`)}</ul>`}<//>
    <//>
    <${Card} title="For everybody at once">
      <p>The same definition in SQL, as a dry run and the nightly refresh ask it of the lake for all contacts.</p>
      <${More} title="SQL"><pre tabindex="0">${told.sql}</pre><//>
    <//>
    <${Deletion} id=${id} name=${told.name} />`;
}

function Filling({ told }) {
  if (told.status === "filled") return null;
  return html`<div class="banner" role="status"><p><strong>Rolling out. </strong>${told.status === "waiting"
    ? "Published a moment ago; all contacts are re-evaluated from about two minutes on. "
    : `${plural(told.contacts, "contact")} re-evaluated so far. `}Contacts with new activity already use the new version.</p></div>`;
}

function Deletion({ id, name }) {
  const { run, busy, problem } = useActing();
  const remove = async () => {
    if (!await confirmed(`Delete the segment “${name}”? Its members leave it, and no journey starts from it any more.`, "Delete")) return;
    await run(async () => {
      await ask(at("segments", id), undefined, "DELETE", told.etag);
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

/** Who enters and leaves it by time alone, all pages of the answer added up. */
async function forecast(id, tell) {
  let told = await ask("forecast");
  const days = told.days.map((day) => ({ day, entering: 0, leaving: 0 }));
  let contacts = 0;
  for (;;) {
    const of = told.segments.find((each) => each.segment === id);
    days.forEach((row, n) => {
      row.entering += of?.entering[n] ?? 0;
      row.leaving += of?.leaving[n] ?? 0;
    });
    contacts += told.contacts;
    if (told.cursor === null) return { days, contacts };
    tell(`${plural(contacts, "contact")} looked at so far …`);
    told = await ask(`forecast?cursor=${encodeURIComponent(told.cursor)}`);
  }
}

function Forecast({ told: { days, contacts }, members }) {
  const [enter, leave] = ["entering", "leaving"].map((way) => days.reduce((sum, row) => sum + row[way], 0));
  const note = html`<p class="small soft">If nothing happens: this foresees neither what contacts do nor the emails that journeys send them. ${
    plural(contacts, "contact")} with something to come in these days were looked at.</p>`;
  if (enter + leave === 0) return html`<p>Time alone changes nobody's membership in these days.</p>${note}`;
  return html`
    <p><strong class="good">${count(enter)} enter</strong>, <strong class="bad">${count(leave)} leave</strong>: from ${count(members)} to ${count(members + enter - leave)}.</p>
    <${Flow} days=${days} />
    <${More} title="As a table"><${Table} rows=${days} columns=${[
      { title: "Day", cell: (row) => row.day },
      { title: "Enter", number: true, cell: (row) => count(row.entering) },
      { title: "Leave", number: true, cell: (row) => count(row.leaving) },
    ]} /><//>
    ${note}`;
}
