"""What an order is and which rules it keeps: plain Python."""
