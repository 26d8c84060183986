// What the server that gave the page has told it: where it stands, the shop's currency and time zone, where to sign in
// (null in the local run), and the system's time.

export const settings = JSON.parse(document.querySelector("meta[name=settings]").content);

/** Milliseconds by which the system's own clock, which the local run can turn, is ahead of the browser's. */
let ahead = settings.now - Date.now();

export const now = () => Date.now() + ahead;
export const setNow = (instant) => { ahead = instant - Date.now(); };
