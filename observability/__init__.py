"""Metrics, logs, traces and health pages, for every process alike. Imports nothing else of Guichet."""
