"""The subcommands of `foretide-exporter`, one module each."""
