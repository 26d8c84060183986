// Where people clicked: over the email as it was sent, and in a table under it. Of a campaign, or of a step of a journey.

import { ask, at } from "./api.js";
import { EmailFrame } from "./email-frame.js";
import { Empty, LoadedPage, Section, Table, Title, useLoaded } from "./parts.js";
import { Behind } from "./report-people.js";
import { asked } from "./reports.js";
import { count, date, plural, When, words } from "./words.js";
import { html, useSignal } from "./vendor/preact.js";

export default function ClickMap({ id, journey, step }) {
  const [path, back] = journey ? [at("journeys", journey), `#/journeys/${journey}`] : [at("campaigns", id), `#/campaigns/${id}`];
  const clicks = journey ? at("journeys", journey, "steps", step, "clicks") : at("campaigns", id, "clicks");
  const told = useLoaded(async () => {
    const found = await ask(path);
    return journey ? `${(found.journey ?? found.draft.definition).name}, ${words(step)}` : found.name;
  }, [path]);
  return html`<${LoadedPage} of=${told}>${(name) => html`
    <${Title}>${name}: where people clicked<//>
    <p class="lead">How many people clicked each link of the email, each person once. What mail servers click to check a link is left out. The email is shown as the example's person would get it.</p>
    <${Section} on=${[clicks]} load=${() => asked(clicks)}>${(found) => html`<${Maps} of=${found} path=${clicks} />`}<//>
    <p><a href=${back}>${journey ? "Back to the journey" : "Back to the campaign"}</a></p>`}<//>`;
}

const called = ({ template, version, language }) => [
  template ? words(template) : "an email", version === null ? "version not known" : version === 0 ? "as it is shipped" : `version ${version}`, language].filter(Boolean).join(", ");

function Maps({ of: { emails, left_out, since, as_of }, path }) {
  const chosen = useSignal(0);
  if (emails.length === 0) return html`<${Empty}>No emails of it were sent since ${date(since)}.<//>`;
  const email = emails[chosen.value];
  const { template, version, language } = email;
  const counted = (n, of, says = count(n)) => html`<${Behind} path=${path} of=${{ template, version, language, ...of }} n=${n}>${says}<//>`;
  return html`
    ${emails.length > 1 && html`<label>Which email<select value=${chosen.value} onChange=${(event) => { chosen.value = Number(event.target.value); }}>
      ${emails.map((each, n) => html`<option value=${n} selected=${n === chosen.value}>${`${called(each)}: ${plural(each.sent, "person", "people")}`}</option>`)}</select></label>`}
    ${left_out > 0 && html`<p class="note">${plural(left_out, "more version is", "more versions are")} left out: these were sent to most people.</p>`}
    <p>${emails.length === 1 && html`${called(email)}: `}${counted(email.sent, { what: "sent" }, plural(email.sent, "person", "people"))} ${email.sent === 1 ? "was" : "were"} sent it since ${date(since)}, ${counted(email.clicked)} of them clicked${share(email.clicked, email.sent)}. As of <${When} at=${as_of} />.</p>
    ${email.unknown > 0 && html`<p class="note">${counted(email.unknown, { place: "unknown" }, plural(email.unknown, "person", "people"))} clicked at a place that is not known: the email was sent before its links were numbered, or the link is not written in the template.</p>`}
    ${email.html !== null && html`<${EmailFrame} source=${email.html} title="The email, with how many people clicked each link" />
      <p class="small soft">On each link: its place, and how many people clicked. The thicker and redder the outline, the more.</p>`}
    ${email.html === null && email.version !== null && html`<p class="note">This version of the email is not kept any more, so it cannot be drawn.</p>`}
    ${email.places.length > 0 && html`<${Table} label="Links of the email" stacked rows=${email.places} columns=${[
      { title: "Place", cell: (each) => each.place ?? "–" },
      { title: "Link", cell: (each) => html`${each.text || (each.drawn ? "a picture without words" : "not in the email as it is shown here")}${each.personal && html`<span class="under">${each.personal}</span>`}` },
      { title: "Leads to", cell: (each) => html`<span class="address">${each.leads_to || "–"}</span>` },
      { title: "People", number: true, cell: (each) => each.people === null ? html`<span class="soft">not counted</span>` : counted(each.people, { place: each.place }) },
      { title: "Of those who clicked", number: true, cell: (each) => each.people === null || email.clicked === 0 ? "–" : percent(each.people, email.clicked) },
    ]} />
    <p class="small soft">Who clicked several links is counted at each, so the shares may come to more than 100 %. “Not counted” are links that SES does not watch: they act for the person, or are no web address.</p>`}`;
}

const percent = (n, of) => `${(100 * n / of).toFixed(1)} %`;
const share = (n, of) => (of > 0 ? ` (${percent(n, of)})` : "");
