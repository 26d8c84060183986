// What came of emails, by what sent them and to whom: beside the average of all, and day by day within control limits.

import { ask } from "./api.js";
import { Control } from "./control-charts.js";
import { Card, Empty, More, Section, Tag } from "./parts.js";
import { Behind } from "./report-people.js";
import { Figures, OfNight } from "./report-tabs.js";
import { count, dayNamed, money } from "./words.js";
import { html, useSignal } from "./vendor/preact.js";

const KINDS = [["all", "All emails"], ["journey", "Journeys"], ["campaign", "Campaigns"], ["topic", "Topics"], ["segment", "Segments"]];
const COUNTS = [["sent", "Sent"], ["delivered", "Delivered"], ["bounced", "Came back"], ["waiting", "Waiting"], ["opened", "Opened by people"],
  ["opened_raw", "Opened by anything"], ["clicked", "Clicked"], ["converted", "Ordered after it"], ["unsubscribed", "Unsubscribed"], ["complained", "Reported as spam"], ["orders", "Orders"]];
const RATES = [["clicked", "Click rate"], ["converted", "Conversion"], ["unsubscribed", "Unsubscribe rate"], ["complained", "Spam rate"], ["bounced", "Bounce rate"], ["opened", "Open rate"]];
const WORDS = { better: "good", worse: "bad" };
const percent = (share) => share === null ? "" : `${(share * 100).toLocaleString("en", { maximumFractionDigits: share < .01 ? 2 : 1 })} %`;
const amount = (of) => of === null ? "" : money(of);

export default function Kpis() {
  return html`<${OfNight} here="kpis" lead="What came of your emails, by what sent them and to whom, beside the average of all of them.">${(of) => html`<${Periods} of=${of} />`}<//>`;
}

function Periods({ of }) {
  const [days, called] = [useSignal(30), useSignal("all")];
  const period = of.periods.find((each) => each.days === days.value);
  if (period.groups.length === 0 && of.periods.every((each) => each.groups.length === 0)) return html`<${Empty}>No email was sent in the last year.<//>`;
  const kinds = KINDS.map(([kind, title]) => [kind, title, period.groups.filter((each) => kind === "all" ? ["all", "other"].includes(each.called) : each.called.startsWith(`${kind}:`))]);
  const sends = of.periods.at(-1).groups.filter((each) => !each.called.startsWith("segment:"));
  return html`<div class="switch" role="group" aria-label="Over how long">${of.periods.map((each) => html`
      <button aria-pressed=${String(each.days === days.value)} onClick=${() => { days.value = each.days; }}>${each.days} days</button>`)}</div>
    <p class="small soft">Emails sent from ${dayNamed(period.first)} to ${dayNamed(period.last)}, and what has come of them since. An order counts for the last email that was clicked in the ${of.within_days} days before it, so the last days have not had all theirs yet.
      ${of.costs === null && html` What emails return is said once you have told <a href="#/shop">what they cost</a>.`}</p>
    ${kinds.map(([kind, title, groups]) => groups.length > 0 && html`<${Groups} key=${kind} kind=${kind} title=${title} groups=${groups} period=${period} costs=${of.costs} />`)}
    ${period.groups.length === 0 && html`<${Empty}>No email was sent in these days.<//>`}
    <${Elsewhere} of=${of.published} own=${period.groups.find((each) => each.called === "all")} />
    <div class="fields"><label>Day by day<select value=${called.value} onChange=${(event) => { called.value = event.target.value; }}>
      ${sends.map((each) => html`<option value=${each.called} selected=${each.called === called.value}>${each.name}</option>`)}</select></label></div>
    <${Section} title="The last 90 days" load=${() => ask(`reports/kpis/days?called=${encodeURIComponent(called.value)}`)} on=${[called.value]}>${(told) => html`<${Days} of=${told} />`}<//>`;
}

