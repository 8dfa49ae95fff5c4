"""What every process of core runs on: jobs that repeat, tasks that end."""
