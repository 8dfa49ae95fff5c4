"""What is not the hot path: reversals, advices, completions, refunds, cancellations and totals, one by one."""
