// Who got a campaign, who did not and why, and who waits.

import { ask, at } from "./api.js";
import { Card, LoadedPage, Pages, Table, Title, useLoaded } from "./parts.js";
import { html } from "./vendor/preact.js";

const STATUSES = { "": "Everybody", sent: "Sent", skipped: "Skipped", waiting: "Waiting" };

export default function CampaignPeople({ id, query }) {
  const told = useLoaded(() => ask(at("campaigns", id)), [id]);
  const given = new URLSearchParams(query ?? "");
  const status = given.get("status") ?? "";
  const path = `${at("campaigns", id, "recipients")}${given.size > 0 ? `?${given}` : ""}`;
  return html`<${LoadedPage} of=${told}>${({ name }) => html`
    <${Title}>${name}: people<//>
    <nav class="tabs" aria-label="Of whom">${Object.entries(STATUSES).map(([each, title]) => html`
      <a href=${`#/campaigns/${id}/people${each && `?status=${each}`}`} aria-current=${each === status ? "page" : null}>${title}</a>`)}</nav>
    <${Card}><${Pages} key=${path} path=${path} name="recipients" nothing="Nobody.">${(found) => html`
      <${Table} label="People" rows=${found} columns=${[
        { title: "Contact", cell: (each) => html`<a href="#/contacts/${each.contact}">${each.email ?? each.contact}</a>` },
        { title: "What became of it", cell: (each) => html`${STATUSES[each.status]}${each.words && html`<span class="under">${each.words}</span>`}` },
      ]} />`}<//><//>
    <p><a href="#/campaigns/${id}">Back to the campaign</a></p>`}<//>`;
}
