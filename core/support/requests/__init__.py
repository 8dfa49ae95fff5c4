"""Internal requests: types and statuses as rows, queues of teams, comments and what happened."""
