"""`python -m pdsa` is the `pdsa` command."""

from pdsa.cli import main

if __name__ == "__main__":
    main()
