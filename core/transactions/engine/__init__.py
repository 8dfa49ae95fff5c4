"""The hot path: arm (TX1), ask the host, decide (TX2), answer. Nothing else runs on its event loop."""
