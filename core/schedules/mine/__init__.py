"""What customers see of purchases: those made with addresses that they proved."""
