"""python -m service [api|worker|relay|migrate]"""

from kit.running import main
from service.app import service

main(service())
