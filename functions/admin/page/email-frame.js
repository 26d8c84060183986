// An email as its reader sees it, in a frame of its own width, light or dark. No script runs in it, and its styles are
// set one by one: the page's policy lets no text become a style by itself.

import { html, useEffect, useRef } from "./vendor/preact.js";

/** `source` is a whole HTML document, `width` in pixels. `title` is what the frame is called for who cannot see it. */
export function EmailFrame({ source, width = 640, dark = false, title }) {
  const frame = useRef();
  useEffect(() => {
    const shown = frame.current.contentDocument;
    fill(shown, source);
    // Not the document's height, which is never less than its frame's.
    const fit = () => { frame.current.style.height = `${shown.body.offsetHeight + 2}px`; };
    const watching = new ResizeObserver(fit);
    watching.observe(shown.body);
    return () => watching.disconnect();
  }, [source, width, dark]);
  return html`<iframe class=${`email ${dark ? "dark" : ""}`} ref=${frame} sandbox="allow-same-origin" title=${title} style=${{ width: `${width}px` }}></iframe>`;
}

const NOT_SHOWN = "script, x-style, link, iframe, object, embed, form, meta[http-equiv]";
/** Under names of which no browser makes a style, or complains that it may not. */
const disarmed = (source) => source.replace(/<(\/?)style\b/gi, "<$1x-style").replace(/(\s)style=/gi, "$1x-style=");

function fill(shown, source) {
  const read = new DOMParser().parseFromString(disarmed(source), "text/html");
  shown.adoptedStyleSheets = [...read.querySelectorAll("x-style")].map((each) => {
    const sheet = new shown.defaultView.CSSStyleSheet({ media: each.getAttribute("media") ?? "" });
    sheet.replaceSync(each.textContent);
    return sheet;
  });
  for (const each of read.querySelectorAll(NOT_SHOWN)) each.remove();
  const body = shown.importNode(read.body, true);
  for (const each of [body, ...body.querySelectorAll("[x-style]")]) each.style.cssText = each.getAttribute("x-style") ?? "";
  for (const link of body.querySelectorAll("a")) Object.assign(link, { target: "_blank", rel: "noopener" });
  shown.documentElement.lang = read.documentElement.lang;
  shown.body.replaceWith(body);
}
