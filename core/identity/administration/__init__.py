"""Administration: agents, their grants, roles, the audit, who looks at which record."""
