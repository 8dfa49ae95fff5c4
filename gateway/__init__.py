"""HTTP for portals and integrators: turns requests into core requests, and the live feed into SSE."""
