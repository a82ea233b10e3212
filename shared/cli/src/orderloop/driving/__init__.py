"""Driving the platform as its users do, over HTTP, and watching what happens over Kafka."""
