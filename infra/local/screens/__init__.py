"""The pages of the local run: the start page and the mailbox."""
