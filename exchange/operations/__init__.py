"""Flows that join the gate, the assay, the catalogue, the vault and commands; each takes the exchange and an actor."""
