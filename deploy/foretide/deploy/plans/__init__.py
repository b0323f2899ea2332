"""What a planner would do, and what it has done."""
