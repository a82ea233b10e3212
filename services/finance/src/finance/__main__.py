"""python -m finance [api|worker|relay|migrate]"""

from finance.app import service
from kit.running import main

main(service())
