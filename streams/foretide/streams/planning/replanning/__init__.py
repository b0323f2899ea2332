"""The whole pool looked at now and then: applications are moved where that makes the cards in use cheaper.

state -> a placement problem -> the optimiser's plan -> moves that belong together -> the guards -> commands.
"""

from foretide.streams.planning.replanning.replanner import replan

__all__ = ["replan"]
