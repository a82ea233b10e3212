"""Finance: credit, invoices, cash, the journal, and what each order brought."""
