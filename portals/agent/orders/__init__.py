"""Orders: purchases paid in instalments."""
