// What a definition means for the shop, beside it while it is written: how many, who and why, who comes tomorrow, who else has
// the same people.

import { Failure, SegmentLink, styled } from "./parts.js";
import { capital, count, datesNamed, plural, time } from "./words.js";
import { html } from "./vendor/preact.js";

await styled("builder.css");

export const About = ({ of }) => html`${of.give_or_take > 0 && "≈ "}${count(of.number)}`;
const nameOf = (who) => who.name ?? who.email ?? who.contact;
export const Who = ({ of }) => html`<a href="#/contacts/${of.contact}" target="_blank" rel="noopener">${nameOf(of)}</a>`;
export const listed = (people, all) => html`${people.map((each, n) => html`${n > 0 && ", "}<${Who} of=${each} />`)}${all > people.length && `, and ${count(all - people.length)} more`}`;

/** `told` is the newest estimate, `failure` what went wrong since; `isOld`: it is about what stood there before. */
export function Beside({ told, failure, isOld, nothing }) {
  return html`<aside class="beside-it card ${isOld ? "old" : ""}" aria-label="Who that is" aria-busy=${isOld ? "true" : null}>
    ${nothing ? html`<p class="soft">Say who is meant: how many that is, and who, stands here at once.</p>`
      : failure ? html`<${Trouble} of=${failure} />` : told === null ? html`<p class="soft" aria-busy="true">Counting …</p>` : html`<${Found} told=${told} />`}
  </aside>`;
}

const Trouble = ({ of }) => of.problems?.length > 0
  ? html`<p role="status">${plural(of.problems.length, "thing")} to fix before it can be counted: see beside the ${of.problems.length === 1 ? "row" : "rows"}.</p>` : html`<${Failure} problem=${of} />`;

function Found({ told }) {
  const { members, contacts, soon } = told;
  const part = contacts.number > 0 ? members.number / contacts.number : 0;
  return html`
    <p class="how-many" role="status"><strong><${About} of=${members} /></strong> <span>of ${told.exact ? "" : "about "}${count(contacts.number)}${contacts.number > 0 && html`, ${percent(part)}`}</span></p>
    <meter min="0" max="1" value=${part} aria-label="Share of all contacts">${percent(part)}</meter>
    <p class="small soft">${told.exact ? "Exact: everybody was looked at." : html`${count(told.looked_at)} people were looked at; right to ± ${count(members.give_or_take)}, 19 times of 20.`}</p>
    <p>Somebody who <em>${datesNamed(told.words)}</em>.</p>
    ${told.people.length > 0 && html`<h2>Such as</h2><ul class="people">${told.people.map((each) => html`<li key=${each.contact}><${Who} of=${each} />
      ${each.why && html`<details><summary>${because(each.why)}</summary><ul class="why"><${Why} of=${each.why} /></ul></details>`}</li>`)}</ul>`}
    <h2>By the end of tomorrow</h2>
    ${soon.entering.number + soon.leaving.number === 0 ? html`<p class="soft">Nobody enters or leaves, unless they do something.</p>` : html`<ul class="people">
      ${soon.entering.number > 0 && html`<li><strong class="good"><${About} of=${soon.entering} /> ${soon.entering.number === 1 ? "enters" : "enter"}</strong> ${soon.entering.people.map((each) => html`<span class="nowrap" title=${time(each.at)}><${Who} of=${each} /></span> `)}</li>`}
      ${soon.leaving.number > 0 && html`<li><strong class="bad"><${About} of=${soon.leaving} /> ${soon.leaving.number === 1 ? "leaves" : "leave"}</strong> ${soon.leaving.people.map((each) => html`<span class="nowrap" title=${time(each.at)}><${Who} of=${each} /></span> `)}</li>`}</ul>`}
    ${told.overlaps.length > 0 && html`<h2>The same people</h2><ul class="overlaps">${told.overlaps.map((each) => html`<li><${Overlap} of=${each} /></li>`)}</ul>`}`;
}

const Overlap = ({ of }) => html`${of.share > .9 && of.back > .9 ? html`<strong>Nearly the same as</strong> ` : html`${percent(of.share)} are also in `}<${SegmentLink} id=${of.segment} names=${{ [of.segment]: of.name }} />`;

export const percent = (part) => `${part > 0 && part < .01 ? "under 1" : Math.round(part * 100)} %`;

/** What of a reason decides, in a line: the evidence of what holds. */
function because(why) {
  const isMadeOfOthers = (of) => of.parts.length > 0 && (["all", "any", "not"].includes(of.kind) || /^it is (?:true|not)$/.test(of.evidence));
  const leaves = (of) => isMadeOfOthers(of) ? of.parts.filter((part) => part.holds || of.kind === "not").flatMap(leaves) : [of];
  const short = (text) => (text.length > 60 ? text.split(": ")[0] : text).replace(/\.$/, "");
  return capital([...new Set(leaves(why).map((each) => short(datesNamed(each.evidence))))].slice(0, 3).join(" · ")) || "Why";
}

/** A reason as a tree: what is asked, whether that holds, and by what. */
const Why = ({ of }) => html`<li>
  <span class="answer ${of.holds ? "good" : "soft"}" aria-hidden="true">${of.holds ? "✓" : "✗"}</span><span class="hidden">${of.holds ? "true: " : "not true: "}</span>${capital(datesNamed(of.asks))}
  <span class="evidence">${capital(datesNamed(of.evidence))}${/[.!?]$/.test(of.evidence) ? "" : "."}</span>
  ${of.parts.length > 0 && html`<ul class="why">${of.parts.map((part) => html`<${Why} of=${part} />`)}</ul>`}
</li>`;
