"""The other parties of a payment, made of real sockets: an acquirer host, terminals, an estate of them, a load."""
