"""Seals: signed records of where all chains of the ledger ended at a time, so that nobody can take back what they say.

A chain alone shows that an entry was changed; whoever can write all tables can compute it anew, or remove the action as
a whole. A seal is signed with a key that no database holds, names the seal before it, and can be kept elsewhere.
"""
