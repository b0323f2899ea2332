"""The whole loop on one machine: processes, a watcher that records everything, a view, and the final reckoning."""
