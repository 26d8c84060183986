// A text field that suggests: by what is typed, in groups, each with what is known of it. By mouse, touch or keys alone.

import { html, useEffect, useId, useRef, useSignal } from "./vendor/preact.js";

const MOST = 60; // options shown at once; who types finds the others

const plain = (text) => text.toLowerCase().normalize("NFKD").replace(/\p{Mark}/gu, "");

/** Options that have all the words, those that begin with the text first; in their order otherwise. */
export function matching(options, typed) {
  const words = plain(typed).split(/\s+/).filter(Boolean);
  if (words.length === 0) return options.filter((each) => !each.onlyTyped).slice(0, MOST);
  const found = options.flatMap((each, n) => {
    const text = plain(`${each.title} ${each.value ?? ""} ${each.also ?? ""}`);
    if (!words.every((word) => text.includes(word))) return [];
    const title = plain(each.title);
    const rank = title === words.join(" ") ? 0 : title.startsWith(words[0]) ? 1 : words.every((word) => ` ${text}`.includes(` ${word}`)) ? 2 : 3;
    return [{ each, rank: rank + (each.onlyTyped ? .5 : 0), n }];
  });
  return found.sort((one, other) => one.rank - other.rank || one.n - other.n).slice(0, MOST).map(({ each }) => each);
}

/** `text` is what stands there; `options` are `{ title, value, hint, group, also }`; `choose` is called with one of them,
 *  or with what `free` makes of a text that is none of them (null: nothing). `begun`: it is opened at once. */
export function Combobox({ text, label, options, choose, free = () => null, placeholder = "", begun = false, wrong = false, className = "", left }) {
  const [id, input, list] = [useId(), useRef(), useRef()];
  const [typed, isOpen, active] = [useSignal(null), useSignal(false), useSignal(-1)];
  const query = typed.value ?? "";
  const own = query.trim() === "" ? null : free(query.trim());
  const found = isOpen.value ? matching(options, query) : [];
  const exact = found.some((each) => plain(each.title) === plain(query.trim()) || String(each.value ?? "") === query.trim());
  const shown = own && !exact ? [...found, { ...own, isFree: true }] : found;

  useEffect(() => { if (begun) input.current.focus(); }, []);
  useEffect(() => {
    list.current?.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }, [active.value, isOpen.value]);

  const open = () => {
    if (isOpen.value) return;
    isOpen.value = true;
    active.value = -1;
  };
  const close = () => {
    isOpen.value = false;
    typed.value = null;
  };
  const take = (option) => {
    close();
    choose(option);
  };
  /** What is meant by what stands there: the option that is looked at, else the first that fits. */
  const meant = () => {
    if (active.value >= 0) return shown[active.value];
    if (query.trim() === "") return undefined;
    const same = found.find((each) => plain(each.title) === plain(query.trim()) || String(each.value ?? "") === query.trim());
    return same ?? (own ? { ...own, isFree: true } : found[0]);
  };
  const pressed = (event) => {
    const moves = { ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 };
    if (event.key in moves) {
      event.preventDefault();
      const wasOpen = isOpen.value;
      open();
      if (!wasOpen) return;
      active.value = Math.max(0, Math.min(shown.length - 1, active.value + moves[event.key]));
    } else if (event.key === "Enter") {
      event.preventDefault();
      const first = active.value < 0 && query.trim() !== "" && found.length > 0 ? found[0] : meant();
      if (isOpen.value && first) take(first);
      else open();
    } else if (event.key === "Escape" && isOpen.value) {
      event.preventDefault();
      event.stopPropagation();
      close();
    }
  };
  const away = () => {
    const option = typed.value === null ? undefined : meant();
    close();
    if (option) choose(option);
    else left?.();
  };
  const groups = Map.groupBy(shown, (each) => each.group ?? "");
  let n = -1;
  return html`<span class="combobox ${className}">
    <input ref=${input} type="text" role="combobox" aria-label=${label} aria-expanded=${String(isOpen.value)} aria-controls=${`${id}-list`} aria-autocomplete="list"
      aria-activedescendant=${isOpen.value && active.value >= 0 ? `${id}-${active.value}` : null} aria-invalid=${wrong ? "true" : null}
      autocomplete="off" spellcheck="false" placeholder=${placeholder} value=${typed.value ?? text} size=${Math.min(Math.max((typed.value ?? text).length, placeholder.length, 4) + 1, 42)}
      onFocus=${(event) => { event.target.select(); }} onClick=${open} onBlur=${away} onKeyDown=${pressed}
      onInput=${(event) => { typed.value = event.target.value; isOpen.value = true; active.value = -1; }} />
    ${isOpen.value && html`<span class="options" id=${`${id}-list`} role="listbox" aria-label=${label} ref=${list} onMouseDown=${(event) => event.preventDefault()}>
      ${shown.length === 0 && html`<span role="option" aria-disabled="true" aria-selected="false" class="soft">${query ? "Nothing like that was seen" : "Nothing was seen yet: type it"}</span>`}
      ${[...groups].map(([group, those]) => html`<span role="group" aria-label=${group || label}>${group && html`<span class="group" aria-hidden="true">${group}</span>`}${those.map((each) => {
        n += 1;
        const place = n;
        return html`<span role="option" id=${`${id}-${place}`} aria-selected=${String(active.value === place)} onClick=${() => take(each)} onMouseMove=${() => { active.value = place; }}>
          <span>${each.isFree && !each.plain ? html`“${each.title}”` : each.title}</span>${each.hint && html`<span class="hint">${each.hint}</span>`}</span>`;
      })}</span>`)}
    </span>`}
  </span>`;
}
