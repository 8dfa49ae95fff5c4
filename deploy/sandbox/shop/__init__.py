"""The shop of the sandbox: a basket, instalments, a card in the frame, a bank that asks, and thanks. Nothing is delivered."""