const Groups = ({ kind, title, groups, period, period: { days }, costs }) => html`<${Card} title=${title}>
  ${kind === "segment" && html`<p class="small soft">By who is in a segment as of that night, whoever was in it when the email went out. Somebody may be in several.</p>`}
  <${Figures} file=${`kpis-${kind}-${days}-days`} label=${title} rows=${groups.toSorted((one, other) => other.sent - one.sent)} columns=${[
    { title: "Of", cell: (each) => html`${each.name}${kind !== "all" && html`<span class="under">${each.rates.clicked.words}</span>`}`, csv: (each) => each.name },
    { title: "Delivered", number: true, cell: (each) => html`<${Counted} of=${each} figure="delivered" period=${period} />`, csv: (each) => each.delivered },
    ...RATES.slice(0, 4).flatMap(([of, name]) => [
      { title: name, number: true, cell: (each) => html`<${Share} of=${each.rates[of]} />`, csv: (each) => each.rates[of].share },
    ]),
    ...(kind === "all" ? [] : [{ title: "Click rate beside the others", csv: (each) => each.rates.clicked.words }]),
    { title: "Revenue", number: true, cell: (each) => html`<${Counted} of=${each} figure="revenue" period=${period} words=${money} />${each.revenue_per_email !== null && html`<span class="under">${amount(each.revenue_per_email)} an email</span>`}`, csv: (each) => each.revenue },
    { title: "An email", csv: (each) => each.revenue_per_email },
    ...(costs ? [{ title: "Return", number: true, cell: (each) => each.roi === null ? "" : `${count(Math.round(each.roi * 100))} %`, csv: (each) => each.roi }] : []),
  ]} />
  <${More} title="All figures">
    <${Figures} file=${`kpis-${kind}-${days}-days-all-figures`} label="${title}: all figures" rows=${groups} columns=${[
      { title: "Of", cell: (each) => each.name, csv: (each) => each.called },
      { title: "People", number: true, cell: (each) => html`<${Counted} of=${each} figure="people" period=${period} />`, csv: (each) => each.people },
      ...COUNTS.map(([of, name]) => ({ title: name, number: true, cell: (each) => html`<${Counted} of=${each} figure=${of} period=${period} />`, csv: (each) => each[of] })),
      { title: "Expected of each in 12 months", number: true, cell: (each) => each.value === null ? "" : html`${money(each.value)}<span class="under">of ${count(each.valued)}</span>`, csv: (each) => each.value },
      ...(costs ? [{ title: "Cost", number: true, cell: (each) => amount(each.cost), csv: (each) => each.cost }] : []),
    ]} />
    <${Figures} file=${`kpis-${kind}-${days}-days-rates`} label="${title}: rates, from and to" rows=${groups} columns=${[
      { title: "Of", cell: (each) => each.name, csv: (each) => each.called },
      ...RATES.flatMap(([of, name]) => [
        { title: name, number: true, cell: (each) => percent(each.rates[of].share), csv: (each) => each.rates[of].share },
        { title: "From", number: true, cell: (each) => percent(each.rates[of].low), csv: (each) => each.rates[of].low },
        { title: "To", number: true, cell: (each) => percent(each.rates[of].high), csv: (each) => each.rates[of].high },
        ...(of === "opened" ? [] : [{ title: "Beside the others", cell: (each) => each.rates[of].words }]),
      ]),
    ]} />
  <//><//>`;

