"""The one workflow that drives every action's machine. It knows no action by name."""
