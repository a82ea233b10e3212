"""How fast the loop is on this machine, beside what PostgreSQL and Kafka do there alone, in the same run."""
