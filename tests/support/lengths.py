"""How long the walks are: short in `make test`, whole in `make hostile`."""

import os
from typing import Final

WHOLE: Final = bool(os.environ.get("GUICHET_WHOLE_WALKS"))
