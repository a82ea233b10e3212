"""Order against inventory against finance: what each of them knows of the same thing, over the public APIs."""
