"""The AWS catalogue (data files beside this one) and the tagger that finds its services in notes."""
