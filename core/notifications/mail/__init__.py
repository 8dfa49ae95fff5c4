"""Mail: templates, the rows that wait, the journal, the round that sends."""
