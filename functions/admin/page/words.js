// How numbers, amounts, instants and problems are said. Days and times are the shop's, whoever looks.

import { Problem } from "./api.js";
import { now, settings } from "./settings.js";
import { html } from "./vendor/preact.js";

export const DAY = 86_400_000;
const UNITS = [[DAY, "day"], [DAY / 24, "hour"], [60_000, "minute"]];
/** The page is in English, and writes days and amounts as the shop's country does, which its currency names (ISO 4217: the
 *  first two letters). That of several countries, the euro, is Europe's. */
const LANGUAGE = /^(?!EU|X)[A-Z]{3}$/.test(settings.currency) ? `en-${settings.currency.slice(0, 2)}` : "en-150";
const style = (options) => new Intl.DateTimeFormat(LANGUAGE, { timeZone: settings.zone, ...options });
const [inFull, byDay, inWords] = [style({ dateStyle: "medium", timeStyle: "short" }), style({ dateStyle: "medium" }), style({ weekday: "long", day: "numeric", month: "long" })];
const currency = new Intl.NumberFormat(LANGUAGE, { style: "currency", currency: settings.currency });

export const count = (number) => number.toLocaleString("en");
export const plural = (number, word, many = `${word}s`) => `${count(number)} ${number === 1 ? word : many}`;
export const money = (amount) => currency.format(amount);
export const date = (instant) => inWords.format(instant);
export const day = (instant) => byDay.format(instant);
export const time = (instant) => inFull.format(instant);
const [ofDay, ofDayInWords] = [style({ dateStyle: "medium", timeZone: "UTC" }), style({ weekday: "long", day: "numeric", month: "long", timeZone: "UTC" })];
/** A day that is told as one, "2026-11-24", whichever zone it is in: "24 Nov 2026", "Tuesday, 24 November". */
export const dayNamed = (text) => ofDay.format(Date.parse(text));
export const dateNamed = (text) => ofDayInWords.format(Date.parse(text));
const ofMoment = style({ dateStyle: "medium", timeStyle: "short", timeZone: "UTC" });
/** A sentence of the API's, which writes the shop's days as "2026-11-24" and instants as "2026-11-24 09:00", with these as they
 *  are said elsewhere on the page. */
export const datesNamed = (text) => text.replace(/\b(\d{4}-\d\d-\d\d)(?: (\d\d:\d\d))?\b/g, (written, on, at) => {
  const instant = Date.parse(at ? `${on}T${at}Z` : on);
  return Number.isNaN(instant) ? written : (at ? ofMoment : ofDay).format(instant);
});
const ofMonth = style({ month: "short", year: "numeric", timeZone: "UTC" });
/** A month that is told as one, "2026-11": "Nov 2026". */
export const monthNamed = (text) => ofMonth.format(Date.parse(text));
const byClock = style({ timeStyle: "short" });
/** "08:23". */
export const clock = (instant) => byClock.format(instant);
export const When = ({ at }) => html`<time datetime=${new Date(at).toISOString()} title=${distance(at)}>${time(at)}</time>`;

/** "3 days ago", "in 2 hours". */
export function distance(instant) {
  const away = instant - now();
  const [size, unit] = UNITS.find(([each]) => Math.abs(away) >= each) ?? [1000, "second"];
  return new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(Math.trunc(away / size), unit);
}

/** `welcome_back` as "Welcome back". */
export const words = (id) => id.charAt(0).toUpperCase() + id.slice(1).replaceAll("_", " ");

/** "Spring news!" as `spring_news`, of at most so many letters; `otherwise` where nothing of the name is left. */
export const idOf = (name, otherwise, most) => name.toLowerCase().replace(/[^a-z0-9]+/g, "_").replace(/^[^a-z]+|_+$/g, "").slice(0, most) || otherwise;

/** A subject as it will about read: what its template fills in is left open, and of several ways it is the first. */
export const subject = (text) => text.replace(/\{%-?\s*(?:else|elsif\b.*?)\s*-?%\}.*?(?=\{%-?\s*endif)/g, "")
  .replace(/\{%.*?%\}/g, "").replace(/\{\{.*?\}\}/g, "…").replace(/\s+/g, " ").trim();

export const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** A problem as a sentence. What is no Problem is a mistake of this page's own, and stands on the console. */
export function sentence(problem) {
  if (!(problem instanceof Problem)) console.error(problem);
  const said = problem instanceof Problem ? problem.message : "Something went wrong on this page.";
  return capital(said) + (/[.!?]$/.test(said) ? "" : ".");
}

export function value(of) {
  if (of === true) return "yes";
  if (of === false) return "no";
  if (Array.isArray(of) && of.every((each) => typeof each !== "object")) return of.join(", ");
  return typeof of === "object" && of !== null ? JSON.stringify(of) : String(of ?? "unknown");
}
