"""How customers reach us: opening hours of each channel, questions and answers, conversations with people.

Tables, what a row of each is for, and who writes it:
- `contact_channel`: a way to reach us, with its number (desk)
- `opening_hours`, `opening_period`: when it is open, from a day on (desk)
- `opening_exception`: a day that is not as its weekday (desk)
- `faq_entry`, `faq_version`: a question that customers ask, and each version of its answer (desk)
- `conversation`, `conversation_message`: what a customer and we say to each other (desk)
"""
