"""What is written to disk beside the journal: the SQL projection of events, and the secrets."""
