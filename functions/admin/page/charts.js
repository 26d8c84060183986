// Charts, drawn by hand: bars of a day each.

import { count, dayNamed, plural } from "./words.js";
import { html } from "./vendor/preact.js";

/** One number a day (or other `span`), as `words` says it, with their sum in large, which leads to the people behind it where there is a `link`.
 *  `last` is how the last day is called; `adds`: whether their sum says anything, as it does not of shares. */
export function Bars({ days, of, title, words = count, last = "today", link = null, adds = true, span = "day" }) {
  const most = Math.max(...days.map((row) => row[of]), 1e-9);
  const total = days.reduce((sum, row) => sum + row[of], 0);
  return html`<figure>
    <figcaption>${title}${adds && html`<span class="total">${link && total > 0 ? html`<a href=${link}>${words(total)}</a>` : words(total)}</span>`}</figcaption>
    <svg class="bars" viewBox="0 0 ${days.length * 10} 60" preserveAspectRatio="none" role="img"
      aria-label="${title}, a bar a ${span}; at most ${words(most)}">
      ${days.map((row, n) => {
        const height = Math.max(row[of], 0) / most * 58;
        const size = height > 0 ? Math.max(height, 1.5) : 1;
        return html`<g><title>${dayNamed(row.day)}: ${words(row[of])}</title>
          <rect x=${n * 10} y="0" width="10" height="60" fill="transparent" />
          <rect x=${n * 10 + 1} y=${60 - size} width="8" height=${size} class=${height > 0 ? "bar" : "zero"} /></g>`;
      })}
    </svg>
    <div class="reach" aria-hidden="true"><span>${dayNamed(days[0].day)}</span><span>${last}</span></div>
  </figure>`;
}

/** Bars of the last days, and hatched ones of the coming; each of `{ day, number }`, today between them. */
export function Around({ back, ahead, title, what }) {
  const days = [...back, ...ahead];
  const most = Math.max(...days.map((each) => each.number), 1);
  const sum = (of) => of.reduce((total, each) => total + each.number, 0);
  return html`<figure>
    <figcaption>${title}: <strong>${count(sum(back))}</strong> in the last ${back.length} days, <strong>${count(sum(ahead))}</strong> to come${ahead.length > 0 && ` in the next ${ahead.length}`}<span class="hatched key"></span></figcaption>
    <svg class="bars" viewBox="0 0 ${days.length * 10} 60" preserveAspectRatio="none" role="img" aria-label="${title} day by day, at most ${count(most)} on a day">
      <defs><pattern id="hatch" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="2" height="4" class="bar" /></pattern></defs>
      ${days.map(({ day, number }, n) => {
        const size = number > 0 ? Math.max(number / most * 58, 1.5) : 1;
        return html`<g><title>${dayNamed(day)}: ${count(number)} ${what}</title>
          <rect x=${n * 10} y="0" width="10" height="60" fill="transparent" />
          <rect x=${n * 10 + 1} y=${60 - size} width="8" height=${size} class=${number === 0 ? "zero" : n < back.length ? "bar" : "coming"} fill="url(#hatch)" /></g>`;
      })}
    </svg>
    <div class="reach" aria-hidden="true"><span>${dayNamed(days[0].day)}</span><span>today</span><span>${dayNamed(days.at(-1).day)}</span></div>
  </figure>`;
}

/** A bar up for those who enter, and one down for those who leave, a day each; on one scale. */
export function Flow({ days }) {
  const [up, down] = ["entering", "leaving"].map((way) => Math.max(...days.map((row) => row[way])));
  const ground = 2 + 96 * up / (up + down);
  const height = (number) => number > 0 ? Math.max(number / (up + down) * 96, 1.5) : 0;
  const most = `at most ${count(up)} enter and ${count(down)} leave on a day`;
  return html`<figure class="flow">
    <figcaption><span class="key"></span> enter <span class="key leaving"></span> leave; ${most}</figcaption>
    <svg class="bars" viewBox="0 0 ${days.length * 10} 100" preserveAspectRatio="none" role="img" aria-label="Day by day: ${most}">
      <rect x="0" y=${ground - .25} width=${days.length * 10} height=".5" class="zero" />
      ${days.map((row, n) => html`<g><title>${dayNamed(row.day)}: ${count(row.entering)} enter, ${count(row.leaving)} leave</title>
        <rect x=${n * 10} y="0" width="10" height="100" fill="transparent" />
        <rect x=${n * 10 + 1} y=${ground - height(row.entering)} width="8" height=${height(row.entering)} class="bar entering" />
        <rect x=${n * 10 + 1} y=${ground} width="8" height=${height(row.leaving)} class="bar leaving" /></g>`)}
    </svg>
    <div class="reach" aria-hidden="true"><span>today</span><span>${dayNamed(days.at(-1).day)}</span></div>
  </figure>`;
}

/** A number as it was, is and is expected to become: a line of the past days, and on in dashes. `days` may be unknown yet. */
export function Trend({ past, now, days, tall = false }) {
  const behind = [...past, now];
  const ahead = [now];
  for (const row of days ?? []) ahead.push(ahead.at(-1) + row.entering - row.leaving);
  const most = Math.max(...behind, ...ahead, 1);
  const least = tall ? 0 : Math.min(...behind, ...ahead);
  const width = behind.length + ahead.length - 2 || 1;
  const at = (number, n) => `${n},${(19 - (number - least) / Math.max(most - least, 1) * 18).toFixed(1)}`;
  const said = `${past.length > 0 ? `${count(past[0])} ${plural(past.length, "day")} ago, ` : ""}${count(now)} now${days ? `, ${count(ahead.at(-1))} in ${days.length - 1} days if nobody does anything` : ""}`;
  return html`<svg class="line ${tall ? "tall" : ""}" viewBox="0 0 ${width} 20" preserveAspectRatio="none" role="img" aria-label=${said}><title>${said}</title>
    ${past.length > 0 && html`<polyline points=${behind.map(at).join(" ")} />`}
    ${days && html`<polyline class="ahead" points=${ahead.map((number, n) => at(number, n + past.length)).join(" ")} />`}
  </svg>`;
}
