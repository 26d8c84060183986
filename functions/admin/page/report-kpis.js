// What came of emails, by what sent them and to whom.

import { Figures, OfNight } from "./report-tabs.js";
import { Card, Empty } from "./parts.js";
import { count, money } from "./words.js";
import { html, useSignal } from "./vendor/preact.js";

const KINDS = [["journey", "Journeys"], ["campaign", "Campaigns"], ["topic", "Topics"], ["segment", "Segments, by who is in them as of that night"]];
const COUNTS = [["sent", "Sent"], ["delivered", "Delivered"], ["bounced", "Came back"], ["waiting", "Waiting"], ["opened", "Opened by people"],
  ["opened_raw", "Opened by anything"], ["clicked", "Clicked"], ["converted", "Ordered after it"], ["unsubscribed", "Unsubscribed"], ["complained", "Reported as spam"], ["orders", "Orders"]];

export default function Kpis() {
  return html`<${OfNight} here="kpis" lead="What came of your emails, by what sent them and to whom.">${(of) => html`<${Periods} of=${of} />`}<//>`;
}

function Periods({ of }) {
  const days = useSignal(30);
  const period = of.periods.find((each) => each.days === days.value);
  return html`<div class="switch" role="group" aria-label="Over how long">${of.periods.map((each) => html`
      <button aria-pressed=${String(each.days === days.value)} onClick=${() => { days.value = each.days; }}>${each.days} days</button>`)}</div>
    <p class="small soft">Emails sent from ${period.first} to ${period.last} (UTC), and what has come of them since. An order counts for the last email clicked in the ${of.within_days} days before it.</p>
    ${period.groups.length === 0 && html`<${Empty}>No email was sent in these days.<//>`}
    ${[["all", "All emails"], ...KINDS].map(([kind, title]) => html`<${Groups} title=${title} file=${`kpis-${kind}-${period.days}-days`} groups=${period.groups.filter((each) => kind === "all" ? ["all", "other"].includes(each.called) : each.called.startsWith(`${kind}:`))} />`)}`;
}

const Groups = ({ title, file, groups }) => groups.length > 0 && html`<${Card} title=${title}>
  <${Figures} file=${file} label=${title} rows=${groups.toSorted((one, other) => other.sent - one.sent)} columns=${[
    { title: "", cell: (each) => each.name },
    ...COUNTS.map(([of, name]) => ({ title: name, number: true, cell: (each) => count(each[of]), csv: (each) => each[of] })),
    { title: "Revenue", number: true, cell: (each) => money(each.revenue), csv: (each) => each.revenue },
  ]} /><//>`;
