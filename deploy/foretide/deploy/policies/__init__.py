"""Sizing rules side by side in one simulator: ours, those of others, and one that knows the future."""
