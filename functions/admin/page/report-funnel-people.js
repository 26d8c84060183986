// The people behind a number of the funnel.

export { People as default } from "./report-funnel.js";
