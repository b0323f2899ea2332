"""The house keeper: the operator's command `foretide`, the broker, topics, demo and backtest."""
