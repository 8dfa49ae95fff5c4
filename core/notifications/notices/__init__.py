"""The bell: what an agent is told of inside the desk."""
