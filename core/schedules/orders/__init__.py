"""Orders: purchases paid in instalments, and what is due of them."""
