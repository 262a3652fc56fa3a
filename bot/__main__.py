"""`python -m bot` is `wirewatch`."""

from bot.cli import main

if __name__ == "__main__":
    main()
