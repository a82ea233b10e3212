"""python -m sales [api|worker|relay|migrate]"""

from kit.running import main
from sales.app import service

main(service())
