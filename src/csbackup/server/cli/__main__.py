"""`python -m csbackup.server.cli`: how a packaged server is started."""

import sys

from csbackup.server.cli.program import main

if __name__ == "__main__":
    sys.argv[0] = "csb-server"  # the name in its messages
    main()
