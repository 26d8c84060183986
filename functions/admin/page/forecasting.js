// Who enters and leaves segments by time alone in the coming days, all pages of the answer added up.

import { ask, behind } from "./api.js";

/** `{ days, contacts, flows }`: of each segment, by its id, a row a day of `{ day, entering, leaving }`. */
export async function wholeForecast(tell = () => {}) {
  const flows = new Map();
  let contacts = 0;
  for (let told = await ask("forecast"); ; told = await ask(behind("forecast", told.cursor))) {
    for (const each of told.segments) {
      const rows = flows.get(each.segment) ?? told.days.map((day) => ({ day, entering: 0, leaving: 0 }));
      rows.forEach((row, n) => {
        row.entering += each.entering[n];
        row.leaving += each.leaving[n];
      });
      flows.set(each.segment, rows);
    }
    contacts += told.contacts;
    if (told.cursor === null) return { days: told.days, contacts, flows };
    tell(contacts);
  }
}
