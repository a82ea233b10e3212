"""python -m counter [api|worker|relay|migrate]"""

from kit.running import main

from .app import service

main(service())
