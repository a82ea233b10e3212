"""python -m inventory [api|worker|relay|migrate]"""

from inventory.app import service
from kit.running import main

main(service())
