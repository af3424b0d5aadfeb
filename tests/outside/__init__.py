"""Data that nobody of this project wrote, replayed through the product: ``python -m tests.outside DATA``."""
