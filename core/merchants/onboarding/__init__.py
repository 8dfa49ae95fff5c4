"""The file of a merchant who is not one yet: answers, what they lack, whose turn it is."""
