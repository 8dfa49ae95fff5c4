"""Benchmarks that start their own stack and print a report; ratios to a reference measured in the same run."""
