"""Reports: what the rows of committed queries come to, and in which words that is said."""
