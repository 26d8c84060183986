// The pages of segments: which there are, what each means and brings, and how one is edited. Joined with page.js,
// whose functions they use.

const DRAFT = {
  name: "Espresso lovers",
  sentence: "People who bought espresso three times or more within the last 180 days.",
  group: "behavioural",
  when: {
    kind: "event", event: "Order Completed", at_least: 3, within: "180d",
    where: [{ property: "category", value: "espresso" }],
  },
};
const DRY_RUN_PAUSE = 2_000;

/** The table on the first page. */
async function segments() {
  const told = await ask("segments");
  return table([
    { title: "Segment", cell: (each) => [h("a", { href: `#/segments/${each.segment}` }, each.name),
      h("span", { class: "under" }, each.sentence)] },
    { title: "Members", number: true, cell: (each) => count(each.members) },
  ], told.segments);
}

// ── all segments ──

async function allSegments() {
  const told = await ask("segments");
  const groups = [...new Set(told.segments.map((each) => each.group))];
  return [
    h("div", { class: "head" }, h("h1", { tabindex: "-1" }, "Segments"),
      h("a", { href: "#/new-segment" }, "New segment")),
    h("p", { class: "lead" }, "Who is in which segment right now. Contacts enter and leave by themselves, at the instant that a segment's condition becomes true or false."),
    section("Suggestions", guidance),
    told.drafts.length > 0 && h("section", {}, h("h2", {}, "Drafts"), h("ul", { class: "list" }, told.drafts.map((each) =>
      h("li", {}, h("a", { href: `#/segments/${each.segment}` }, each.name), h("span", { class: "under" }, each.sentence))))),
    groups.map((group) => h("section", {}, h("h2", {}, words(group)), table([
      { title: "Segment", cell: (each) => [h("a", { href: `#/segments/${each.segment}` }, each.name),
        h("span", { class: "under" }, each.sentence),
        h("span", { class: "under" }, "Somebody who ", h("em", {}, each.words), ".")] },
      { title: "Members", number: true, cell: (each) => count(each.members) },
    ], told.segments.filter((each) => each.group === group)))),
  ];
}

const FINDINGS = {
  alike: "Nearly the same people as another",
  small: "Too small to learn from",
  quiet: "Nobody enters",
};

async function guidance() {
  const told = await ask("guidance");
  segmentNames = told.segments;
  const leftOut = told.left_out.length > 0
    && h("p", { class: "small" }, `There was no time to look at ${told.left_out.length} of the segments.`);
  if (told.findings.length === 0 && !leftOut) return h("p", {}, "None: no segment is too small, the same as another, or one that nobody enters.");
  const findings = Object.entries(FINDINGS)
    .map(([kind, title]) => [title, told.findings.filter((each) => each.kind === kind)])
    .filter(([, found]) => found.length > 0)
    .map(([title, found]) => more(`${title} (${found.length})`,
      Object.entries(Object.groupBy(found, (each) => advice(each.sentence)[1])).map(([what, those]) =>
        [h("p", {}, what), h("ul", { class: "list" }, those.map((each) => h("li", {}, advice(each.sentence)[0], " ",
          h("span", { class: "small" }, each.segments.map((id, n) => [n > 0 && " · ", segmentLink(id)])))))])));
  return [leftOut, ...findings];
}

/** A finding's first sentence, which says what it is, and the rest, which says what to do. */
function advice(sentence) {
  const [fact, ...rest] = sentence.split(". ");
  return [`${fact}.`, rest.join(". ")];
}

// ── a segment ──

