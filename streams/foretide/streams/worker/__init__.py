"""The shell around the pure cores: a Faust worker that learns every record exactly once, through crashes too."""
