"""How good the forecasts were lately, over all applications."""
