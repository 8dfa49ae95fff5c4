"""Files: checked on the way in, kept once by the hash of their bytes, shown within the scope of their company.

Tables, what a row of each is for, and who writes it:
- `document`, `document_part`, `document_blob`: files, kept once by content (desk)
"""
