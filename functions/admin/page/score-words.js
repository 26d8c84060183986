// How a score's value is said, by its unit.

import { dayNamed, money } from "./words.js";

const onDay = (date) => dayNamed(date);
const due = (of) => `${of.name ?? of.product ?? of.category ?? ""} on ${onDay(of.date)}`;
const UNITS = {
  chance: (value) => `${Math.round(value * 100)} %`,
  money,
  date: onDay,
  dates: (several) => several.map(due).join(", "),
  list: (several) => several.join(", "),
  hour: (value) => `${String(value).padStart(2, "0")}:00`,
};

export const scoreSaid = (unit, value) => value === null ? "" : (UNITS[unit] ?? String)(value);
/** Of a score that is a list: each entry; null of others. */
export const severalSaid = (unit, value) => unit === "dates" ? value.map(due) : unit === "list" ? value : null;
/** Of a word, the band is the value; of a day or a list, neither band nor rank says anything. */
export const isRanked = (unit) => unit === "chance" || unit === "money";
