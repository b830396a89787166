"""Brings a library into its index: sync, staging, adding, correcting, and what each sync changed."""
