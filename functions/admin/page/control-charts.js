// A figure day by day, within the limits of a usual day.

import { styled } from "./parts.js";
import { dayNamed } from "./words.js";
import { html } from "./vendor/preact.js";

await styled("control-charts.css");

/** Days of `{ day, value, limits, outside }`, as `words` says a value, with what it is over `all` of them; `limits` may be unknown. */
export function Control({ title, all, days, words }) {
  const known = days.filter((each) => Number.isFinite(each.value));
  const most = Math.max(...known.flatMap((each) => [each.value, each.limits?.[1] ?? 0]), 1e-9);
  const width = Math.max(days.length - 1, 1);
  const at = (n, value) => `${n},${(59 - value / most * 57).toFixed(1)}`;
  const line = days.flatMap((each, n) => Number.isFinite(each.value) ? [at(n, each.value)] : []).join(" ");
  const within = days.map((each, n) => [n, each.limits]).filter(([, limits]) => limits);
  const band = [...within.map(([n, limits]) => at(n, limits[1])), ...within.toReversed().map(([n, limits]) => at(n, limits[0]))].join(" ");
  const outside = days.filter((each) => each.outside);
  const values = known.map((each) => each.value);
  const says = `${title} day by day: from ${words(Math.min(...values))} to ${words(Math.max(...values))}; ${within.length === 0 ? "too few days for limits" : outside.length === 0 ? "every day within its limits" : `outside its limits on ${outside.map((each) => each.day).join(", ")}`}`;
  return html`<figure class="control"><figcaption>${title}<span class="total">${words(all)}</span></figcaption>
    <svg viewBox="0 0 ${width} 60" preserveAspectRatio="none" role="img" aria-label=${says}>
      ${within.length > 1 && html`<polygon class="usual" points=${band} />`}<polyline points=${line} />
      ${days.map((each, n) => each.outside && html`<path class="outside" d="M${n} ${(59 - each.value / most * 57).toFixed(1)}h.001"><title>${dayNamed(each.day)}: ${words(each.value)}</title></path>`)}
    </svg>
    <div class="reach" aria-hidden="true"><span>${dayNamed(days[0].day)}</span><span>${dayNamed(days.at(-1).day)}</span></div></figure>`;
}
