// The people behind a cell of the cohorts.

export { People as default } from "./report-cohorts.js";
