"""What the profile workers have learnt, read from their snapshots."""
