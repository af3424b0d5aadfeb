"""Machines: the one place that says what an action can do, and who moves it on."""

from machines.registry import machine_for, machines

__all__ = ["machine_for", "machines"]
