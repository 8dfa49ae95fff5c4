"""Cards that people type into the card frame, and those that are kept for the debits to come (EDG-7).

Tables, what a row of each is for, and who writes it:
- `frame_session`: a page on which a card may be typed, for one purpose of one merchant (desk)
- `card_token`: a card that was typed, sealed, good once and for a quarter of an hour (desk)
- `stored_card`: a card that is kept for the debits to come, sealed (desk)
- `card_try_day`: how many cards were tried on a day for an order, and by a payer (desk)
- `card_authentication`, `authentication_return`: that a card's issuer authenticated its holder, or why not; what came back
  of a challenge, by the browser and from server to server (desk, worker)
"""
