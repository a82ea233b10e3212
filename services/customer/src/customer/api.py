"""The commands of the customer service over HTTP, and who may."""

from customer.commands.activate_customer import activate_customer
from customer.commands.add_contact import add_contact
from customer.commands.change_customer import change_customer
from customer.commands.deactivate_customer import deactivate_customer
from customer.commands.log_interaction import log_interaction
from customer.commands.make_contact_primary import make_contact_primary
from customer.commands.merge_customers import merge_customers
from customer.commands.register_customer import register_customer
from customer.commands.remove_contact import remove_contact
from kit.routing import Commands

_CUSTOMER = "/customers/{customer_id}"
_CONTACT = f"{_CUSTOMER}/contacts/{{contact_id}}"

commands = Commands("customers")
commands.add("POST /customers", register_customer, by=("sales", "service"), status=201)
commands.add(f"PATCH {_CUSTOMER}", change_customer, by=("sales", "service", "finance"), if_match="required")
commands.add(f"POST {_CUSTOMER}/activate", activate_customer, by=("sales",), status=204)
commands.add(f"POST {_CUSTOMER}/deactivate", deactivate_customer, by=("sales",), status=204)
commands.add(f"POST {_CUSTOMER}/merge", merge_customers, by=("sales",))
commands.add(f"POST {_CUSTOMER}/contacts", add_contact, by=("sales", "service"))
commands.add(f"POST {_CONTACT}/primary", make_contact_primary, by=("sales", "service"), status=204)
commands.add(f"DELETE {_CONTACT}", remove_contact, by=("sales", "service"), status=204)
commands.add(f"POST {_CUSTOMER}/interactions", log_interaction, by=("sales", "service", "finance", "quality"))
