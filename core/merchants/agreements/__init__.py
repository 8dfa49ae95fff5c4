"""What a company and the institution agreed on: contracts, their wording, the services that they cover."""
