"""Sockets and the bus around edge's pure parts: terminal listeners, host links, requests to core."""
