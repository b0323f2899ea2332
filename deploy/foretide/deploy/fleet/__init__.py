"""Training the network that all applications share, and showing what is in its file."""
