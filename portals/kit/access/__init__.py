"""How people get in and what they change of their own access: the same pages for every face, in its own frame."""
