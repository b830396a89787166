"""The shipped domains: a folder of data for each field, without code."""
