"""Kafka as Foretide uses it: settings, clients made from them, checks with clear errors, topics, a careful sender."""
