"""The contract: messages, topics, settings, and the small things every room shares.

It imports nothing of ours; the other rooms import it and never each other.
"""
