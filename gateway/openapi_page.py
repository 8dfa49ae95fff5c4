"""Write the API's document to standard output: `python -m gateway.openapi_page > docs/openapi.json`."""

import sys

from gateway.app import build_app
from gateway.description import document_of, to_json


def openapi_json() -> bytes:
    """Return the document as bytes."""
    return to_json(document_of(build_app(None)))


if __name__ == "__main__":
    sys.stdout.buffer.write(openapi_json() + b"\n")
