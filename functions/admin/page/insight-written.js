// What contacts have written: how they feel, what the shop's own reviews teach, and what is written about.

import { ask } from "./api.js";
import { Card, Empty, LoadedPage, styled, Table, Title, useLoaded } from "./parts.js";
import { capital, count, date, day, plural } from "./words.js";
import { html } from "./vendor/preact.js";

await styled("insight.css");

export default function InsightWritten() {
  const told = useLoaded(() => ask("insight/written"));
  return html`<${LoadedPage} of=${told}>${(of) => html`
    <${Title}>What contacts write<//>
    <p class="lead">Reviews, answers, replies and tickets, read as they come in. What was written stays with whoever wrote it. <a href="#/insight">Insight</a></p>
    ${of.as_of === null ? html`<${Card}><${Empty}>${of.standing}<//><//>` : html`
      <p class="small soft">As of ${date(of.as_of)}: the newest 5,000 texts of the last two years.</p>
      <${Card} title="How they feel">
        <${Table} label="How the last thing that they wrote sounds" rows=${of.felt} columns=${[
          { title: "The last thing they wrote is", cell: (each) => html`<a href=${`#/reports/feedback?sentiment=${each.sentiment}`}>${each.sentiment}</a>` },
          { title: "People", number: true, cell: (each) => count(each.contacts) },
          { title: "Of them", number: true, cell: (each) => share(each, of.felt) },
        ]} />
        <p><a href="#/segments/unhappy">Unhappy</a> are those who said so within the last 30 days; <a href="#/insight">Insight</a> makes a journey that tells your support of each.</p>
        <p class="soft">${of.standing}</p><//>
      <${Groups} groups=${of.groups} />`}`}<//>`;
}

const share = ({ contacts }, felt) => {
  const all = felt.reduce((sum, each) => sum + each.contacts, 0);
  return all === 0 ? "" : `${Math.round((100 * contacts) / all)} %`;
};

const Groups = ({ groups }) => html`<${Card} title="What they write about">
  <p class="soft">Texts that say like words, put together by the words that set them apart. <a href="#/shop">Shop</a> has the topics that you look for yourself, and <a href="#/reports/feedback">Reports</a> how often each came up: a group that is none of them may want to be one.</p>
  ${groups.length === 0 ? html`<${Empty}>There are too few texts for groups: it takes a hundred, of fifty people.<//>` : groups.map((each) => html`<section class="said">
    <h3>${capital(each.words.join(", "))}</h3>
    <p>${plural(each.texts, "text")} of ${plural(each.contacts, "person", "people")}${each.starred > 0 && `; of ${count(each.starred)} with stars, ${count(each.unhappy)} have one or two`}.</p>
    ${each.examples.map((one) => html`<blockquote><p>${one.text}</p><footer class="small soft">${one.stars !== null && `${one.stars} of 5 stars, `}<a href="#/contacts/${one.contact}">${day(one.time)}</a></footer></blockquote>`)}
  </section>`)}<//>`;
