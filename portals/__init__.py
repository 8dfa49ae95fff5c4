"""Server-rendered portals. They reach the rest only through the gateway's HTTP API, with the user's own token."""
