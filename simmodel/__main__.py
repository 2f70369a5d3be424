"""`python -m simmodel` is the command `simmodel`."""

from simmodel.cli.app import main

if __name__ == "__main__":
    main()