async function segment(id) {
  const told = await ask(at("segments", id));
  if (told.definition === null) {
    return [
      h("h1", { tabindex: "-1" }, told.draft.definition.name, " ", tag("draft")),
      h("p", { class: "lead" }, told.draft.definition.sentence),
      editor(id, told.draft.definition, told),
    ];
  }
  const list = h("tbody");
  const frame = h("div", { class: "scroll" }, h("table", {},
    h("thead", {}, h("tr", {}, ["Contact", "In since"].map((title) => h("th", { scope: "col" }, title)))), list));
  return [
    h("h1", { tabindex: "-1" }, told.name),
    h("p", { class: "lead" }, told.sentence),
    h("p", {}, "Somebody who ", h("em", {}, told.words), ". ", tag(told.group)),
    filling(told.filling),
    section("Today and the next 30 days", (tell) => forecast(id, told.members, tell)),
    section(plural(told.members, "member"), async () => {
      const shown = await pages(at("segments", id, "members"), "members", list, (member) => h("tr", {},
        h("th", { scope: "row" }, contactLink(member)), h("td", { class: "nowrap" }, when(member.since))),
      empty("Nobody is in this segment at the moment. Contacts enter it by themselves, at the instant its condition " +
        "becomes true; a contact's page says when that will be."));
      return Array.isArray(shown) ? [frame, shown[1]] : shown;
    }),
    editor(id, (told.draft ?? told).definition, told),
    section("Versions", () => versions(id)),
    h("section", {}, h("h2", {}, "For everybody at once"),
      h("p", {}, "The same definition in SQL, as a dry run and the nightly refresh ask it of the lake for all contacts."),
      more("SQL", h("pre", {}, told.sql))),
  ];
}

function filling(told) {
  if (told.status === "filled") return null;
  return h("div", { class: "banner", role: "status" }, h("p", {}, h("strong", {}, "Rolling out. "),
    told.status === "waiting" ? "Published a moment ago; all contacts are re-evaluated from about two minutes on. "
      : `${plural(told.contacts, "contact")} re-evaluated so far. `,
    "Contacts with new activity already use the new version."));
}

async function versions(id) {
  const list = h("ul", { class: "list" });
  return await pages(at("segments", id, "versions"), "versions", list, (each) => h("li", {},
    h("div", { class: "head" }, h("span", {}, `Publication ${each.publication}`), h("span", { class: "small soft" }, when(each.published))),
    json(each.definition.name, each.definition)), empty("It has none."));
}

// ── its forecast ──

async function forecast(id, members, tell) {
  let told = await ask("forecast");
  const entering = told.days.map(() => 0);
  const leaving = told.days.map(() => 0);
  let contacts = 0;
  const take = () => {
    const of = told.segments.find((each) => each.segment === id);
    of?.entering.forEach((number, n) => { entering[n] += number; });
    of?.leaving.forEach((number, n) => { leaving[n] += number; });
    contacts += told.contacts;
  };
  take();
  while (told.cursor !== null) {
    tell(`${plural(contacts, "contact")} looked at so far …`);
    told = await ask(`forecast?cursor=${encodeURIComponent(told.cursor)}`);
    take();
  }
  const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);
  const [enter, leave] = [sum(entering), sum(leaving)];
  const note = h("p", { class: "small soft" }, "If nothing happens: this foresees neither what contacts do nor the emails that journeys send them. " +
    `${plural(contacts, "contact")} with something to come in these days were looked at.`);
  if (enter + leave === 0) return [h("p", {}, "Time alone changes nobody's membership in these days."), note];
  const days = told.days.map((day, n) => ({ day, entering: entering[n], leaving: leaving[n] }));
  return [
    h("p", {}, h("strong", { class: "good" }, `${count(enter)} enter`), ", ", h("strong", { class: "bad" }, `${count(leave)} leave`),
      `: from ${count(members)} to ${count(members + enter - leave)}.`),
    flow(days),
    more("As a table", table([
      { title: "Day", cell: (row) => row.day },
      { title: "Enter", number: true, cell: (row) => count(row.entering) },
      { title: "Leave", number: true, cell: (row) => count(row.leaving) },
    ], days)),
    note,
  ];
}

