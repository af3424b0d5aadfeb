"""The company's documents: read, cut into passages, kept in versions, and found by words and by meaning."""
