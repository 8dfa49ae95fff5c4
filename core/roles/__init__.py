"""What one process of core does: `engine`, `desk` or `worker`. Each module has `start(context) -> RunningRole`."""
