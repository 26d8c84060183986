// The operators' page. Everything it shows comes from the API beside it; every text is set as text, never as HTML.

const settings = JSON.parse(document.getElementById("settings").textContent);
const base = location.pathname.replace(/\/?$/, "/");
const main = document.getElementById("main");
const DAY = 86_400_000;
let now = Date.now(); // the system's own clock, once /health has told it

// ── signing in: Cognito's own page, with a code for a token (PKCE). Locally there is no login. ──

const signedIn = () => !settings.login || sessionStorage.getItem("token") !== null;
const encode = (bytes) => btoa(String.fromCharCode(...bytes)).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
const random = () => encode(crypto.getRandomValues(new Uint8Array(32)));

async function signIn() {
  const verifier = random();
  const state = random();
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  sessionStorage.setItem("signing-in", JSON.stringify({ verifier, state, hash: location.hash }));
  const query = new URLSearchParams({
    response_type: "code",
    client_id: settings.login.clientId,
    redirect_uri: location.origin + base,
    scope: "openid",
    state,
    code_challenge: encode(new Uint8Array(digest)),
    code_challenge_method: "S256",
  });
  location.assign(`${settings.login.userPoolDomain}/oauth2/authorize?${query}`);
}

async function finishSigningIn() {
  const query = new URLSearchParams(location.search);
  const begun = JSON.parse(sessionStorage.getItem("signing-in") ?? "null");
  if (!settings.login || !query.has("code")) return;
  sessionStorage.removeItem("signing-in");
  history.replaceState(null, "", base + (begun?.hash ?? ""));
  if (begun === null || begun.state !== query.get("state")) return;
  const answer = await fetch(`${settings.login.userPoolDomain}/oauth2/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "authorization_code",
      client_id: settings.login.clientId,
      code: query.get("code"),
      redirect_uri: location.origin + base,
      code_verifier: begun.verifier,
    }),
  });
  if (answer.ok) sessionStorage.setItem("token", (await answer.json()).id_token);
}

function signOut() {
  sessionStorage.clear();
  const query = new URLSearchParams({ client_id: settings.login.clientId, logout_uri: location.origin + base });
  location.assign(`${settings.login.userPoolDomain}/logout?${query}`);
}

// ── the API ──

class Problem extends Error {}

async function ask(path, body, method = body === undefined ? "GET" : "POST", etag = null) {
  const headers = { Accept: "application/json", ...(etag === null ? {} : { "If-Match": etag }) };
  if (settings.login) headers.Authorization = sessionStorage.getItem("token");
  const given = body === undefined ? { headers, method } : {
    headers: { ...headers, "Content-Type": "application/json" },
    method,
    body: JSON.stringify(body),
  };
  let answer;
  try {
    answer = await fetch(base + path, given);
  } catch {
    throw new Problem("The system does not answer. Check your connection, and try again.");
  }
  if (answer.status === 401 && settings.login) {
    sessionStorage.removeItem("token");
    show();
    throw new Problem("You have been signed out.");
  }
  const told = await answer.json().catch(() => ({}));
  if (!answer.ok) {
    const problem = new Problem(told.error?.message ?? told.message ?? `The system answered ${answer.status}.`);
    throw Object.assign(problem, { field: told.error?.field, status: answer.status });
  }
  return told;
}

const at = (...parts) => parts.map(encodeURIComponent).join("/");

// ── making elements ──

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const h = (tag, attributes = {}, ...children) => fill(document.createElement(tag), attributes, children);
const svg = (tag, attributes = {}, ...children) =>
  fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);

const empty = (...words) => h("p", { class: "empty" }, ...words);
const tag = (word, kind = "") => h("span", { class: `tag ${kind}` }, word);
const more = (title, ...children) => h("details", {}, h("summary", {}, title), ...children);
const json = (title, value) => more(title, h("pre", {}, JSON.stringify(value, null, 2)));

function table(columns, rows) {
  const cell = (column, row, first) => h(first ? "th" : "td",
    { scope: first ? "row" : null, class: column.number ? "number" : null }, column.cell(row));
  return h("div", { class: "scroll" }, h("table", {},
    h("thead", {}, h("tr", {}, columns.map((column) =>
      h("th", { scope: "col", class: column.number ? "number" : null }, column.title)))),
    h("tbody", {}, rows.map((row) => h("tr", {}, columns.map((column, n) => cell(column, row, n === 0)))))));
}

/** A section that fills itself when what it shows has come, and says so when it does not. `load` is given a function that
 *  says how far it is. */
function section(title, load) {
  const inside = h("div", { "aria-busy": "true" }, h("p", { class: "soft" }, "Loading …"));
  load((text) => inside.firstChild.replaceChildren(text)).then((parts) => inside.replaceChildren(fill(new DocumentFragment(), {}, [parts])))
    .catch((problem) => inside.replaceChildren(h("p", { class: "bad", role: "alert" }, sentence(problem))))
    .finally(() => inside.removeAttribute("aria-busy"));
  return h("section", {}, h("h2", {}, title), inside);
}

/** A list that comes page by page, in a container that `add` puts items into. */
async function pages(path, name, container, add, nothing) {
  const first = await ask(path);
  if (first[name].length === 0) return nothing;
  const button = h("button", {}, "Show more");
  let cursor;
  const take = (page) => {
    page[name].forEach((item) => container.append(add(item)));
    cursor = page.cursor;
    button.hidden = cursor === null;
  };
  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      take(await ask(`${path}?cursor=${encodeURIComponent(cursor)}`));
    } finally {
      button.disabled = false;
    }
  });
  take(first);
  return [container, button];
}

// ── words ──

const sentence = (problem) => {
  if (!(problem instanceof Problem)) console.error(problem);
  const words = problem instanceof Problem ? problem.message : "Something went wrong on this page.";
  return words.charAt(0).toUpperCase() + words.slice(1) + (/[.!?]$/.test(words) ? "" : ".");
};
const count = (number) => number.toLocaleString("en");
const plural = (number, word) => `${count(number)} ${word}${number === 1 ? "" : "s"}`;
const money = (amount) =>
  new Intl.NumberFormat("en", { style: "currency", currency: settings.currency }).format(amount);
const day = (instant) => new Intl.DateTimeFormat("en", { dateStyle: "medium" }).format(instant);

function when(instant) {
  const text = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" }).format(instant);
  return h("time", { datetime: new Date(instant).toISOString(), title: distance(instant) }, text);
}

function distance(instant) {
  const words = new Intl.RelativeTimeFormat("en", { numeric: "auto" });
  const away = instant - now;
  const [size, unit] = [[DAY, "day"], [DAY / 24, "hour"], [60_000, "minute"]].find(([size]) => Math.abs(away) >= size)
    ?? [1000, "second"];
  return words.format(Math.trunc(away / size), unit);
}

function value(of) {
  if (of === true) return "yes";
  if (of === false) return "no";
  return typeof of === "object" && of !== null ? JSON.stringify(of) : String(of ?? "unknown");
}

let segmentNames = {}; // by id, as far as the page shown has been told them
const segmentLink = (id) => h("a", { href: `#/segments/${id}` }, segmentNames[id] ?? words(id));

// ── today ──

async function today() {
  return [
    h("h1", { tabindex: "-1" }, "Today"),
    await ask("health").then(health).catch((problem) =>
      h("div", { class: "banner wrong", role: "alert" }, h("p", {}, sentence(problem)))),
    section("The last 30 days", report),
    section("Segments", segments),
  ];
}

function health(told) {
  now = told.now;
  const wrote = told.last_lake_write;
  const facts = h("p", { class: "small soft" },
    `${plural(told.queues?.events ?? 0, "event")} waiting. `,
    wrote ? [`Lake written ${distance(wrote)}. `] : "Nothing written to the lake this month or the last. ",
    `Segments of publication ${told.definitions}.`);
  if (told.status === "ok") {
    return h("div", { class: "banner" }, h("p", {}, h("strong", {}, "Everything works.")), facts);
  }
  const problems = told.problems.map((problem) => h("li", {}, problem));
  return h("div", { class: "banner wrong", role: "alert" },
    h("p", {}, h("strong", {}, problems.length === 1 ? "Something needs you." : `${problems.length} things need you.`)),
    h("ul", {}, problems),
    Object.values(told.dead_letters ?? {}).some((depth) => depth > 0) && h("p", {}, h("a", { href: "#/dead-letters" }, "See the dead letters")),
    facts);
}

async function report() {
  const span = 30;
  const name = (n) => new Date(now - (span - 1 - n) * DAY).toISOString().slice(0, 10);
  const names = Array.from({ length: span }, (_, n) => name(n));
  let told = await ask(`reports/daily?from=${names[0]}&to=${names[span - 1]}`);
  while (told.query) told = await ask(`reports/daily?query=${encodeURIComponent(told.query)}`);
  if (told.days.length === 0) {
    return empty("No emails and no orders in these 30 days. Emails begin when a contact enters a segment that a journey " +
      "starts from; orders come in through your shop's webhooks. It takes some minutes until they show here.");
  }
  const known = Object.fromEntries(told.days.map((row) => [row.day, row]));
  const days = names.map((day) => known[day] ?? { day, sends: 0, clicks: 0, orders: 0, revenue: 0 });
  const columns = [["sends", "Sends", count], ["clicks", "Clicks by people", count], ["orders", "Orders", count],
    ["revenue", "Revenue, refunds taken off", money]];
  return [
    h("div", { class: "charts" }, columns.map(([of, title, words]) => chart(days, of, title, words))),
    more("As a table", table([
      { title: "Day (UTC)", cell: (row) => row.day },
      ...columns.map(([of, title, words]) => ({ title, number: true, cell: (row) => words(row[of]) })),
    ], days.toReversed())),
  ];
}

function chart(days, of, title, words) {
  const most = Math.max(...days.map((row) => row[of]), 1e-9);
  const total = days.reduce((sum, row) => sum + row[of], 0);
  const bars = days.map((row, n) => {
    const height = Math.max(row[of], 0) / most * 58;
    const size = height > 0 ? Math.max(height, 1.5) : 1;
    return svg("g", {}, svg("title", {}, `${row.day}: ${words(row[of])}`),
      svg("rect", { x: n * 10, y: 0, width: 10, height: 60, fill: "transparent" }),
      svg("rect", { x: n * 10 + 1, y: 60 - size, width: 8, height: size, class: height > 0 ? "bar" : "zero" }));
  });
  return h("figure", {},
    h("figcaption", {}, title, h("span", { class: "total" }, words(total))),
    svg("svg", { viewBox: `0 0 ${days.length * 10} 60`, preserveAspectRatio: "none", role: "img",
      "aria-label": `${title} day by day; at most ${words(most)} on a day` }, bars),
    h("div", { class: "reach", "aria-hidden": "true" }, h("span", {}, days[0].day), h("span", {}, "today")));
}

const contactLink = (of) => [
  h("a", { href: `#/contacts/${of.contact}` }, of.email ?? of.name ?? of.contact),
  of.email && of.name && h("span", { class: "soft" }, ` ${of.name}`),
];

// ── a contact ──

async function contact(id) {
  const told = await ask(at("contacts", id));
  const inside = told.memberships.filter((membership) => membership.member);
  const outside = told.memberships.filter((membership) => !membership.member);
  const part = (name) => at("contacts", told.contact, name);
  segmentNames = Object.fromEntries(told.memberships.map((of) => [of.segment, of.name]));
  return [
    h("div", { class: "head" },
      h("h1", { tabindex: "-1" }, told.name ?? told.email ?? "A contact without a name"),
      h("button", { onclick: (event) => exportContact(event.target, told.contact) }, "Export"),
      h("button", { onclick: () => erase(told) }, "Erase")),
    h("p", { class: "lead" }, [told.email, told.first_seen && `first seen ${day(told.first_seen)}`, told.contact]
      .filter((each) => each && each !== told.name).join(" · ")),
    told.suppression && h("div", { class: "banner wrong" }, h("p", {},
      h("strong", {}, "Suppressed: "), `no email goes to this address, because of ${SUPPRESSIONS[told.suppression.reason] ?? told.suppression.reason} on ${day(told.suppression.since)}.`)),
    h("section", {}, h("h2", {}, plural(inside.length, "membership")),
      inside.length ? h("ul", { class: "list" }, inside.map(membership))
        : empty("In no segment at the moment. Below is what each one still asks for."),
      outside.length > 0 && more(`Not in ${plural(outside.length, "segment")}: why, and when`,
        h("ul", { class: "list" }, outside.map(membership)))),
    h("div", { class: "columns" },
      h("section", {}, h("h2", {}, "Consent"), told.consent.length
        ? h("dl", {}, told.consent.map((each) => [h("dt", {}, each.topic),
          h("dd", {}, tag(each.state, each.state === "subscribed" ? "good" : "bad"), " since ", when(each.since))]))
        : empty("Never asked: no marketing email goes to this contact until they say yes.")),
      h("section", {}, h("h2", {}, "Traits"), told.traits.length
        ? h("dl", {}, told.traits.map((each) => [h("dt", {}, each.trait), h("dd", {}, value(each.value))]))
        : empty("Nothing is known yet beyond what they do."),
      more("Known by", h("p", { class: "small" }, told.identities.join(", "))))),
    h("section", {}, h("h2", {}, plural(told.orders.length + told.older_orders, "order")), told.orders.length
      ? table([
        { title: "Order", cell: (order) => order.order },
        { title: "Placed", cell: (order) => order.placed ? when(order.placed) : "unknown" },
        { title: "Value", number: true, cell: (order) => money(order.value) },
        { title: "Refunded", number: true, cell: (order) => order.refunded ? money(order.refunded) : "" },
        { title: "", cell: (order) => order.cancelled ? tag("cancelled", "bad") : !order.counts && tag("does not count") },
      ], told.orders)
      : empty("No order yet.")),
    section("Runs", () => pages(part("runs"), "runs", h("ul", { class: "list" }), run,
      empty("No run of a journey yet. A run begins when the contact enters the segment a journey starts from."))),
    section("Messages", () => pages(part("messages"), "messages", h("ul", { class: "list" }), message,
      empty("No message yet: no step of a run has asked for one."))),
    section("Timeline", () => pages(part("timeline"), "timeline", h("ol", { class: "timeline" }), entry,
      empty("Nothing has happened yet."))),
  ];
}

const MESSAGES = { sent: "sent", refused: "not sent", claimed: "being sent", released: "to be tried again" };
const SUPPRESSIONS = { bounce: "a bounce", complaint: "a complaint", erasure: "an erasure" };

function membership(of) {
  const until = of.until ? [of.member ? "until " : "enters by itself on ", when(of.until), of.member && ", unless something happens"] : [];
  const since = of.since ? [of.member ? "in since " : "left on ", when(of.since)] : [];
  const line = [...since, since.length > 0 && until.length > 0 && ", ", ...until];
  return h("li", {},
    h("div", { class: "head" },
      h("h3", {}, h("a", { href: `#/segments/${of.segment}` }, of.name)),
      h("span", { class: "small soft" }, line.length ? line : of.member ? "always" : "not by time alone")),
    h("p", { class: "small soft" }, of.sentence),
    more("Why", h("ul", { class: "why" }, why(of.why))));
}

function why(of) {
  return h("li", {},
    h("span", { class: `answer ${of.holds ? "good" : "soft"}`, "aria-hidden": "true" }, of.holds ? "✓" : "✗"),
    h("span", { class: "hidden" }, of.holds ? "true: " : "false: "), of.asks,
    h("span", { class: "evidence" }, `${of.evidence}${/[.!?]$/.test(of.evidence) ? "" : "."} ${of.turns}`),
    of.parts.length > 0 && h("ul", { class: "why" }, of.parts.map(why)));
}

function run(of) {
  const kind = { "completed": "good", "going on": "good", "failed": "bad", "timed out": "bad" }[of.status] ?? "";
  return h("li", {},
    h("div", { class: "head" },
      h("h3", {}, h("a", { href: `#/journeys/${of.journey}` }, of.name), of.path === "begin" ? "" : ` (${words(of.path)})`),
      tag(of.status, kind)),
    h("p", { class: "small soft" }, "Started ", when(of.started),
      of.step && [", on the step ", h("strong", {}, of.step), " since ", when(of.since)],
      of.ended && [", ended ", when(of.ended)], ".", of.reason && ` It ${of.reason}.`));
}

function message(of) {
  return h("li", {},
    h("div", { class: "head" },
      h("h3", {}, words(of.template)),
      tag(MESSAGES[of.status] ?? of.status, of.status === "sent" ? "good" : of.status === "refused" ? "bad" : "")),
    of.sentence && h("p", {}, of.sentence),
    h("p", { class: "small soft" }, when(of.at), ` · ${words(of.journey)}, step ${words(of.step)}, topic ${of.topic}`,
      (of.events ?? []).map((event) => [" · ", event.type.replace("Email ", "").toLowerCase(),
        event.human === false && " (by a machine)", " ", when(event.at)])));
}

const words = (id) => id.charAt(0).toUpperCase() + id.slice(1).replaceAll("_", " ");

function entry(of) {
  const shown = ENTRIES[of.kind](of);
  return h("li", { class: of.status === "refused" ? "refused" : of.kind },
    h("span", { class: "when" }, when(of.at)), ...shown);
}

const ENTRIES = {
  transition: (of) => [`${of.entered ? "Entered" : "Left"} `, segmentLink(of.segment),
    h("span", { class: "soft" }, ` transition ${of.transition}`,
      of.cause === "time" ? ", by time alone" : of.cause === "definition" ? ", by a changed definition" : "")],
  consent: (of) => ["Consent to ", of.topic, ": ", tag(of.state, of.state === "subscribed" ? "good" : "bad"),
    h("span", { class: "soft" }, ` from ${of.source}`)],
  message: (of) => [`Message ${words(of.template)} `, tag(MESSAGES[of.status] ?? of.status),
    of.sentence && h("span", { class: "soft" }, ` ${of.sentence}`)],
  event: (of) => [of.type, " ", h("span", { class: "soft" }, gist(of)), json("Details", detail(of))],
};

/** The one or two things of an event that say what it was about. */
function gist(of) {
  const { products, total, amount, path, outcome, journey, template, name } = of.properties ?? {};
  return [
    (products ?? []).map((product) => product.name ?? product.product_id).filter(Boolean).slice(0, 3).join(", "),
    total !== undefined && money(total), amount !== undefined && money(amount),
    name ?? path, journey && words(journey), outcome, template && words(template),
  ].filter(Boolean).join(" · ") || `from ${of.source}`;
}

const detail = ({ kind, at, ...rest }) => rest;

async function erase(told) {
  const sure = await confirmed(`Erase ${told.email ?? told.name ?? told.contact} for good? Everything that is known of them goes, and ` +
    "no more email is sent to them. Give them their export first, if they asked for it, and erase them in the storefront, too. There is no way back.", "Erase");
  if (!sure) return;
  let said;
  try {
    await ask(at("contacts", told.contact), undefined, "DELETE");
    said = h("div", { class: "banner", role: "status" }, h("p", {}, "They will be gone within seconds, and out of the lake by tomorrow."));
  } catch (problem) {
    said = h("div", { class: "banner wrong", role: "alert" }, h("p", {}, sentence(problem)));
  }
  main.querySelector(".head").after(said);
}

// ── what storefronts ask for ──

async function requests() {
  const told = await ask("requests");
  return [
    h("h1", { tabindex: "-1" }, "Requests"),
    h("p", { class: "lead" }, "What a storefront has asked for by law. Each is to be answered within 30 days."),
    told.requests.length === 0 && h("div", { class: "banner" }, h("p", {}, h("strong", {}, "None."))),
    h("ul", { class: "list" }, told.requests.map((of) => h("li", {},
      h("p", {}, of.todo),
      h("p", { class: "small soft" }, `From ${of.source}, `, when(of.at), of.storefront_id && `, there number ${of.storefront_id}`,
        of.dismissed !== null && [", done ", when(of.dismissed)], "."),
      h("p", {}, of.contacts.map((id) => [h("a", { href: `#/contacts/${id}` }, id), " ",
        h("button", { onclick: (event) => exportContact(event.target, id) }, "Export"), " "]),
        of.dismissed === null && h("button", { onclick: () => dismissRequest(of) }, "Dismiss"))))),
  ];
}

async function dismissRequest(of) {
  await ask(at("requests", of.request, "dismiss"), {});
  await show();
}

async function exportContact(button, id) {
  button.disabled = true;
  try {
    const whole = await ask(at("contacts", id, "export"));
    for (let rest = whole; rest.cursor !== null;) {
      rest = await ask(`${at("contacts", id, "export")}?cursor=${encodeURIComponent(rest.cursor)}`);
      whole.timeline.push(...rest.timeline);
    }
    delete whole.cursor;
    const file = URL.createObjectURL(new Blob([JSON.stringify(whole, null, 2)], { type: "application/json" }));
    h("a", { href: file, download: `${id}.json` }).click();
    URL.revokeObjectURL(file);
  } finally {
    button.disabled = false;
  }
}

// ── journeys ──

async function journeys() {
  const told = await ask("journeys");
  segmentNames = told.segments;
  return [h("h1", { tabindex: "-1" }, "Journeys"), h("section", {}, h("ul", { class: "list" }, told.journeys.map((each) =>
    h("li", {}, h("h3", {}, h("a", { href: `#/journeys/${each.id}` }, each.name)), h("p", {}, each.sentence),
      h("p", { class: "small soft" }, "Starts when a contact enters ",
        segmentLink(each.enters), ".")))))];
}

async function journey(id) {
  const told = await ask(at("journeys", id));
  segmentNames = told.segments;
  const { name, sentence, enters, exits } = told.journey;
  return [
    h("h1", { tabindex: "-1" }, name),
    h("p", { class: "lead" }, sentence),
    h("section", {}, h("h2", {}, "Runs"), told.runs.some((each) => each.runs > 0)
      ? h("dl", {}, told.runs.map((each) =>
        [h("dt", {}, words(each.status)), h("dd", {}, count(each.runs) + (each.more ? " or more" : ""))]))
      : empty("No run yet. The first one begins when a contact enters ", segmentLink(enters), ".")),
    h("section", {}, h("h2", {}, "How it goes"),
      h("p", {}, "Starts when a contact enters ", segmentLink(enters), "."),
      h("ul", {}, exits.map((exit) => h("li", {}, `Ends early when the contact ${exit.when} `,
        segmentLink(exit.segment), exit.first ? " for the first time" : "",
        exit.by.length ? ` by ${exit.by.join(", ")}` : "",
        exit.path ? `, and goes on with the path ${words(exit.path)}.` : "."))),
      h("p", { class: "small soft" }, "Its steps are in the Step Functions console: ", h("code", {}, told.state_machine))),
  ];
}

// ── dead letters ──

async function deadLetters() {
  const told = await ask("dead-letters");
  const full = told.queues.filter((queue) => queue.depth > 0);
  return [
    h("h1", { tabindex: "-1" }, "Dead letters"),
    h("p", { class: "lead" }, "What could not be processed. Nothing is lost: fix the cause, then replay it."),
    full.length === 0 && h("div", { class: "banner" }, h("p", {}, h("strong", {}, "None. "), "Everything that came in was processed.")),
    full.map((queue) => h("section", {},
      h("div", { class: "head" }, h("h2", {}, `${words(queue.queue)}: ${plural(queue.depth, "message")}`),
        queue.replayable && h("button", { onclick: () => replay(queue) }, "Replay"),
        h("button", { onclick: () => dismissLetters(queue) }, "Dismiss")),
      !queue.replayable && h("p", { class: "small soft" }, queue.queue === "refresh"
        ? "A scheduled task that failed three times. The next one does what this one left, so there is nothing to replay."
        : "They cannot be replayed."),
      ["transition", "lake"].includes(queue.queue) && h("p", { class: "small soft" },
        "What Lambda itself gave up on (“Lambda gave up”) names no contact and stays here when the others are replayed; the function's log says more. Dismiss it then."),
      queue.messages.length < queue.depth && h("p", { class: "small soft" }, `${plural(queue.messages.length, "message")} of about ${count(queue.depth)}:`),
      h("ul", { class: "list" }, queue.messages.map(deadLetter)))),
    full.length < told.queues.length && full.length > 0 && h("p", { class: "soft small" },
      `Empty: ${told.queues.filter((queue) => queue.depth === 0).map((queue) => words(queue.queue)).join(", ")}.`),
  ];
}

function deadLetter(of) {
  return h("li", {},
    h("p", {}, of.reason),
    h("p", { class: "small soft" }, `${of.type ?? "Of an unknown type"}${of.source ? ` from ${of.source}` : ""}, received `,
      when(of.received ?? of.set_aside), `, taken up ${plural(of.receives, "time")} (looks at this page included). `,
      of.id && ["Id ", h("code", {}, of.id), "."]));
}

async function replay(queue) {
  const sure = await confirmed(`Send ${plural(queue.depth, "message")} of ${queue.queue} back to be processed again? ` +
    "What has been processed before changes nothing; what fails again comes back here.", "Replay");
  if (!sure) return;
  try {
    await ask(at("dead-letters", queue.queue, "replay"), {});
    await show();
    main.querySelector("h1").after(h("div", { class: "banner", role: "status" },
      h("p", {}, `${plural(queue.depth, "message")} of ${queue.queue} on the way back.`)));
  } catch (problem) {
    main.querySelector("h1").after(h("div", { class: "banner wrong", role: "alert" }, h("p", {}, sentence(problem))));
  }
}

async function dismissLetters(queue) {
  if (!await confirmed(`Throw ${plural(queue.depth, "message")} of ${queue.queue} away? They cannot be replayed after that.`, "Dismiss")) return;
  await ask(at("dead-letters", queue.queue, "dismiss"), {});
  await show();
}

function confirmed(question, yes) {
  const dialog = document.getElementById("confirm");
  dialog.querySelector("p").textContent = question;
  dialog.querySelector(".strong").textContent = yes;
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((resolve) => dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true }));
}

