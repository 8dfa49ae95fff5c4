"""Sending back what orders owe: refunds of the debits that paid, each once, for as long as the host does not take them."""
