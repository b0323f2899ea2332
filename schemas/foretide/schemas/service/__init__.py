"""What every process of Foretide has: a metrics and health endpoint, an orderly stop with a time limit, calm logs."""

from foretide.schemas.service.endpoint import Endpoint, serve
from foretide.schemas.service.logs import setup_logging
from foretide.schemas.service.stopping import StopLimit, run_until_stopped

__all__ = ["Endpoint", "StopLimit", "run_until_stopped", "serve", "setup_logging"]
