"""`python -m orderloop` is the same as the `orderloop` command."""

from orderloop.main import app

if __name__ == "__main__":
    app()
