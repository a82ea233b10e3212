"""python -m insight [api|worker|relay|migrate]"""

from insight.app import service
from kit.running import main

main(service())
