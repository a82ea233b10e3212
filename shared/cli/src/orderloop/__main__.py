"""`python -m orderloop` is the same as the `orderloop` command."""

from orderloop.main import run

if __name__ == "__main__":
    run()
