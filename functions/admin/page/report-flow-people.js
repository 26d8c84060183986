// The people behind a number of the flows.

export { People as default } from "./report-flows.js";
