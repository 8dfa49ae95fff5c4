"""An unpaid schedule, settled by its customer in one to three monthly parts (REG-1 to REG-3)."""
