"""Files: checked on the way in, kept once by the hash of their bytes, shown within the scope of their company."""
