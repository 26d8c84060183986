// What somebody writes in an editor is kept as a draft by itself, right or not: in this tab at once, on the server after a
// moment. Two who write one are told apart by the etag of the form that each began with.

import { unsaved } from "./parts.js";
import { now } from "./settings.js";
import { clock, sentence } from "./words.js";
import { html, useEffect, useRef, useSignal } from "./vendor/preact.js";

const PAUSE = 900; // milliseconds without a change
const AGAIN = 10_000; // after a failure that may pass by itself

/** What compares two texts is loaded when there are two. */
const withDifference = async (theirs) => ({ ...theirs, ...await import("./diff.js").catch(() => ({})) });

const stored = (place) => {
  try {
    return JSON.parse(sessionStorage.getItem(place));
  } catch {
    return null;
  }
};

/** `began` is the text as the server has it, of the form `etag`. `send(text, etag)` keeps it there and gives the answer, with
 *  the new etag; `look()` gives `{ text, etag }` as they are by now; `mayKeep()`: whether there is something to keep it for yet,
 *  and `byItself()`, or only when it is left.
 *  Gives signals (`text`, `state`, `problem`, `conflict`, `answer`: the newest of `send`, `kept`: the text is from before), and
 *  what can be done: `save` (whether it is saved then), `restart`, `mine`, `theirs`, `drop`. */
export function useDraft({ name, began, etag: first, send, look, mayKeep = () => true, byItself = () => true }) {
  const place = `unsaved ${name}`;
  const before = useRef(undefined);
  if (before.current === undefined) before.current = stored(place);
  const [etag, saved, line, timer, here] = [useRef(first), useRef(began), useRef(Promise.resolve()), useRef(null), useRef(true)];
  const [text, kept] = [useSignal(before.current?.text ?? began), useSignal(before.current !== null && before.current.text !== began)];
  const [state, at, problem, conflict, answer] = [useSignal("new"), useSignal(null), useSignal(null), useSignal(null), useSignal(null)];
  const isChanged = () => text.value !== saved.current;

  /** What this tab remembers, and what leaving would lose. */
  const note = () => {
    if (isChanged()) {
      sessionStorage.setItem(place, JSON.stringify({ text: text.value, etag: etag.current }));
      if (here.current) unsaved.set(place, save);
    } else {
      sessionStorage.removeItem(place);
      unsaved.delete(place);
    }
  };
  const done = (now_, told) => {
    [etag.current, saved.current, problem.value] = [told.etag, now_, null];
    [state.value, at.value] = [isChanged() ? "unsaved" : "saved", now()];
    note();
    return true;
  };

  /** Keeps the newest text, after what is being kept. Whether it is kept. */
  const save = () => {
    clearTimeout(timer.current);
    line.current = line.current.then(saveNow, saveNow);
    return line.current;
  };
  async function saveNow() {
    const written = text.value;
    if (written === saved.current) return true;
    if (conflict.value || !mayKeep()) return false;
    state.value = "saving";
    try {
      const told = await send(written, etag.current);
      answer.value = told;
      return done(written, told);
    } catch (failed) {
      if (failed.status === 412 || failed.status === 409) {
        const theirs = await look().catch(() => null);
        if (theirs?.text === written) return done(written, theirs);
        if (theirs?.text === saved.current && theirs.etag !== etag.current) { // published meanwhile, as it is
          etag.current = theirs.etag;
          return saveNow();
        }
        if (theirs) conflict.value = await withDifference(theirs);
      }
      [state.value, problem.value] = conflict.value ? ["conflict", null] : ["failed", failed];
      const passes = failed.status === null || failed.status === undefined || failed.status >= 500;
      if (passes && here.current) timer.current = setTimeout(save, AGAIN);
      return false;
    }
  }

  useEffect(() => text.subscribe(() => {
    note();
    clearTimeout(timer.current);
    if (!isChanged()) return;
    if (!byItself()) state.value = "unnamed"; // an id is for good: until there is one, it stays in this tab
    else if (!conflict.value) {
      state.value = "unsaved";
      timer.current = setTimeout(save, PAUSE);
    }
  }), []);
  useEffect(() => {
    if (kept.value && before.current.etag !== first) {
      conflict.value = { text: began, etag: first };
      withDifference(conflict.value).then((told) => { conflict.value = conflict.value && told; });
    }
    const hidden = () => { if (document.hidden && isChanged()) save(); };
    document.addEventListener("visibilitychange", hidden);
    addEventListener("online", hidden);
    return () => {
      here.current = false;
      document.removeEventListener("visibilitychange", hidden);
      removeEventListener("online", hidden);
      clearTimeout(timer.current);
      unsaved.delete(place);
    };
  }, []);

  const mine = () => {
    [etag.current, conflict.value] = [conflict.value.etag, null];
    note();
    return save();
  };
  const theirs = () => {
    const found = conflict.value;
    [conflict.value, kept.value] = [null, false];
    saved.current = found.text;
    text.value = found.text;
    done(found.text, found);
  };
  /** Of what was published or dropped: there is nothing more to keep. */
  const drop = () => {
    clearTimeout(timer.current);
    saved.current = text.value;
    kept.value = false;
    note();
  };
  const restart = () => { [kept.value, text.value] = [false, began]; };
  return { text, state, at, problem, conflict, answer, kept, etag, isChanged, save, restart, mine, theirs, drop };
}

/** "Saved 12:03", "Saving …", "Not saved: why". Only what goes wrong is read out: a save a sentence is too much to hear. */
export function Saving({ of, unnamed = "Not saved yet" }) {
  if (of.state.value === "failed") return html`<span class="small bad" role="alert">Not saved: ${sentence(of.problem.value)} <button class="quiet" onClick=${of.save}>Try again</button></span>`;
  const said = { new: "", saved: `Saved ${of.at.value && clock(of.at.value)}`, saving: "Saving …", unsaved: "Not saved yet", unnamed, conflict: "Not saved" };
  return html`<span class="small soft saving">${said[of.state.value]}</span>`;
}

const plain = (text) => {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
};

/** What is said above an editor: of a text that comes from before, or that two have changed: both stay until one is chosen. */
export function Unsaved({ of, what }) {
  if (of.conflict.value) {
    return html`<div class="banner wrong" role="alert">
      <p><strong>Somebody else has changed this ${what} while you were editing it.</strong> Nothing of yours is lost. Lines with − are theirs alone, lines with + are yours.</p>
      ${of.conflict.value.Difference && html`<${of.conflict.value.Difference} before=${plain(of.conflict.value.text)} after=${plain(of.text.value)} label="Their text and yours" />`}
      <div class="buttons"><button type="button" class="strong" onClick=${of.mine}>Keep mine</button><button type="button" onClick=${of.theirs}>Take theirs</button></div></div>`;
  }
  return of.kept.value && html`<p class="note" role="status">This text was not saved when you left. <button type="button" onClick=${of.restart}>Start over</button></p>`;
}

/** The object in a text; null: it is none. */
export function read(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}
