"""What can be done with credit, invoices and cash: one use case a file."""
