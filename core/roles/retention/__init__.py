"""What goes after its time: traces, copies and messages, never money and never the audit."""
