"""python -m counter [api|worker|relay|migrate]"""

from .app import service
from kit.running import main

main(service())
