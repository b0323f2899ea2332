"""What measures: sources of telemetry, cut into windows and sent to the bus."""
