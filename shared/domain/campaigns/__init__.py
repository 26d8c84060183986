"""Campaigns: one email to a whole segment, or one a week; to whom, when, and what has become of it for each of them."""
