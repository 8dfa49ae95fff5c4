"""Services at stores."""
