"""Pools described in files: kinds of resources, the resources themselves, and how fast each kind is."""

from foretide.deploy.pools.read import Pool, PoolFileError, read_pool

__all__ = ["Pool", "PoolFileError", "read_pool"]
