"""Messages: what is asked for, whether it may be sent at an instant, what is known of it, and what it can say."""
