// What the nights have found and put right: runs that had outlived their plan, memberships that had drifted, lists of members
// that were wrong.

import { ContactLink, More, SegmentLink, Table, Tag } from "./parts.js";
import { now } from "./settings.js";
import { count, DAY, plural, When, words } from "./words.js";
import { html } from "./vendor/preact.js";

const NOW = { there: ["bad", "still there"], gone_on: ["good", "gone on since"], ended: ["good", "ended since"] };
const WHY = { late: "Should have gone on", failed: "Its state machine failed" };
const NEVER = html`<p class="soft">Nobody has looked yet: this is done every night.</p>`;

/** What holds of last night is nothing to rely on once nights have been missed. */
const Missed = ({ at }) => now() - at > 2 * DAY && html`<p><${Tag} kind="bad">not looked since<//> This is from <${When} at=${at} />, and no night has been through since:
  look at the <a href="#/dead-letters">dead letters</a> and at the refresh’s executions in Step Functions.</p>`;

/** Runs that should have gone on by last night, where they were found, and what has become of them. */
export function StuckRuns({ told: { at, runs, steps, people } }) {
  if (at === null) return NEVER;
  if (runs === 0) return html`<${Missed} at=${at} /><p><${Tag} kind="good">all clear<//> Every run of every journey was where its plan says, <${When} at=${at} />.</p>`;
  const there = people.filter((each) => each.now === "there").length;
  return html`<${Missed} at=${at} />
    <p><${Tag} kind=${there > 0 ? "bad" : "good"}>${there > 0 ? `${count(there)} still there` : "fixed"}<//> ${plural(runs, "run")} should have gone on by <${When} at=${at} />.
      What they wait for was asked for again.</p>
    ${there > 0 && html`<p>Give them an hour. Where they stay, look at the <a href="#/dead-letters">dead letters</a> and replay those. A run can be stopped on its
      page; all who wait at a step can be moved or stopped among the journey’s people.</p>`}
    <${Table} label="Stuck runs by step" stacked rows=${steps} columns=${[
      { title: "Journey", cell: (each) => html`<a href="#/journeys/${each.journey}/people">${each.name}</a>` },
      { title: "Step", cell: (each) => words(each.step) },
      { title: "Runs", number: true, cell: (each) => count(each.runs) },
    ]} />
    <${More} title=${people.length < runs ? `Who: ${count(people.length)} of ${count(runs)}` : "Who"} open=${people.length <= 10}>
      <${Table} label="People whose runs were stuck" stacked rows=${people} columns=${[
        { title: "Contact", cell: (each) => html`<${ContactLink} of=${each} />` },
        { title: "Run", cell: (each) => html`<a href="#/contacts/${each.contact}/runs/${each.number}">${words(each.step)}</a>` },
        { title: "Why", cell: (each) => WHY[each.why] },
        { title: "Now", cell: (each) => html`<${Tag} kind=${NOW[each.now][0]}>${NOW[each.now][1]}<//>` },
      ]} /><//>`;
}

/** Stored memberships that were not what the same definition says in SQL, of all contacts at once. */
export function Drift({ told: { at, contacts, memberships, segments, people, rolling_out } }) {
  if (at === null) return NEVER;
  if (memberships === 0) return html`<${Missed} at=${at} /><p><${Tag} kind="good">all clear<//> Every membership of every contact was what its definition says, <${When} at=${at} />.</p>`;
  const ranked = segments.filter((each) => each.by_rank).reduce((sum, each) => sum + each.memberships, 0);
  const unexplained = !rolling_out && memberships > ranked;
  return html`<${Missed} at=${at} />
    <p><${Tag} kind=${unexplained ? "note" : "good"}>${unexplained ? "fixed" : "as expected"}<//> ${plural(memberships, "membership")} of ${plural(contacts, "contact")} differed
      from what SQL says, <${When} at=${at} />. Each of them was evaluated again at once, which sets it right; journeys do not start by that.</p>
    ${rolling_out && html`<p class="soft">A publication was still rolling out then: whoever had not adopted it yet differs.</p>`}
    ${ranked > 0 && html`<p class="soft">${plural(ranked, "of them is", "of them are")} in segments that depend on a rank, whose cut-off the night works out again.</p>`}
    ${unexplained && html`<p>Nobody lost anything by it. Night after night it means a fault: tell whoever looks after Beckon.</p>`}
    <${Table} label="Memberships that differed" rows=${segments} columns=${[
      { title: "Segment", cell: (each) => html`<${SegmentLink} id=${each.segment} names=${{ [each.segment]: each.name }} />${each.by_rank && html` <${Tag}>by rank<//>`}` },
      { title: "Memberships", number: true, cell: (each) => count(each.memberships) },
    ]} />
    <${More} title=${people.length < contacts ? `Who: ${count(people.length)} of ${count(contacts)}` : "Who"} open=${people.length <= 10}>
      <ul class="list">${people.map((each) => html`<li><${ContactLink} of=${each} /></li>`)}</ul><//>`;
}

/** Members of segments, as they are listed, that were not what the contacts' profiles say. */
export function WrongMembers({ told: { at, members, segments } }) {
  if (at === null) return NEVER;
  if (members === 0) return html`<${Missed} at=${at} /><p><${Tag} kind="good">all clear<//> Every list of a segment’s members was what the contacts’ profiles say, <${When} at=${at} />.</p>`;
  return html`<${Missed} at=${at} />
    <p><${Tag} kind="note">fixed<//> ${plural(members, "member was", "members were")} wrong or missing in the lists of segments, <${When} at=${at} />, and ${members === 1 ? "was" : "were"}
      corrected at once. Who is in a segment is decided by their profile, so journeys were right; lists and campaigns’ audiences may not have been.</p>
    <p>Something was lost on the way to the lists: look at the <a href="#/dead-letters">dead letters</a> of transition. Night after night it means a fault: tell whoever looks after Beckon.</p>
    <${Table} label="Lists of members that were corrected" rows=${segments} columns=${[
      { title: "Segment", cell: (each) => html`<${SegmentLink} id=${each.segment} names=${{ [each.segment]: each.name }} />` },
      { title: "Members", number: true, cell: (each) => count(each.members) },
    ]} />`;
}
