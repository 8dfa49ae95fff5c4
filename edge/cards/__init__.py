"""The card frame: the pages on which people type a card, in a process of its own (EDG-7).

A number that is typed here is sealed here; what leaves is a token. The security code stays in this process's memory
until the first payment, for a quarter of an hour at most.
"""
