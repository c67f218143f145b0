"""The matching machine: permission, phase, limits, holds, price-time matching and settlement in one step."""
