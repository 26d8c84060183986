// How a score's value is said, by its unit.

import { day, money } from "./words.js";

const onDay = (date) => day(Date.parse(`${date}T12:00Z`));
const UNITS = {
  chance: (value) => `${Math.round(value * 100)} %`,
  money,
  date: onDay,
  dates: (several) => several.map((each) => `${each.product ?? each.category ?? each.name ?? ""} on ${onDay(each.date)}`).join(", "),
  list: (several) => several.join(", "),
  hour: (value) => `${String(value).padStart(2, "0")}:00`,
};

export const scoreSaid = (unit, value) => value === null ? "" : (UNITS[unit] ?? String)(value);
/** Of a word, the band is the value; of a day or a list, neither band nor rank says anything. */
export const isRanked = (unit) => unit === "chance" || unit === "money";
