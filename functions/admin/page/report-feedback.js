// What people say, beside the figures: answers with one click, surveys, and what they write, how it sounds and what it is about.

import { Card, Empty, Section, Table } from "./parts.js";
import { Behind } from "./report-people.js";
import { OfNight } from "./report-tabs.js";
import { asked } from "./reports.js";
import { capital, count, date, plural, When, words } from "./words.js";
import { html, useSignal } from "./vendor/preact.js";

const SOUNDS = ["positive", "neutral", "negative"];
const percent = (share) => `${(100 * share).toFixed(1)} %`;

export default function Feedback({ query }) {
  const given = new URLSearchParams(query ?? "");
  const [about, sentiment] = [given.get("about") ?? "", given.get("sentiment") ?? ""];
  return html`<${OfNight} here="feedback" lead="What people answer and write, beside what they do.">${(told) => html`
    <${Card} title="In numbers"><${Numbers} of=${told} /><//>
    <${Texts} key=${query} about=${about} sentiment=${sentiment} />`}<//>`;
}

function Numbers({ of: told }) {
  const nothing = [told.asked, told.surveys, told.wrote].every((each) => each.length === 0);
  if (nothing) return html`<${Empty}>Nobody has answered or written anything since ${date(told.since)}. An email asks with <code>links.answer</code>, a survey with <code>links.survey</code>; reviews and tickets come in as events.<//>`;
  return html`
    ${told.asked.map((each) => html`<h3>${each.name}</h3><p><${Behind} ...${email(each)} n=${each.answered}>${plural(each.answered, "person", "people")}<//> answered, of <${Behind} ...${email(each, { what: "sent" })} n=${each.sent} /> who were sent it.</p><${Answers} of=${each.answers} label=${`Answers to ${each.name}`} asked=${({ answer }) => email(each, { answer })} />`)}
    ${told.surveys.map((survey) => html`<h3>${survey.name}</h3><p><${Behind} ...${form(survey)} n=${survey.people}>${plural(survey.people, "person", "people")}<//> answered.</p>
      ${survey.questions.map(({ question, answers }) => html`<${Answers} of=${answers} label=${words(question)} asked=${({ answer }) => form(survey, { question, answer })} />`)}`)}
    ${[["What they wrote", "Event", told.wrote, (each) => each.name], ["What it is about", "Topic", told.topics, (each) => linked(each.name)], ["What they want", "Wants", told.wanted, (each) => linked(each.name)]].map(([title, first, rows, cell]) => rows.length > 0 && html`
      <h3>${title}</h3><${Table} label=${title} stacked rows=${rows} columns=${[
        { title: first, cell },
        { title: "Texts", number: true, cell: (each) => count(each.texts) },
        ...[...SOUNDS, "unknown"].map((sound) => ({ title: capital(sound), number: true, cell: (each) => count(each[sound]) })),
      ]} />`)}
    <p class="small soft">Since ${date(told.since)}. Of each question a person's last answer counts, and what a mail server clicked does not. How a text sounds is told by its stars, or by its words, as far as <a href="#/insight/written">your own reviews, a list of English words or a service</a> can tell; of all others it is unknown.</p>`;
}

const linked = (name) => html`<a href="#/reports/feedback?about=${name}">${words(name)}</a>`;

/** What leads to the people behind an answer to an email, and to a survey. */
const email = ({ campaign, journey, step, template }, more) => ({ path: "reports/feedback/answers", of: { campaign, journey, step, template, ...more } });
const form = (survey, more) => ({ path: "reports/feedback/surveys", of: { form: survey.form, ...more } });

/** Rare answers that are put together lead to nobody. */
const Answers = ({ of, label, asked: by }) => html`<${Table} label=${label} rows=${of} columns=${[
  { title: label, cell: (each) => words(each.answer) },
  { title: "People", number: true, cell: (each) => each.answer === "others" ? count(each.people) : html`<${Behind} ...${by(each)} n=${each.people} />` },
  { title: "Of those who answered", number: true, cell: (each) => html`${percent(each.share)}<span class="under">19 times in 20 it is ${percent(each.low)} to ${percent(each.high)}</span>` },
]} />`;

/** Their own words: they are read from each contact's records, when somebody asks for them. */
function Texts({ about, sentiment }) {
  const shown = useSignal(about !== "" || sentiment !== "");
  const asking = new URLSearchParams(Object.entries({ about, sentiment }).filter(([, value]) => value !== ""));
  const link = (sound) => `#/reports/feedback?${new URLSearchParams(Object.entries({ about, sentiment: sound }).filter(([, value]) => value !== ""))}`;
  if (!shown.value) return html`<${Card} title="In their own words"><button onClick=${() => { shown.value = true; }}>Show what was written last</button><//>`;
  return html`<${Section} title="In their own words" on=${[about, sentiment]} load=${() => asked(`reports/feedback/texts${asking.size > 0 ? `?${asking}` : ""}`)}>${({ texts }) => html`
    <nav class="tabs" aria-label="How it sounds">${["", ...SOUNDS].map((sound) => html`<a href=${link(sound)} aria-current=${sound === sentiment ? "page" : null}>${sound === "" ? "All" : capital(sound)}</a>`)}</nav>
    ${about && html`<p>About “${words(about)}”. <a href="#/reports/feedback">Show all</a></p>`}
    ${texts.length === 0 ? html`<${Empty}>Nothing of that kind was written.<//>` : html`<ul class="plain">${texts.map((each) => html`<li>
      <p>${each.text ? html`“${each.text}”` : html`<span class="soft">stars alone</span>`}${each.stars !== null && ` ${each.stars} of 5 stars.`}</p>
      <p class="small soft"><a href="#/contacts/${each.contact}">${each.email ?? each.contact}</a>, ${each.event}, <${When} at=${each.at} />${each.sentiment && `, ${each.sentiment}`}</p></li>`)}</ul>
    <p class="small soft">The newest, fifty at most. They stand in each contact's own records and nowhere else.</p>`}`}<//>`;
}
