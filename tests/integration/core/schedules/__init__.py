"""Orders, debits and the daily run, on a real engine, database and bus; the host is a stand-in."""
