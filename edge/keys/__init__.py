"""Card keys behind one port: whoever holds a `SecurityModule` can seal and open, nobody else."""

from edge.keys.port import KeysRefused, SealBroken, SecurityModule, SensitiveFields
from edge.keys.software import SoftwareSecurityModule

__all__ = ["KeysRefused", "SealBroken", "SecurityModule", "SensitiveFields", "SoftwareSecurityModule"]
