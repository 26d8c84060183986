// Five things to look at, on the first visit of the local run: shown until they are through or wave it away, and never again.

import { html, useSignal } from "./vendor/preact.js";

const STOPS = [
  ["#/", "What tomorrow brings", "The sentence on top says who turns what tomorrow, if they do nothing, and which email they get for it. You can see who, and hold it."],
  ["#/segments", "Who is in which segment", "Open one, then a member: each segment says why they are in it, and until when."],
  ["#/journeys", "Emails that start by themselves", "Open Win-back: how many wait at which step, and a click on a number shows the people."],
  ["#/emails", "The words", "Change an email’s words on the left; on the right it is as a real person gets it."],
  ["#/", "Time can be turned", "The buttons in the strip on top let a day or 90 pass. Then look at the mailbox, which is beside them."],
];
const PLACE = "tour"; // main.js looks there, too, before it loads this

export default function Tour() {
  const stop = useSignal(0);
  if (stop.value >= STOPS.length) return null;
  const [, title, says] = STOPS[stop.value];
  const end = () => { localStorage.setItem(PLACE, "over"); stop.value = STOPS.length; };
  const go = () => {
    if (stop.value + 1 === STOPS.length) { end(); return; }
    stop.value += 1;
    location.hash = STOPS[stop.value][0];
  };
  return html`<aside class="tour card" aria-label="A look around">
    <p class="small soft">${stop.value + 1} of ${STOPS.length}</p>
    <h2>${title}</h2><p>${says}</p>
    <div class="buttons end"><button class="quiet" onClick=${end}>No, thank you</button><button class="strong" onClick=${go}>${stop.value + 1 < STOPS.length ? "Next" : "Done"}</button></div>
  </aside>`;
}
