"""python -m customer [api|worker|relay|migrate]"""

from customer.app import service
from kit.running import main

main(service())
