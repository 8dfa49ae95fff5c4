"""What the desk answers, one file a topic: each gives `doors(parts)`, a table from subject to Door."""
