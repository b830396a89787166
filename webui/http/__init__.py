"""What requests carry and answers bear: addresses, languages, uploads, keys, what was done; and their safety."""
