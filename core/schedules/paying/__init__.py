"""An order is paid by its customer's card: the page on which it is typed (SCH-1)."""
