"""The machine: everything a token lot exchange is, below the wire."""
