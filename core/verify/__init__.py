"""The invariants of docs/operations.md, checked on a running system: read-only, set-based, bounded in memory."""
