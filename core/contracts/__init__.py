"""What travels on the bus: msgspec Structs, subjects, reasons. Pure data, no behaviour."""

# Whoever knows a contract knows the kinds of identifiers that many share.
from core.contracts import ids as ids
