// From sign-up to the second order: how many of those who have had the time came how far.

import { Figures, OfNight } from "./report-tabs.js";
import { Card, Empty, styled } from "./parts.js";
import { Behind } from "./report-people.js";
import { count, monthNamed, plural } from "./words.js";
import { html, useSignal } from "./vendor/preact.js";

await styled("cohorts.css");

const STEPS = [["ready", "Signed up"], ["confirmed", "Said yes to email"], ["clicked", "Clicked in an email"], ["ordered", "Ordered"], ["again", "Ordered again"]];
const FEW = 20;
const Counted = (of) => html`<${Behind} path="reports/funnel" ...${of} />`;
const share = (number, of) => of === 0 ? "" : of < FEW ? `${count(number)} of ${count(of)}` : `${Math.round(number / of * 100)} %`;

export default function Funnel() {
  return html`<${OfNight} here="funnel" lead="How far people come from their sign-up to their second order, and how long it takes.">${(of) => html`<${Windows} of=${of} />`}<//>`;
}

function Windows({ of }) {
  const days = useSignal(90);
  const window = of.windows.find((each) => each.days === days.value);
  return html`<div class="switch" role="group" aria-label="Within how long">${of.windows.map((each) => html`
      <button aria-pressed=${String(each.days === days.value)} onClick=${() => { days.value = each.days; }}>${each.days} days</button>`)}</div>
    ${window.people === 0 ? html`<${Card}><${Empty}>Nobody has signed up so far. A sign-up by form is one when it has been confirmed.<//><//>` : html`<${Window} of=${window} />`}`;
}

function Window({ of }) {
  return html`
    <${Card} title="Within ${of.days} days of the sign-up">
      <p>${of.ready === 0 ? html`Nobody has had ${of.days} days yet.` : html`Of <strong>${count(of.ready)}</strong> who have had ${of.days} days, <strong>${count(of.ordered)}</strong> ordered and <strong>${count(of.again)}</strong> ordered again.`}
        ${of.waiting > 0 && html` <${Counted} n=${of.waiting} of=${{ days: of.days, step: "waiting" }}>${plural(of.waiting, "person", "people")}<//> ${of.waiting === 1 ? "has" : "have"} signed up later and ${of.waiting === 1 ? "is" : "are"} not in these figures yet.`}
        ${of.customers > 0 && html` <${Counted} n=${of.customers} of=${{ days: of.days, step: "customers" }}>${plural(of.customers, "other", "others")}<//> had ordered before they signed up.`}</p>
      ${of.ready > 0 && html`<${Drawn} of=${of} />
      <${Figures} file="funnel-${of.days}-days" label="Steps" rows=${STEPS} columns=${[
        { title: "Step", cell: ([, name]) => name },
        { title: "People", number: true, cell: ([step]) => html`<${Counted} n=${of[step]} of=${{ days: of.days, step }} />`, csv: ([step]) => of[step] },
        { title: "Of those who signed up", number: true, cell: ([step]) => share(of[step], of.ready), csv: ([step]) => of[step] / of.ready },
        { title: "Days it took, median", number: true, cell: ([step]) => of[`${step}_days`] ?? "", csv: ([step]) => of[`${step}_days`] ?? null },
      ]} />`}
      <p class="soft small">Each step is counted by itself: who orders need not have clicked. Sign-ups by form that nobody has confirmed are not people yet; the form’s own page counts them.</p>
    <//>
    <${Card} title="By the month of the sign-up">
      <${Figures} file="funnel-months-${of.days}-days" stacked label="Months" rows=${of.months} columns=${[
        { title: "Month", cell: (row) => monthNamed(row.month), csv: (row) => row.month },
        { title: "Signed up", number: true, cell: (row) => html`<${Counted} n=${row.people} of=${{ days: of.days, step: "people", month: row.month }} />`, csv: (row) => row.people },
        { title: `Have had ${of.days} days`, number: true, cell: (row) => html`<${Counted} n=${row.ready} of=${{ days: of.days, step: "ready", month: row.month }} />`, csv: (row) => row.ready },
        ...STEPS.slice(1).map(([step, title]) => ({ title, number: true, cell: (row) => row.ready === 0 ? html`<span class="soft">not yet</span>` : html`<${Counted} n=${row[step]} of=${{ days: of.days, step, month: row.month }}>${share(row[step], row.ready)}<//>`, csv: (row) => row.ready === 0 ? null : row[step] })),
      ]} /><//>`;
}

const [WIDE, ROW, LEFT] = [480, 28, 170];

const Drawn = ({ of }) => html`<svg class="funnel" viewBox="0 0 ${WIDE} ${STEPS.length * ROW}" role="img"
    aria-label=${STEPS.map(([step, name]) => `${name}: ${count(of[step])}`).join(", ")}>
  ${STEPS.map(([step, name], n) => html`<g><text x=${LEFT - 8} y=${n * ROW + 18} text-anchor="end">${name}</text>
    <rect x=${LEFT} y=${n * ROW + 4} width=${Math.max(of[step] / of.ready * (WIDE - LEFT - 60), 1)} height=${ROW - 8} rx="2" />
    <text x=${LEFT + of[step] / of.ready * (WIDE - LEFT - 60) + 6} y=${n * ROW + 18}>${count(of[step])}</text></g>`)}
</svg>`;
