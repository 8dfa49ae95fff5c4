"""How to reach us: answers, ways with their hours."""
