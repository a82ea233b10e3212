"""`python -m campaign.simulation`."""

import typer

from campaign.simulation.command import main

if __name__ == "__main__":
    typer.run(main)
