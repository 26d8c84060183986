"""Journeys: definitions, what a run does by them, which begin, and what follows in a contact's life."""
