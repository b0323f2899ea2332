"""A trace, or a recorded topic, through the objects that run live: what would have been predicted and decided."""
