"""A simulated market: vendors list and sell, AI firms buy, resell and take delivery.

Everything goes through the public API with keys of its own, and every participant is registered as simulated.
"""
