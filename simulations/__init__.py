"""Markets that make themselves: a venue in memory, recorded order flow, and simulated participants."""
