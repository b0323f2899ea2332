"""report.html: a backtest for people, in one file that loads nothing."""