/** A bar up for those who enter, and one down for those who leave, a day each; on one scale. */
function flow(days) {
  const [up, down] = ["entering", "leaving"].map((way) => Math.max(...days.map((row) => row[way])));
  const ground = 2 + 96 * up / (up + down);
  const height = (number) => number > 0 ? Math.max(number / (up + down) * 96, 1.5) : 0;
  const bar = (row, n, way, y) => svg("rect", { x: n * 10 + 1, y, width: 8, height: height(row[way]), class: `bar ${way}` });
  const bars = days.map((row, n) => svg("g", {},
    svg("title", {}, `${row.day}: ${count(row.entering)} enter, ${count(row.leaving)} leave`),
    svg("rect", { x: n * 10, y: 0, width: 10, height: 100, fill: "transparent" }),
    bar(row, n, "entering", ground - height(row.entering)), bar(row, n, "leaving", ground)));
  const most = `at most ${count(up)} enter and ${count(down)} leave on a day`;
  return h("figure", { class: "flow" },
    h("figcaption", {}, h("span", { class: "key" }), " enter ", h("span", { class: "key leaving" }), ` leave; ${most}`),
    svg("svg", { viewBox: `0 0 ${days.length * 10} 100`, preserveAspectRatio: "none", role: "img", "aria-label": `Day by day: ${most}` },
      svg("rect", { x: 0, y: ground - .25, width: days.length * 10, height: .5, class: "zero" }), bars),
    h("div", { class: "reach", "aria-hidden": "true" }, h("span", {}, "today"), h("span", {}, days.at(-1).day)));
}

// ── editing ──

async function newSegment() {
  const name = h("input", { id: "new-id", required: true, pattern: "[a-z][a-z0-9_]{0,39}", autocomplete: "off", spellcheck: "false", placeholder: "espresso_lovers" });
  return [
    h("h1", { tabindex: "-1" }, "New segment"),
    h("p", { class: "lead" }, "Describe who belongs, see how many that is, then publish. Nobody is in it until then."),
    h("section", {}, h("label", { for: "new-id" }, "Id"), name,
      h("p", { class: "small soft" }, "Lower-case letters, digits and _. Other segments and journeys refer to it by this id, so it never changes.")),
    editor(() => name.reportValidity() ? name.value : null, DRAFT, { etag: null, draft: null, definition: null }),
  ];
}

const ESTIMATE_PAUSE = 600; // milliseconds without a keystroke

/**
 * A definition as text, and the way it goes: estimated as it is written, kept as a draft, tried on everybody, published.
 * `id` may be a function, which gives null while there is none. `etag` names the form the text began as.
 */