// ── contacts that may be one person ──

async function conflicts() {
  const told = await ask("conflicts");
  return [
    h("h1", { tabindex: "-1" }, "Conflicts"),
    h("p", { class: "lead" }, "Contacts that an event has named together. They may be one person, and stay two until you say so."),
    told.conflicts.length === 0 && h("div", { class: "banner" }, h("p", {}, h("strong", {}, "None."))),
    h("ul", { class: "list" }, told.conflicts.map(conflict)),
    told.more && h("p", { class: "small soft" }, "There are more: these are the newest."),
  ];
}

function conflict(pair) {
  const [one, other] = pair.contacts;
  const link = (of) => h("a", { href: `#/contacts/${of.contact}` }, of.email ?? of.name ?? of.contact);
  return h("li", {},
    h("p", {}, link(one), " and ", link(other), ", named together ", when(pair.at), "."),
    h("p", {}, [[one, other], [other, one]].map(([kept, gone]) =>
      h("button", { onclick: () => merge(kept, gone) }, `Make them one, as ${kept.email ?? kept.name ?? kept.contact}`))));
}

async function merge(kept, gone) {
  const named = (of) => of.email ?? of.name ?? of.contact;
  if (!await confirmed(`Have ${named(gone)} join ${named(kept)} for good? There is no way back.`, "Make them one")) return;
  let said;
  try {
    await ask(at("contacts", kept.contact, "merge"), { other: gone.contact });
    said = h("div", { class: "banner", role: "status" }, h("p", {}, "They will be one within seconds."));
  } catch (problem) {
    said = h("div", { class: "banner wrong", role: "alert" }, h("p", {}, sentence(problem)));
  }
  main.querySelector("h1").after(said);
}

