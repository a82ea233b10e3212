"""The whole platform on one machine: PostgreSQL, Apache Kafka, the services, and who watches them."""
