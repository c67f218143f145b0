"""Double entry: the chart of accounts, events to balanced postings, statements. Pure."""
