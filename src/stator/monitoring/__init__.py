"""What a server knows of itself: metrics, the alarms on them, and what scales by them."""
