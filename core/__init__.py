"""The core: it decides, keeps and supervises transactions, and is the only holder of a database login."""
