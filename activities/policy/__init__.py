"""The business's policy: clauses read from files, and those that bear on a message found."""

from activities.policy.clauses import InvalidPolicy, Policy, load_policy

__all__ = ["InvalidPolicy", "Policy", "load_policy"]