/** What others publish, beside the shop's own: small, and without a word of better or worse. */
const Elsewhere = ({ of, own }) => html`<${Card}><${More} title="What others publish">
  <p class="small soft">Averages of other people’s emails, most of them long ago and to larger lists. They count differently: opens by mail programs are among theirs, clicks by machines may be, and both are left out of yours. Your own days before say more.</p>
  <div class="small"><${Figures} file="published-figures" label="What others publish" rows=${of} columns=${[
    { title: "Figure", cell: (each) => Object.fromEntries([...RATES, ["revenue_per_email", "Revenue an email"]])[each.figure], csv: (each) => each.figure },
    { title: "Yours", number: true, cell: (each) => !own ? "" : each.figure === "revenue_per_email" ? amount(own.revenue_per_email) : percent(own.rates[each.figure].share),
      csv: (each) => !own ? "" : each.figure === "revenue_per_email" ? own.revenue_per_email : own.rates[each.figure].share },
    { title: "Theirs", number: true, cell: (each) => each.figure === "revenue_per_email" ? `US$ ${each.value.toFixed(2)}` : percent(each.value), csv: (each) => each.value },
    { title: "Of", cell: (each) => html`${each.of}, ${each.year}${each.counts && html`<span class="under">${each.counts}</span>`}`, csv: (each) => [each.of, each.year, each.counts].join("; ") },
    { title: "From", cell: (each) => html`<a href=${each.address} rel="noreferrer">${each.source}</a>`, csv: (each) => each.address },
  ]} /></div><//><//>`;

/** A number that leads to the people behind it. */
const Counted = ({ of, figure, period, words = count }) => html`<${Behind} path="reports" of=${{ figure, of: of.called, from: period.first, to: period.last }} n=${of[figure]}>${words(of[figure])}<//>`;

/** A share, marked where it can be told from that of the others. */
const Share = ({ of }) => html`${percent(of.share)}${WORDS[of.word] && html` <${Tag} kind=${WORDS[of.word]}>${of.word}<//>`}`;

// ── day by day ──

function Days({ of: { called, name, days } }) {
  if (days.length === 0) return html`<${Empty}>${name}: no email in the last 90 days.<//>`;
  const rates = RATES.filter(([rate]) => rate !== "opened");
  const outside = days.flatMap((each) => each.outside.map((rate) => [each, rate]));
  const titles = Object.fromEntries([...RATES, ["revenue", "Revenue"]]);
  const value = (each, rate) => rate === "revenue" ? each.revenue : each[rate] / each[rate === "bounced" ? "sent" : "delivered"];
  const words = (rate) => rate === "revenue" ? money : percent;
  const sums = Object.fromEntries(["revenue", "sent", "delivered", ...rates.map(([rate]) => rate)].map((each) => [each, days.reduce((sum, row) => sum + row[each], 0)]));
  return html`<div class="charts">${[...rates, ["revenue", "Revenue"]].map(([rate, title]) => html`<${Control} key=${rate} title=${title} words=${words(rate)} all=${value(sums, rate) || 0}
      days=${days.map((each) => ({ day: each.day, value: value(each, rate), limits: each.limits[rate], outside: each.outside.includes(rate) }))} />`)}</div>
    <p class="small soft">The band is where a day is while nothing has changed: three deviations to each side, as days of this shop differ (Laney’s p’ chart; for revenue the individuals chart). It takes 20 days with emails.</p>
    ${outside.length > 0 && html`<h3>Unlike other days</h3><ul>${outside.map(([each, rate]) => html`<li>${dayNamed(each.day)}: ${titles[rate].toLowerCase()} ${words(rate)(value(each, rate))}, usually ${words(rate)(each.limits[rate][0])} to ${words(rate)(each.limits[rate][1])}</li>`)}</ul>`}
    <${More} title="As a table"><${Figures} file="kpis-by-day" label="${name}: day by day" rows=${days.toReversed()} columns=${[
      { title: "Day", cell: (each) => dayNamed(each.day), csv: (each) => each.day },
      ...COUNTS.map(([each, title]) => ({ title, number: true, cell: (row) => html`<${Counted} of=${{ ...row, called }} figure=${each} period=${{ first: row.day, last: row.day }} />`, csv: (row) => row[each] })),
      { title: "Revenue", number: true, cell: (each) => html`<${Counted} of=${{ ...each, called }} figure="revenue" period=${{ first: each.day, last: each.day }} words=${money} />`, csv: (each) => each.revenue },
    ]} /><//>`;
}
