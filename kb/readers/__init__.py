"""One file a format: each reader turns a text into an Outline."""