// ── which page is shown ──

const PAGES = [
  [/^(?:#\/)?$/, today],
  [/^#\/segments$/, allSegments],
  [/^#\/new-segment$/, newSegment],
  [/^#\/segments\/(\w+)$/, segment],
  [/^#\/contacts\/([\w-]+)$/, contact],
  [/^#\/journeys$/, journeys],
  [/^#\/journeys\/(\w+)$/, journey],
  [/^#\/conflicts$/, conflicts],
  [/^#\/requests$/, requests],
  [/^#\/dead-letters$/, deadLetters],
];
let turn = 0;

async function show() {
  const mine = ++turn;
  document.getElementById("sign-out").hidden = !settings.login || !signedIn();
  document.getElementById("find").hidden = !signedIn();
  if (!signedIn()) {
    main.removeAttribute("aria-busy");
    main.replaceChildren(h("h1", {}, "Sign in"), h("p", { class: "lead" }, "This is for the shop's operators."),
      h("button", { class: "strong", onclick: signIn }, "Sign in"));
    return;
  }
  const found = PAGES.map(([pattern, page]) => [pattern.exec(location.hash), page]).find(([match]) => match);
  main.setAttribute("aria-busy", "true");
  let parts;
  try {
    parts = found ? await found[1](...found[0].slice(1)) : [h("h1", { tabindex: "-1" }, "Nothing is here"), empty("Go on from ", h("a", { href: "#/" }, "Today"), ".")];
  } catch (problem) {
    parts = [h("h1", { tabindex: "-1" }, "That did not work"), h("p", { class: "bad", role: "alert" }, sentence(problem)),
      h("button", { onclick: show }, "Try again")];
  }
  if (mine !== turn) return; // another page was asked for meanwhile
  main.replaceChildren(...[parts].flat(Infinity).filter(Boolean));
  main.removeAttribute("aria-busy");
  const title = main.querySelector("h1");
  document.title = `${title.textContent} · Beckon`;
  document.querySelectorAll("nav a").forEach((link) => {
    if (link.getAttribute("href") === (location.hash || "#/")) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  });
  if (mine > 1) {
    scrollTo(0, 0);
    title.focus();
  }
}

document.getElementById("find").addEventListener("submit", async (event) => {
  event.preventDefault();
  const field = document.getElementById("find-value");
  const told = document.getElementById("find-problem");
  told.textContent = "";
  try {
    const found = await ask("contacts/find", { [document.getElementById("find-kind").value]: field.value });
    field.value = "";
    location.hash = `#/contacts/${found.contact}`;
  } catch (problem) {
    told.textContent = sentence(problem);
  }
});
document.getElementById("sign-out").addEventListener("click", signOut);
addEventListener("hashchange", () => { if (location.hash !== "#main") show(); });
await finishSigningIn();
show();
