// Plots of how a score was checked, drawn by hand.

import { styled } from "./parts.js";
import { plural } from "./words.js";
import { html } from "./vendor/preact.js";

await styled("plots.css");

const SIZE = 100; // of a plot, in its own units
const across = (share) => (share * SIZE).toFixed(1);
const down = (share) => ((1 - share) * SIZE).toFixed(1);

/** A square from 0 to 1 both ways: its axes, what a line of equals would be, and what is drawn into it. */
const Plot = ({ says, x, y, legend, least, most, children }) => html`<figure class="plot">
  <svg viewBox="-1 -1 ${SIZE + 2} ${SIZE + 2}" role="img" aria-label=${says}>
    <path class="grid" d="M0 25H100M0 50H100M0 75H100M25 0V100M50 0V100M75 0V100" /><path class="axis" d="M0 0V100H100" />
    <path class="equal" d="M0 100L100 0" />${children}</svg>
  <div class="reach" aria-hidden="true"><span>${least}</span><span>${x}</span><span>${most}</span></div>
  <figcaption>${y}${legend}</figcaption>
</figure>`;

/** What was said of groups of people beside what they did: on the line, it was right. Each point is `{ predicted, observed,
 *  contacts }`, and as large as its group. `words` says a value. */
export function Calibration({ points, words, what }) {
  const most = Math.max(...points.flatMap((each) => [each.predicted, each.observed]), 1e-9);
  const people = Math.max(...points.map((each) => each.contacts), 1);
  const off = points.map((each) => `said ${words(each.predicted)}, came ${words(each.observed)}`).join("; ");
  return html`<${Plot} says="Said beside what came, for ${points.length} groups of customers: ${off}" x="what was said" least=${words(0)} most=${words(most)}
    y=${html`Up: ${what}. On the line, what was said came true.`}>
    ${points.map((each) => html`<circle class="point" cx=${across(each.predicted / most)} cy=${down(each.observed / most)} r=${(1.5 + 3 * Math.sqrt(each.contacts / people)).toFixed(1)}>
      <title>${plural(each.contacts, "customer")}: said ${words(each.predicted)}, came ${words(each.observed)}</title></circle>`)}<//>`;
}

/** How much of what came is found among the first so many customers, in the order that the score gives them and in that of the
 *  simple rule. Each row is `{ share, model, simple }`, in shares of 1. */
export function Gain({ rows, what, simple }) {
  const line = (of) => [{ share: 0, model: 0, simple: 0 }, ...rows].map((each) => `${across(each.share)},${down(each[of])}`).join(" ");
  const fifth = rows.find((each) => each.share >= 0.2) ?? rows.at(-1);
  const percent = (share) => `${Math.round(share * 100)} %`;
  return html`<${Plot} says="The first ${percent(fifth.share)} by the score hold ${percent(fifth.model)} of ${what}; by ${simple}, ${percent(fifth.simple)}" x="customers, best first" least="0 %" most="100 %"
    y=${html`Up: share of ${what}.`} legend=${html`<span class="lines-key"><svg viewBox="0 0 20 4" aria-hidden="true"><path class="model" d="M0 2H20" /></svg> this score <svg viewBox="0 0 20 4" aria-hidden="true"><path class="simple" d="M0 2H20" /></svg> ${simple}</span>`}>
    <polyline class="simple" points=${line("simple")} /><polyline class="model" points=${line("model")} /><//>`;
}
