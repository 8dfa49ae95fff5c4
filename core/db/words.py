"""Words of a search as a LIKE pattern."""


def like_pattern(words: str) -> str:
    """Return a pattern that finds `words` anywhere, special characters taken literally; empty for no words."""
    stripped = words.strip()
    if not stripped:
        return ""
    escaped = stripped.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%"
