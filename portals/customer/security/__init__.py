"""Password, second factors, and where one is logged in."""
