"""python -m order [api|worker|relay|migrate]"""

from kit.running import main
from order.app import service

main(service())
