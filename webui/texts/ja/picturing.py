"""What the pictures say: services by years."""

HEAT_MAP = "サービスと年"
