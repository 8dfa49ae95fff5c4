"""Purchases paid in instalments.

Tables, what a row of each is for, and who writes it:
- `plan`: a version of a plan by which purchases are parted (desk)
- `purchase_order`: a purchase (desk, for a merchant's program)
- `instalment`: what is due of it on a day (with whatever changes its balance)
- `order_cancellation`: what the merchant took off it, or gave back (desk)
- `order_refund`: what is owed back to the customer of it (with its cause)
- `order_refund_part`: what of it is given back of one debit, which is a transaction (worker)
- `order_pause`: an agent had nothing of it collected before a day, and why (desk)
- `order_event`: what happened to it, for people to read
- `settlement`: what is unpaid of it, settled by its customer in one to three parts (desk, then with its first debit)
- `debit`: an attempt to collect an instalment, which is a transaction (worker)
- `collection_run`: a day on which what is due was collected (worker)
- `collection_pause`: a person had the run stop for a while, and why (desk)
- `card_change`: a customer puts another card in the place of the one that pays an order (desk, worker)
- `card_update`: what a scheme said of a card that ends soon: renewed, or closed (worker)
- `test_clock`: by how much the calendar of schedules was moved, in a sandbox (desk)
- `retry_policy`: how declines that may pass are tried again, by the day from which it is so
- `order_notice`: what a customer is to be told of, and whether they were (with what it tells of; worker)
- `order_notice_policy`: when customers are told, by the day from which it is so
"""
