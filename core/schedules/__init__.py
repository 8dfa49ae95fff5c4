"""Purchases paid in instalments.

Tables, what a row of each is for, and who writes it:
- `plan`: a version of a plan by which purchases are parted (desk)
"""
