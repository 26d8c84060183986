// The ways to the pages: a bar at the left, or, on a telephone, the first few at the bottom and the others behind "More".

import { signOut, state } from "./login.js";
import { settings } from "./settings.js";
import { html, useEffect, useRef } from "./vendor/preact.js";

/** In the order of a day's work. The first four have a place at the bottom of a telephone. `also` are pages that belong to it. */
export const ENTRIES = [
  { link: "#/", name: "Today", icon: "M2.500 8 8 2.500 13.500 8M4 6.500V13.500h8V6.500M6.500 13.500v-4h3v4" },
  { link: "#/people", name: "People", also: ["#/contacts"], icon: "M6 2.500a2.500 2.500 0 1 1 0 5a2.500 2.500 0 0 1 0-5M1.500 13.500c0-2.500 2-4 4.500-4s4.500 1.500 4.500 4M10.500 3a2.250 2.250 0 0 1 0 4.300M12 9.800c1.600.600 2.500 1.900 2.500 3.700" },
  { link: "#/segments", name: "Segments", also: ["#/new-segment"], icon: "M8 1.500a6.500 6.500 0 1 1 0 13a6.500 6.500 0 0 1 0-13M8 1.500V8l4.500 4.500" },
  { link: "#/journeys", name: "Journeys", also: ["#/new-journey"], icon: "M4 2a1.500 1.500 0 1 1 0 3a1.500 1.500 0 0 1 0-3M12 11a1.500 1.500 0 1 1 0 3a1.500 1.500 0 0 1 0-3M5.500 3.500H10a2.250 2.250 0 0 1 0 4.500H6a2.250 2.250 0 0 0 0 4.500h4.500" },
  { link: "#/emails", name: "Emails", also: ["#/new-email"], icon: "M1.500 3.500h13v9h-13zM1.500 4l6.500 5 6.500-5" },
  { link: "#/campaigns", name: "Campaigns", also: ["#/new-campaign"], icon: "M2 6.500v3h2.500l6.500 3.500v-10L4.500 6.500zM13 6.500v3M4.500 9.500l1 4" },
  { link: "#/forms", name: "Forms", also: ["#/new-form"], icon: "M3 1.500h10v13H3zM5.500 5h5M5.500 8h5M5.500 11h2.500" },
  { link: "#/coupons", name: "Coupons", icon: "M1.500 4h13v3a1 1 0 0 0 0 2v3h-13V9a1 1 0 0 0 0-2zM9.500 4v1.500M9.500 7.250v1.500M9.500 10.500V12" },
  { link: "#/experiments", name: "Experiments", also: ["#/new-experiment"], icon: "M6 1.500h4M6.500 1.500v4.500L2.500 13a1 1 0 0 0 .900 1.500h9.200A1 1 0 0 0 13.500 13l-4-7V1.500M4.700 10h6.600" },
  { link: "#/reports", name: "Reports", icon: "M2.500 13.500h11M4.500 11.500v-4M8 11.500v-8M11.500 11.500v-6" },
  { link: "#/objectives", name: "Objectives", also: ["#/new-objective"], icon: "M3.500 14V2M3.500 2.500h9l-2 3 2 3h-9" },
  { link: "#/insight", name: "Insight", also: ["#/lead-scores", "#/new-lead-score"], icon: "M6 13.500h4M6.500 11.500h3c0-1.500 2.500-2.600 2.500-5.500a4 4 0 1 0-8 0c0 2.900 2.500 4 2.500 5.500M8 .800v.010" },
  { link: "#/data", name: "Data", icon: "M2 4c0-1.100 2.700-2 6-2s6 .900 6 2-2.700 2-6 2-6-.900-6-2M2 4v8c0 1.100 2.700 2 6 2s6-.900 6-2V4M2 8c0 1.100 2.700 2 6 2s6-.900 6-2" },
  { link: "#/shop", name: "Shop", icon: "M2 6.500 3.500 2h9L14 6.500M3 6.500v7.500h10V6.500M2 6.500h12M6.500 14v-4h3v4" },
  { link: "#/operations", name: "Operations", also: ["#/set-up", "#/conflicts", "#/requests", "#/dead-letters", "#/changes", "#/keys"],
    icon: "M8 5.500a2.500 2.500 0 1 1 0 5a2.500 2.500 0 0 1 0-5M8 1.500v2M8 12.500v2M1.500 8h2M12.500 8h2M3.400 3.400l1.400 1.400M11.200 11.200l1.400 1.400M3.400 12.600l1.400-1.400M11.200 4.800l1.400-1.400" },
];
const AT_HAND = 4;
const MORE = "M3 8h.01M8 8h.01M13 8h.01";
const SEARCH = "M7 2a5 5 0 1 1 0 10A5 5 0 0 1 7 2M10.600 10.600 14 14";

const Picture = ({ of }) => html`<svg class="icon" viewBox="0 0 16 16" aria-hidden="true"><path d=${of} /></svg>`;

/** "page" for the page itself, "true" for one that belongs to it, null for others. */
function current({ link, also = [] }, place) {
  const page = place.split("?")[0] || "#/";
  if (page === link) return "page";
  return also.some((each) => page === each || page.startsWith(`${each}/`)) || (link !== "#/" && page.startsWith(`${link}/`)) ? "true" : null;
}

const Way = ({ of, place }) => html`<a href=${of.link} aria-current=${current(of, place)}><${Picture} of=${of.icon} /><span>${of.name}</span></a>`;

/** `search` opens the search for everything. */
export function Navigation({ place, search }) {
  const others = useRef();
  useEffect(() => { if (others.current?.matches(":popover-open")) others.current.hidePopover(); }, [place]);
  const isThere = state.value !== "out";
  const inMore = ENTRIES.slice(AT_HAND).some((each) => current(each, place));
  return html`<header class="bar">
    <a class="brand" href="#/">Beckon</a>
    ${isThere && html`
      <button class="searching" aria-label="Search" aria-keyshortcuts="/ Control+K Meta+K" onClick=${search}><${Picture} of=${SEARCH} /><span>Search</span><kbd aria-hidden="true">/</kbd></button>
      <nav aria-label="Pages">
        ${ENTRIES.slice(0, AT_HAND).map((each) => html`<${Way} of=${each} place=${place} />`)}
        <button class="more" popovertarget="more-pages" aria-current=${inMore ? "true" : null}><${Picture} of=${MORE} /><span>More</span></button>
        <div id="more-pages" class="others" popover ref=${others}>${ENTRIES.slice(AT_HAND).map((each) => html`<${Way} of=${each} place=${place} />`)}</div>
      </nav>
      <p class="zone small soft" title="All times are in the shop’s time zone">${settings.zone}</p>
      ${settings.login && html`<button id="sign-out" class="quiet" onClick=${signOut}>Sign out</button>`}`}
  </header>`;
}
