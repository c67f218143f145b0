"""The words everything else speaks: units, refusals, commands, events, and their records on the wire and on disk."""
