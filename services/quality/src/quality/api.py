"""The commands of the quality service over HTTP, and who may."""

from kit.routing import Commands
from quality.commands.close_nonconformance import close_nonconformance
from quality.commands.contain_lots import contain_lots
from quality.commands.dispose_of_lot import dispose_of_lot
from quality.commands.find_capa_ineffective import find_capa_ineffective
from quality.commands.identify_root_cause import identify_root_cause
from quality.commands.implement_capa import implement_capa
from quality.commands.open_capa import open_capa
from quality.commands.plan_capa import plan_capa
from quality.commands.raise_nonconformance import raise_nonconformance
from quality.commands.verify_capa import verify_capa

QUALITY = ("quality",)

commands = Commands("quality")
commands.add("POST /nonconformances", raise_nonconformance, by=QUALITY, status=201)
commands.add("POST /nonconformances/{nonconformance_id}/contain", contain_lots, by=QUALITY)
commands.add("POST /nonconformances/{nonconformance_id}/dispose", dispose_of_lot, by=QUALITY)
commands.add("POST /nonconformances/{nonconformance_id}/close", close_nonconformance, by=QUALITY)
commands.add("POST /capas", open_capa, by=QUALITY, status=201)
commands.add("POST /capas/{capa_id}/root-cause", identify_root_cause, by=QUALITY)
commands.add("POST /capas/{capa_id}/plan", plan_capa, by=QUALITY)
commands.add("POST /capas/{capa_id}/implement", implement_capa, by=QUALITY)
commands.add("POST /capas/{capa_id}/verify", verify_capa, by=QUALITY)
commands.add("POST /capas/{capa_id}/ineffective", find_capa_ineffective, by=QUALITY)
