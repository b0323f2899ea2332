"""The subcommands of foretide-actuator, one module each."""
