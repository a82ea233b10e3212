"""python -m quality [api|worker|relay|migrate]"""

from kit.running import main
from quality.app import service

main(service())
