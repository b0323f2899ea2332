"""What the benchmarks share: warm applications, processes that are measured, feeding, tables and plots."""
