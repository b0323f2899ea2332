"""What others do, run over the same samples: trivial rules, and the predictors of the tools our users know."""
