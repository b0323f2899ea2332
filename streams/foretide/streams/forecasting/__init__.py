"""Forecasting one signal: River models and plain references, combined by what they scored lately. No I/O, no clock."""
