// The run's clock on each of its pages, the admin's too: what time it is, buttons that turn it, and how far that is.
// `beckon clock` turns the same clock; every page shows it. What has come of it is told by an event, `clock`.

const TURNS = [["+1 hour", 3_600], ["+1 day", 86_400], ["+7 days", 7 * 86_400], ["+90 days", 90 * 86_400]];
const WAYS = [["/", "Start"], ["/mailbox", "Mailbox"], ["/admin/", "Admin"]];
const [OFTEN, SELDOM] = [700, 4_000]; // milliseconds between looks, while it is being turned and while it runs

const made = (name, properties, ...children) => {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
};
const time = made("time", {});
const said = made("p", { className: "small", role: "status" });
const progress = made("progress", { max: 100, hidden: true });
progress.setAttribute("aria-label", "How far the clock is");
const buttons = TURNS.map(([name, seconds]) => made("button", { type: "button", textContent: name, onclick: () => turn(seconds) }));
const clock = made("section", { className: "local" });
clock.setAttribute("aria-label", "The clock of this run");

const top = document.querySelector(".top");
if (top === null) {
  const ways = WAYS.map(([link, name]) => made("a", { href: link, textContent: name }));
  ways.find((each) => location.pathname.startsWith(each.pathname) && each.pathname !== "/")?.setAttribute("aria-current", "true");
  const nav = made("nav", {}, ...ways);
  nav.setAttribute("aria-label", "This run");
  clock.append(nav);
}
clock.append(made("div", { className: "turn" }, time, ...buttons, progress, said));
if (top === null) document.body.append(clock); // the first of a page is the way to its content; the style shows this above
else top.after(clock);

let [ahead, wasTurning, zone, timer] = [null, false, "UTC", 0];

function show() {
  if (ahead === null) return;
  const instant = new Date(Date.now() + ahead);
  time.dateTime = instant.toISOString();
  time.textContent = new Intl.DateTimeFormat("en-GB", { timeZone: zone, weekday: "short", day: "numeric", month: "long", year: "numeric", hour: "2-digit", minute: "2-digit" }).format(instant);
}

function take(told) {
  [ahead, zone] = [told.instant - Date.now(), told.zone];
  for (const button of buttons) button.hidden = told.turning;
  progress.hidden = !told.turning;
  if (told.turning) {
    progress.value = 100 * (told.instant - told.begun) / Math.max(told.until - told.begun, 1);
    said.textContent = `${told.emails} ${told.emails === 1 ? "email" : "emails"} so far`;
  } else if (wasTurning) {
    said.textContent = `${told.emails} ${told.emails === 1 ? "email" : "emails"} went out meanwhile`;
  }
  show();
  dispatchEvent(new CustomEvent("clock", { detail: { instant: told.instant, hasTurned: wasTurning && !told.turning } }));
  if (wasTurning && !told.turning && document.querySelector("meta[name=settings]") === null) location.reload();
  wasTurning = told.turning;
}

async function look() {
  clearTimeout(timer);
  try {
    if (!document.hidden) take(await (await fetch("/local/clock")).json());
  } catch {
    said.textContent = "The run has been stopped.";
  }
  timer = setTimeout(look, wasTurning ? OFTEN : SELDOM);
}

async function turn(seconds) {
  for (const button of buttons) button.hidden = true;
  const body = JSON.stringify({ seconds });
  await fetch("/local/clock", { method: "POST", headers: { "Content-Type": "application/json" }, body }).catch(() => {});
  wasTurning = true;
  await look();
}

setInterval(show, 1_000);
await look();
