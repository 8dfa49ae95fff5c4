"""The test clock: in a sandbox, people move the time at which schedules live (API-3)."""
