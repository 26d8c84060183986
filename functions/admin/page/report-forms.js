// How people come in by forms: from seeing one to a first order, each step beside the shop's other forms.

import { ask } from "./api.js";
import { Bars } from "./charts.js";
import { Card, Empty, More, Section, Table } from "./parts.js";
import { Behind } from "./report-people.js";
import { Figures, OfNight } from "./report-tabs.js";
import { count, dayNamed, When } from "./words.js";
import { html } from "./vendor/preact.js";

const STEPS = {
  page: ["Sent in, of times its page was opened", "sent"],
  site: ["Sent in, of times it was begun in your pages", "sent"],
  email: ["Sent in, of times it was opened from an email", "sent"],
  signed_up: ["Signed up, of times it was sent in", "signed up"],
  ordered: ["First order, of new people signed up", "ordered"],
};
const percent = (share) => `${(100 * share).toFixed(1)} %`;
const sent = (each) => each.sent_page + each.sent_site + each.sent_email;

export default function FormsReport() {
  return html`<${OfNight} here="forms" lead="What became of the people who came upon your forms, in the last 90 days.">${({ forms }) => html`<${Together} forms=${forms} />`}<//>`;
}

function Together({ forms }) {
  if (forms.length === 0) return html`<${Empty}>No form was opened, begun or sent in.<//>`;
  return html`<${Card} title="Form by form"><${Figures} file="forms" label="Forms" stacked rows=${forms} columns=${[
    { title: "Form", cell: (each) => html`<a href="#/forms/${each.form}">${each.name}</a>`, csv: (each) => each.name },
    ...COUNTS.map(([title, of, figure]) => ({ title, number: true, cell: (each) => html`<${Counted} n=${of(each)} figure=${figure} of=${{ form: each.form }} />`, csv: of })),
  ]} /><${Notes} /><//>
  ${forms.map((each) => html`<${Card} title=${each.name}><${Form} of=${each} /><//>`)}`;
}

const COUNTS = [
  ["Page opened", (each) => each.seen_page + each.seen_email],
  ["Begun in your pages", (each) => each.begun_site],
  ["Sent in", sent],
  ["Signed up", (each) => each.people, "people"],
  ["Of them new", (each) => each.fresh, "fresh"],
  ["First order", (each) => each.ordered, "ordered"],
];

/** People lead to who they are; what happens before somebody signs up is counted of nobody. */
const Counted = ({ n, figure, of }) => figure ? html`<${Behind} path="reports/forms" of=${{ ...of, figure }} n=${n} />` : count(n);

/** One form: its shares beside the others', its versions, and its days. */
const Form = ({ of }) => html`
  ${of.shares.length > 0 && html`<${Table} label="What part went on" stacked rows=${of.shares} columns=${[
    { title: "Step", cell: (each) => STEPS[each.name][0] },
    { title: "Of", number: true, cell: (each) => count(each.of) },
    { title: "Share", number: true, cell: (each) => html`${percent(each.share)}<span class="under">19 times in 20 it is ${percent(each.low)} to ${percent(each.high)}</span>` },
    { title: "Your other forms", number: true, cell: (each) => each.others === null ? "–" : percent(each.others) },
    { title: "What that says", cell: (each) => html`<span class=${each.word === "better" ? "good" : ""}>${each.words}</span>` },
  ]} />`}
  <${Table} label="Version by version" stacked rows=${of.versions} columns=${[
    { title: "Version", cell: (each) => each.version ?? "not known" },
    ...COUNTS.map(([title, value, figure]) => ({ title, number: true, cell: (each) => html`<${Counted} n=${value(each)} figure=${figure} of=${{ form: of.form, version: each.version ?? "none" }} />` })),
  ]} />
  ${of.by_day.length > 0 && html`<${Bars} days=${of.by_day.map((each) => ({ ...each, sent: sent(each) }))} of="people" title="Signed up" words=${count} />
    <${More} title="Day by day"><${Table} rows=${of.by_day.toReversed()} columns=${[
      { title: "Day", cell: (each) => dayNamed(each.day), csv: (each) => each.day },
      ...COUNTS.map(([title, value, figure]) => ({ title, number: true, cell: (each) => html`<${Counted} n=${value(each)} figure=${figure} of=${{ form: of.form, day: each.day }} />` })),
    ]} /><//>`}`;

const Notes = () => html`<p class="small soft">Opening, beginning and sending in are counted as often as they happen, machines that open a page among them:
  they are counted of nobody in particular, and lead to no people. Who signs up is a person and counts once a form. In your own pages it is not known how often a form was seen: its script asks for nothing until somebody puts the cursor into it, and on a form's own page it is not known how often it was begun.
  Each share is beside that of all your other forms together, sign-up forms and surveys apart; several are looked at at once, which the words allow for.</p>`;

/** On a form's own page. */
export const OfForm = ({ id }) => html`<${Section} title="What becomes of those who see it" on=${[id]} load=${() => ask("reports/forms")}>${({ forms, as_of }) => {
  const own = forms.find((each) => each.form === id);
  return own ? html`<${Form} of=${own} /><p class="small soft">As of <${When} at=${as_of} />, of the last 90 days.</p><${Notes} />`
    : html`<${Empty}>Nothing has been counted yet: it is added up once a night.<//>`;
}}<//>`;
