"""What the sources of events send, turned into events: one pure module a source.

Each takes a parsed payload, the headers (names in lower case) and the instant it was received, and gives events.
"""
