"""What changes the world: one driver per kind of resource, behind three verbs."""

from foretide.actuators.drivers.base import Change, Driver, Held, Provisioner, SizeChange, held_one

__all__ = ["Change", "Driver", "Held", "Provisioner", "SizeChange", "held_one"]
