"""What travels on the bus: msgspec Structs, subjects, reasons. Pure data, no behaviour."""
