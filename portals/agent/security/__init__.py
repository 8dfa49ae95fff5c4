"""One's own access: password, second factors, devices."""
