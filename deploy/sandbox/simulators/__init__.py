"""The other parties of a payment, made of real sockets: an acquirer host, the bank of the test cards, terminals, an
estate of them, a load.
"""
