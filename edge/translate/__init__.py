"""ISO 8583 messages to contracts and back, one file per message type. No I/O, no clock: times and ids are arguments."""
