"""What the routes give and take, as far as no model of the domain says it, by areas: for the document (openapi.py),
which the answers of all tests are held against. Instants are milliseconds since 1970."""
