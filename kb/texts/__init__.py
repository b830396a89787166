"""What people read, one room a language."""
