"""Forecasting, planning and the workers that run them: the pure core, and a thin Faust shell around it."""
