"""How a service runs. Business rules live in the services; nothing here knows one of them."""
