"""What the page says, a room a language; templates know that of the page as `t`."""
