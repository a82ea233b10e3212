"""The commands of the service service over HTTP, and who may."""

from kit.routing import Commands
from service.commands.assign_case import assign_case
from service.commands.close_case import close_case
from service.commands.let_case_wait import let_case_wait
from service.commands.note_on_case import note_on_case
from service.commands.open_case import open_case
from service.commands.prioritise_case import prioritise_case
from service.commands.reopen_case import reopen_case
from service.commands.resolve_case import resolve_case
from service.commands.resume_case import resume_case

SERVICE = ("service",)

commands = Commands("cases")
commands.add("POST /cases", open_case, by=("service", "sales", "customer"), status=201)
commands.add("POST /cases/{case_id}/assign", assign_case, by=SERVICE)
commands.add("POST /cases/{case_id}/prioritise", prioritise_case, by=SERVICE)
commands.add("POST /cases/{case_id}/wait", let_case_wait, by=SERVICE)
commands.add("POST /cases/{case_id}/resume", resume_case, by=SERVICE)
commands.add("POST /cases/{case_id}/notes", note_on_case, by=SERVICE)
commands.add("POST /cases/{case_id}/resolve", resolve_case, by=SERVICE)
commands.add("POST /cases/{case_id}/close", close_case, by=SERVICE)
commands.add("POST /cases/{case_id}/reopen", reopen_case, by=SERVICE)
