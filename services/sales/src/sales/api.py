"""The commands of the sales service over HTTP, and who may."""

from kit.routing import Commands
from sales.commands.accept_quote import accept_quote
from sales.commands.capture_lead import capture_lead
from sales.commands.change_opportunity import change_opportunity
from sales.commands.disqualify_lead import disqualify_lead
from sales.commands.draft_price_list import draft_price_list
from sales.commands.lose_opportunity import lose_opportunity
from sales.commands.move_opportunity import move_opportunity
from sales.commands.open_opportunity import open_opportunity
from sales.commands.prepare_quote import prepare_quote
from sales.commands.publish_price_list import publish_price_list
from sales.commands.qualify_lead import qualify_lead
from sales.commands.reject_quote import reject_quote
from sales.commands.reopen_opportunity import reopen_opportunity
from sales.commands.retire_price_list import retire_price_list
from sales.commands.revise_quote import revise_quote
from sales.commands.send_quote import send_quote
from sales.commands.set_prices import set_prices

commands = Commands("sales")

commands.add("POST /leads", capture_lead, by=("sales",), status=201)
commands.add("POST /leads/{lead_id}/qualify", qualify_lead, by=("sales",))
commands.add("POST /leads/{lead_id}/disqualify", disqualify_lead, by=("sales",))

commands.add("POST /opportunities", open_opportunity, by=("sales",), status=201)
commands.add("PATCH /opportunities/{opportunity_id}", change_opportunity, by=("sales",), if_match="required")
commands.add("POST /opportunities/{opportunity_id}/stage", move_opportunity, by=("sales",))
commands.add("POST /opportunities/{opportunity_id}/lose", lose_opportunity, by=("sales",))
commands.add("POST /opportunities/{opportunity_id}/reopen", reopen_opportunity, by=("sales",))

commands.add("POST /quotes", prepare_quote, by=("sales",), status=201)
commands.add("POST /quotes/{quote_id}/revise", revise_quote, by=("sales",), if_match="required")
commands.add("POST /quotes/{quote_id}/send", send_quote, by=("sales",))
commands.add("POST /quotes/{quote_id}/accept", accept_quote, by=("sales", "customer"))
commands.add("POST /quotes/{quote_id}/reject", reject_quote, by=("sales", "customer"))

commands.add("PUT /price-lists/{price_list_id}", draft_price_list, by=("sales",), status=204)
commands.add("POST /price-lists/{price_list_id}/prices", set_prices, by=("sales",), status=204)
commands.add("POST /price-lists/{price_list_id}/publish", publish_price_list, by=("sales",))
commands.add("POST /price-lists/{price_list_id}/retire", retire_price_list, by=("sales",))
