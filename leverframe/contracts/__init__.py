"""Contracts: every message that crosses a boundary, one pydantic model each."""