function editor(id, definition, { etag: began, draft, definition: published }) {
  const { id: _, ...shown } = definition;
  const text = h("textarea", { id: "definition", spellcheck: "false", rows: 18, oninput: () => changed() }, JSON.stringify(shown, null, 2));
  const journeys = h("input", { type: "checkbox", id: "start-journeys" });
  const estimate = h("div", { role: "status", class: "estimate" });
  const status = h("div", { role: "status" });
  const check = h("button", { onclick: () => busy(keep) }, "Keep as a draft");
  const dryRun = h("button", { onclick: () => busy(tried) }, "Dry run");
  const publish = h("button", { class: "strong", onclick: () => busy(publishDraft) }, "Publish");
  const drop = h("button", { class: "quiet", hidden: draft === null, onclick: () => busy(dropped) }, "Drop the draft");
  let etag = began;
  let kept = draft !== null;
  let waiting = null;
  const of = () => typeof id === "function" ? id() : id;
  const tell = (...parts) => status.replaceChildren(...parts.flat(Infinity).filter(Boolean));
  const enable = () => { dryRun.disabled = publish.disabled = !kept; };
  const failed = (where, problem) => where.replaceChildren(h("p", { class: "bad" },
    problem.field ? [h("code", {}, problem.field), ": "] : "", sentence(problem)));

  function changed() {
    kept = false;
    enable();
    tell(null);
    clearTimeout(waiting);
    waiting = setTimeout(estimated, ESTIMATE_PAUSE);
  }

  async function estimated() {
    const asked = text.value;
    try {
      const given = typeof id === "function" ? {} : { id };
      const told = await ask("segments/estimate", { ...parsed(text), ...given });
      if (text.value === asked) estimate.replaceChildren(...outcome(told));
    } catch (problem) {
      if (text.value === asked) failed(estimate, problem);
    }
  }

  async function busy(act) {
    const buttons = [check, dryRun, publish, drop];
    buttons.forEach((button) => { button.disabled = true; });
    status.setAttribute("aria-busy", "true");
    try {
      await act();
    } catch (problem) {
      failed(status, problem);
      status.scrollIntoView({ block: "nearest" });
    } finally {
      buttons.forEach((button) => { button.disabled = false; });
      status.removeAttribute("aria-busy");
      enable();
    }
  }

  async function keep() {
    const name = of();
    if (name === null) return;
    const told = etag === null ? await ask("segments", { ...parsed(text), id: name })
      : await ask(at("segments", name, "draft"), parsed(text), "PUT", etag);
    etag = told.etag;
    kept = true;
    drop.hidden = false;
    tell(h("p", {}, h("strong", { class: "good" }, "Kept as a draft. "), "It reads: somebody who ", h("em", {}, told.words), "."));
  }

  async function tried() {
    const started = await ask(at("segments", of(), "dry-run"), { start_journeys: journeys.checked }, "POST", etag);
    await watched(started.run);
  }

  async function watched(run) {
    tell(h("p", { class: "soft" }, "All contacts are being evaluated, which takes some minutes. Nothing changes meanwhile, and you can leave this page: the result will be here."));
    let told;
    while ((told = await ask(at("segments", of(), "dry-run", run))).status === "running" && status.isConnected) {
      await new Promise((resolve) => setTimeout(resolve, DRY_RUN_PAUSE));
    }
    if (told.status === "failed") throw new Problem("The dry run failed. The refresh workflow's log says why; try again");
    if (told.status !== "done") return;
    tell(h("dl", { class: "outcome" },
      h("dt", {}, "Enter"), h("dd", {}, count(told.entering)), h("dt", {}, "Leave"), h("dd", {}, count(told.leaving)),
      h("dt", {}, "Stay"), h("dd", {}, count(told.staying)), h("dt", {}, "Emails started"), h("dd", {}, count(told.mails_started))),
    h("p", { class: "small soft" }, "If it had been published at ", when(told.as_of), "."));
  }

  async function publishDraft() {
    const starts = journeys.checked ? " Journeys start for everybody who enters by it." : " No journeys start.";
    if (!await confirmed(`Publish this version of ${of()}?${starts}`, "Publish")) return;
    const told = await ask(at("segments", of(), "publish"), { start_journeys: journeys.checked }, "POST", etag);
    if (location.hash !== `#/segments/${told.segment}`) location.hash = `#/segments/${told.segment}`;
    else await show();
  }

  async function dropped() {
    if (!await confirmed(`Drop the draft of ${of()}? Its text will be lost.`, "Drop the draft")) return;
    await ask(at("segments", of(), "draft"), undefined, "DELETE", etag);
    if (published === null) location.hash = "#/segments";
    else await show();
  }

  enable();
  estimated();
  if (draft !== null && draft.dry_run !== null) watched(draft.dry_run).catch((problem) => failed(status, problem));
  return h("section", {}, h("h2", {}, "Definition ", draft !== null && published !== null && tag("a draft, not published yet")),
    draft !== null && h("p", {}, "The draft reads: somebody who ", h("em", {}, draft.words), "."),
    h("label", { for: "definition" }, "As JSON; ", h("code", {}, "docs/segments.md"), " lists all conditions"), text, estimate,
    h("p", {}, h("label", { class: "check" }, journeys, " Start journeys for everybody who enters by it")),
    h("div", { class: "buttons begin" }, check, dryRun, publish, drop), status);
}

/** What an estimate says: how many, whether that is exact, and what was never seen. */
function outcome(told) {
  const about = (each) => [h("strong", {}, count(each.number)), each.give_or_take > 0 && ` ± ${count(each.give_or_take)}`];
  const known = told.exact ? "all contacts were looked at" : `${count(told.looked_at)} of about ${count(told.contacts.number)} contacts were looked at`;
  return [
    h("p", {}, about(told.members), told.members.number === 1 ? " person is in it: " : " people are in it: ", about(told.entering), " enter, ", about(told.leaving), " leave. ",
      h("span", { class: "small soft" }, `Right now; ${known}.`)),
    ...told.warnings.map((warning) => h("p", { class: "note" }, warning)),
  ];
}

function parsed(text) {
  try {
    return JSON.parse(text.value);
  } catch (error) {
    throw new Problem(`This is not valid JSON yet: ${error.message}`);
  }
}
