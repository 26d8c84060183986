// The address of what is looked at: a list's search, filter, order and how much of it is shown stand in it, so that Back finds
// the same, and whoever is sent it.

import { useSignal } from "./vendor/preact.js";

/** What the address's query says, by name, and `choose(name, value)`, which says it there ("": no more; no name: nothing). */
export function useAddress(path, query) {
  const asked = useSignal(Object.fromEntries(new URLSearchParams(query)));
  const choose = (name, value) => {
    const { [name]: _, pages: __, ...rest } = asked.value; // another list begins with its first page
    asked.value = name === null ? {} : value === "" ? rest : { ...rest, [name]: String(value) };
    if (location.hash.split("?")[0] !== path) return; // they have gone on meanwhile
    const text = String(new URLSearchParams(asked.value));
    history.replaceState(history.state, "", `${path}${text && `?${text}`}`);
  };
  return [asked.value, choose];
}

/** To another page, in the place of this one: Back does not lead to it. */
export function instead(hash) {
  history.replaceState(history.state, "", hash);
  dispatchEvent(new HashChangeEvent("hashchange"));
}
