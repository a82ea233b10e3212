"""The checks: each compares what two services say of one thing, or one says twice, and yields what does not fit."""
