"""python -m inventory [api|worker|relay|migrate]"""

from kit.running import main
from inventory.app import service

main(service())
