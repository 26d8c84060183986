// Small pictures of what a step does, drawn by hand on 16 by 16.

import { html } from "./vendor/preact.js";

const PATHS = {
  trigger: "M9 1.5 3.5 9H8l-1 5.5L12.5 7H8z",
  exit: "M4 14.5v-13M4 2.5h8l-2 2.5 2 2.5H4",
  send: "M1.5 3.5h13v9h-13zM1.5 4l6.5 5 6.5-5",
  wait: "M8 1.5a6.5 6.5 0 1 1 0 13a6.5 6.5 0 0 1 0-13M8 4.5V8l2.5 2",
  wait_for: "M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8M8 6a2 2 0 1 1 0 4a2 2 0 0 1 0-4",
  branch: "M8 14.5V9M8 9C8 6 3.5 7 3.5 2M8 9c0-3 4.5-2 4.5-7M1.5 4l2-2.5 2 2.5M10.500 4l2-2.5 2 2.5",
  split: "M2 2h5v5H2zM9 9h5v5H9zM9 2l5 5M2 9l5 5",
  update: "M2 14l1-4 8-8 3 3-8 8zM9.500 3.500l3 3",
  notify: "M3 12h10c-1.500-1-1.500-3-1.500-5a3.500 3.500 0 0 0-7 0c0 2 0 4-1.500 5M6.500 12.500a1.500 1.500 0 0 0 3 0",
  start: "M4 2.500l8.500 5.500L4 13.500z",
  end: "M3.500 3.500h9v9h-9z",
};

export const Icon = ({ of }) => html`<svg class="icon" viewBox="0 0 16 16" aria-hidden="true"><path d=${PATHS[of] ?? PATHS.end} /></svg>`;
