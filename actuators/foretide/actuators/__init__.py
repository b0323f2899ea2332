"""What acts: consumers that apply commands through a driver, once each, and report what came of them."""
