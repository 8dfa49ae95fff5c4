"""The invariants V1 to V13, checked on a running system: read-only, set-based, bounded in memory."""
