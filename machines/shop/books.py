"""The currency that the shop counts in. The tools' ``money.py`` and the replies name it too."""

BOOKS = "USD"
"""The currency of the shop's books; a row that names none is in it."""
