"""Templates: what an email is made of, and how it is written out. A list of blocks (or MJML by hand), in one language
or several, becomes MJML and a text part, both with Liquid in them (`mjml`, `plain`); compiled when it is published."""
