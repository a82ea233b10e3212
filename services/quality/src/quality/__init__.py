"""Quality: what does not meet its requirement, what becomes of it, and why it will not happen again."""
