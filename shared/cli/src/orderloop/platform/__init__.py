"""The whole platform on one machine: PostgreSQL, Apache Kafka, the seven services, and who watches them."""
