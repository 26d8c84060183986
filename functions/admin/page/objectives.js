// Objectives: what the shop wants to reach by when, and how that stands. All of them, and one to begin with.

import { ask } from "./api.js";
import { Card, Empty, LoadedPage, Table, Tag, Title, useLoaded } from "./parts.js";
import { count, dayNamed, money, time } from "./words.js";
import { html } from "./vendor/preact.js";

const KINDS = { ahead: "good", on_track: "good", reached: "good", behind: "bad", missed: "bad", cannot_be_said: "note" };
const WORDS = { ahead: "ahead", on_track: "on track", reached: "reached", behind: "behind", missed: "missed", cannot_be_said: "cannot be said yet" };
const UNITS = {
  money,
  orders: (n) => count(Math.round(n)),
  people: (n) => count(Math.round(n)),
  percent: (n) => `${n.toLocaleString("en", { maximumFractionDigits: 1 })} %`,
};

/** A number of an objective in its unit; nothing known: a dash. */
export const said = (unit, number) => (number === null ? "–" : UNITS[unit](number));
export const Word = ({ of }) => html`<${Tag} kind=${KINDS[of.word]}>${WORDS[of.word]}<//>`;
export const between = ({ unit, forecast }) => (forecast === null ? "–" : `${said(unit, forecast.value)} (${said(unit, forecast.low)} to ${said(unit, forecast.high)})`);

export default function Objectives() {
  const told = useLoaded(() => ask("objectives?limit=200"));
  return html`<${LoadedPage} of=${told}>${({ objectives, as_of: asOf, ready }) => html`
    <div class="head"><${Title}>Objectives<//><a class="button strong" href="#/new-objective">New objective</a></div>
    <p class="lead">What you want to reach by when, and whether you are on the way. The words are fixed beforehand, and nothing is said that your last weeks cannot carry.</p>
    <p class="small soft">${asOf === null ? "Nothing has been added up yet: it is done once a night." : `As of ${time(asOf)}, in whole days.`}</p>
    <${Card} title="All objectives">${objectives.length === 0 ? html`<${Empty}>There is none yet.<//>` : html`<${Table} label="Objectives" stacked rows=${objectives} columns=${[
      { title: "Objective", cell: (each) => html`<a href="#/objectives/${each.id}">${each.objective.name}</a><span class="under">${each.title}, ${dayNamed(each.objective.start)} to ${dayNamed(each.objective.by)}, ${each.objective.owner}</span>` },
      { title: "Stands", cell: (each) => html`<${Word} of=${each.progress} />` },
      { title: "Reached by now", number: true, cell: ({ progress }) => said(progress.unit, progress.value) },
      { title: "To be reached", number: true, cell: ({ progress }) => said(progress.unit, progress.target) },
      { title: "Forecast", number: true, cell: ({ progress }) => between(progress) },
    ]} />`}<//>
    <${Card} title="To begin with"><ul class="list">${ready.map((each) => html`<li><a href="#/new-objective?ready=${each.id}">${each.title}</a><span class="under">${each.about}</span></li>`)}</ul><//>`}<//>`;
}
