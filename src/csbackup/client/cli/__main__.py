"""`python -m csbackup.client.cli`: how the service starts another `csb`."""

from csbackup.client.cli.program import main

if __name__ == "__main__":
    main()
